"""``yizhan say``: one message, sent as a member through the SDK."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import caller, frame, session_file, talking

if TYPE_CHECKING:
    from server.cli.caller import Caller
    from yizhan import Sent

app = frame.command()
PATIENCE_SECONDS = 30.0


@app.command()
def say(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="What to say; - reads it from standard input.")],
    name: caller.As,
    to: Annotated[str, typer.Option(metavar="NUMBER|CONVERSATION", help="An account number, a conversation's id, or a group's name.")],
    url: caller.Url = "",
    password_file: caller.PasswordFile = None,
    new_password_file: caller.NewPasswordFile = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Send a message as a member. When it is printed with its number, the server has it for good.

    \b
    Examples:
      yizhan say --as 10002 --to 10001 "你好"
      yizhan say --as 10002 --to Berlin "See you at noon"
      df -h | yizhan say --as 10002 --to 10001 --password-file pw.txt -
    """
    who = caller.caller(ctx, config, name=name, url=url, password_file=password_file, new_file=new_password_file)
    conversation, sent = frame.run(_say(who, to, sys.stdin.read() if text == "-" else text))
    if json:
        frame.show([{"conversation": conversation, "seq": sent.seq, "sent_at": sent.sent_at}], json=True)
    else:
        frame.say(f"#{sent.seq} in {conversation}")


async def _say(who: "Caller", to: str, text: str) -> "tuple[str, Sent]":
    import asyncio

    from protocol.errors import OutcomeUnknown

    with session_file.locked(who.state) as ours:
        async with talking.talking(who, session_file.Shared(who.state, may_write=ours), recent=0) as client:
            conversation = await talking.conversation(client, to)
            try:
                return conversation, await asyncio.wait_for(client.send(conversation, text), PATIENCE_SECONDS)
            except TimeoutError:
                raise OutcomeUnknown from None

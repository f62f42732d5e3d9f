"""``yizhan member notify``: a notice to chosen members, as a message of the company's or as a mail (SPEC B8)."""

import enum
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import acting, frame
from server.cli.member_states import Whos

if TYPE_CHECKING:
    from server.cli.office import Office


class By(enum.StrEnum):
    """As ``server.org.notices`` has them."""

    chat = "chat"
    mail = "mail"
    both = "both"


def join(app: typer.Typer) -> None:
    """The command, as one of ``yizhan member``."""
    app.command()(notify)


def notify(
    ctx: typer.Context,
    whos: Whos,
    text: Annotated[str, typer.Option(help="What it says; - reads standard input.")],
    by: Annotated[By, typer.Option(help="A message, a mail, or both.")] = By.chat,
    subject: Annotated[str, typer.Option(help="Of the mail.", show_default="the company's name")] = "",
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Tell members something: as a message of the server's in their clients, or as a mail to the address on the card.

    Who is not active, and who has no mail that was taken, is named.

    \b
    Examples:
      yizhan member notify 10007 10008 --text 'The lift is repaired on Friday'
      yizhan member notify 10007 --by both --subject 'Your new desk' --text - < desk.txt
    """
    frame.check_mails(frame.settings(ctx, config).settings, by is not By.chat, f"--by {by.value}")
    said = sys.stdin.read() if text == "-" else text
    ways = ("chat", "mail") if by is By.both else (by.value,)

    async def act(office: "Office", _: str) -> list[str]:
        by_company = await office.companies_of(list(dict.fromkeys(whos)), "member.notice")
        sent = [
            await office.notices.send(office.actor, company, some, said, subject=subject, by=ways) for company, some in by_company.items()
        ]
        return [one for left in sent for one in left]

    left = acting.run(ctx, config, None, act, any_company=True)
    if json:
        frame.show([{"number": one, "reached": one not in left} for one in dict.fromkeys(whos)], json=True)
        return
    frame.say(f"told: {len(set(whos)) - len(left)} of {len(set(whos))}")
    if left:
        frame.tell(f"not reached, being not active, without a mail address, or because the mail was not taken: {', '.join(left)}")

"""``yizhan member disable|enable|reset-password|activate``: the same act on one member or on many, as a batch."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli import acting, batching, frame, misuse

if TYPE_CHECKING:
    from server.cli.batching import Begin
    from server.cli.office import Office
    from server.companies.newcomers import Added
    from server.org.batches import Outcome
    from server.org.switching import Switched

Whos = Annotated[list[str], typer.Argument(metavar="NUMBER...", help="The members' account numbers.")]


def join(app: typer.Typer) -> None:
    """The commands, as those of ``yizhan member``."""
    app.command()(disable)
    app.command()(enable)
    app.command("reset-password")(reset_password)
    app.command()(activate)


def disable(
    ctx: typer.Context,
    whos: Whos,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    successor: Annotated[
        list[str] | None,
        typer.Option(metavar="UNIT=NUMBER", help="Who heads a unit after a single one; may be repeated.", show_default=False),
    ] = None,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Disable members: out at once on all devices, and not in again. What was written stays.

    Where one of them cannot be, nobody is. A single one who is a unit's first head names who follows. Of several nobody is asked: whoever
    was chosen ahead follows.

    \b
    Examples:
      yizhan member disable 10007
      yizhan member disable 10007 --successor Sales=10009
      yizhan member disable 10007 10008 10012 --reason 'project ended'
    """
    named = acting.successors(successor)
    if named and len(whos) > 1:
        raise misuse.ForOneAlone("--successor")

    async def begin(office: "Office", company: str, some: Sequence[str]) -> "AsyncIterator[Outcome[Switched]]":
        after = {await office.unit(company, path, "member.disable"): number for path, number in named}
        await office.check_members(company, after.values(), "member.disable")
        async for outcome in office.leaving.disabling(office.actor, company, some, reason, successors=after):
            yield outcome

    _switch(ctx, config, "member.disable", "disabled", whos, begin, "disabled: {}; open connections end within two seconds", json=json)


def enable(ctx: typer.Context, whos: Whos, config: frame.Config = None, json: frame.Json = False) -> None:
    """Let disabled members in again, with their passwords as they were. Where one of them cannot come in, nobody does.

    \b
    Examples:
      yizhan member enable 10007 10008
    """

    def begin(office: "Office", company: str, some: Sequence[str]) -> "AsyncIterator[Outcome[Switched]]":
        return office.leaving.enabling(office.actor, company, some)

    _switch(ctx, config, "member.enable", "active", whos, begin, "may sign in again: {}", json=json)


def _switch(
    ctx: typer.Context, config: Path | None, act: str, state: str, whos: Sequence[str], begin: "Begin[Switched]", words: str, *, json: bool
) -> None:
    """``words`` say to whom it was done; who was ``state`` before is named apart."""

    async def rows(office: "Office", company: str, done: "Sequence[Switched]") -> list[frame.Row]:
        headless = [await office.paths(company, one.headless) for one in done]
        return [{**batching.row(one.number, _came_of(one, state)), "heads_on": paths} for one, paths in zip(done, headless, strict=True)]

    async def work(office: "Office") -> None:
        pieces = batching.told(office, whos, act, begin)
        if json:
            await batching.show(office, pieces, rows, json=True)
            return
        seen = [piece async for piece in pieces]
        for outcome, said in (("done", words), ("already", f"{state} already: {{}}")):
            some = [one.number for _, piece in seen for one in piece.done if _came_of(one, state) == outcome]
            if some:
                frame.say(said.format(", ".join(some)))
        tell_headed_on([path for company, piece in seen for one in piece.done for path in await office.paths(company, one.headless)])
        batching.end([piece for _, piece in seen])

    _run(ctx, config, work)


def _came_of(one: "Switched", state: str) -> str:
    return "already" if one.before == state else "done"


def tell_headed_on(paths: Sequence[str]) -> None:
    if paths:
        frame.tell(f"their first head is disabled: {'; '.join(paths)}; choose another one: yizhan org head UNIT NUMBER")


def reset_password(ctx: typer.Context, whos: Whos, config: frame.Config = None, json: frame.Json = False) -> None:
    """Draw new first passwords, which must be changed at the first sign-in. All sessions of the members end.

    Where one of them cannot get one, nobody does. They are shown as they are stored: if it is ended before its end, those that were
    shown hold; of the others draw new ones.

    \b
    Examples:
      yizhan member reset-password 10007
      yizhan member reset-password 10007 10008 --json
    """

    def begin(office: "Office", company: str, some: Sequence[str]) -> "AsyncIterator[Outcome[Added]]":
        return office.companies.resetting(office.actor, company, some)

    _draw(ctx, config, "member.reset_password", whos, begin, "new first passwords, told this once:", json=json)


def activate(
    ctx: typer.Context,
    whos: Whos,
    mail: Annotated[bool, typer.Option("--mail", help="Mail them their numbers and first passwords.")] = False,
    config: frame.Config = None,
    json: frame.Json = False,
) -> None:
    """Make drafts active members, with first passwords that must be changed at the first sign-in.

    Where one of them cannot be activated, nobody is. First passwords are shown as they are stored: if it is ended before its end, those
    that were shown hold; whoever is active and was shown none gets a new one by `yizhan member reset-password`.

    \b
    Examples:
      yizhan member activate 10007
      yizhan member activate 10007 10008 --mail
    """
    frame.check_mails(frame.settings(ctx, config).settings, mail)

    async def begin(office: "Office", company: str, some: Sequence[str]) -> "AsyncIterator[Outcome[Added]]":
        async for outcome in office.companies.activating(office.actor, company, some):
            yield outcome
            if mail and outcome.done:  # they were shown by now
                told_not_mailed(await office.welcome.send(office.actor, company, outcome.done))

    head = "active; first passwords that are told this once, none where the company has one for all:"
    _draw(ctx, config, "member.activate", whos, begin, head, json=json)


def _draw(ctx: typer.Context, config: Path | None, act: str, whos: Sequence[str], begin: "Begin[Added]", head: str, *, json: bool) -> None:
    told_head: list[str] = []

    async def rows(_: "Office", __: str, done: "Sequence[Added]") -> list[frame.Row]:
        if done and not told_head:
            told_head.append(head)
            frame.tell(head)
        rest = {"outcome": "done", "error": ""} if json else {}
        return [{"number": one.number, "first_password": one.password, **rest} for one in done]

    async def work(office: "Office") -> None:
        await batching.show(office, batching.told(office, whos, act, begin), rows, json=json)

    _run(ctx, config, work)


def told_not_mailed(numbers: Sequence[str]) -> None:
    if numbers:
        frame.tell(f"not mailed, for want of an address or because the mail was not taken: {', '.join(numbers)}")


def _run(ctx: typer.Context, config: Path | None, work: "Callable[[Office], Awaitable[None]]") -> None:
    from server.cli.office import opened

    async def opening() -> None:
        async with opened(frame.settings(ctx, config).settings) as office:
            await work(office)

    frame.run(opening())

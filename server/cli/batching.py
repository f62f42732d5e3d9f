"""How commands show what came of many members (``server.org.batches``): each piece as soon as it is committed, for a first password that
was never shown is lost; in the end who was refused, who is left, and why.

As JSON every member is a row: ``outcome`` is done, already, refused, unknown or left, and ``error`` the code of what was in the way.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from server.cli import frame

if TYPE_CHECKING:
    from protocol.errors import YizhanError
    from server.cli.office import Office
    from server.org.batches import Outcome

T = TypeVar("T")
Told = AsyncIterator[tuple[str, "Outcome[T]"]]
"""(company, what came of some of its members), piece by piece."""
Begin = Callable[["Office", str, Sequence[str]], AsyncIterator["Outcome[T]"]]
"""A batch of the members of one company."""
Rows = Callable[["Office", str, Sequence[T]], Awaitable[list[frame.Row]]]
"""Of one company those to whom it was done."""
NOTHING = "nothing was done"


async def told(office: "Office", whos: Sequence[str], act: str, begin: "Begin[T]") -> "Told[T]":
    """What refuses the batch of one company, or ends it, leaves those of the companies behind it."""
    from protocol.errors import YizhanError
    from server.org.batches import refused_by

    names = list(dict.fromkeys(whos))
    try:
        by_company = await office.companies_of(names, act)
    except YizhanError as error:
        yield "", refused_by(error, names)
        return
    stopped: YizhanError | None = None
    for company, some in by_company.items():
        async for outcome in _of_one(office, company, some, begin, stopped):
            stopped = stopped or outcome.error
            yield company, outcome


async def _of_one(
    office: "Office", company: str, some: Sequence[str], begin: "Begin[T]", stopped: "YizhanError | None"
) -> "AsyncIterator[Outcome[T]]":
    from protocol.errors import YizhanError
    from server.org.batches import Outcome, refused_by

    if stopped is not None:
        yield Outcome(left=tuple(some), error=stopped)
        return
    try:
        async for outcome in begin(office, company, some):
            yield outcome
    except YizhanError as error:
        yield refused_by(error, some)


async def show(office: "Office", pieces: "Told[T]", rows: "Rows[T]", *, json: bool) -> None:
    """A table of those to whom it was done; as JSON of all. Raises: as ``end``."""
    seen: list[Outcome[T]] = []

    async def pages() -> AsyncIterator[list[frame.Row]]:
        async for company, outcome in pieces:
            seen.append(outcome)
            done = await rows(office, company, outcome.done)
            yield [*done, *_others(outcome)] if json else done

    await frame.show_pages(pages(), json=json, nothing=NOTHING)
    end(seen)


def row(number: str, outcome: str, error: str = "") -> frame.Row:
    return {"number": number, "outcome": outcome, "error": error}


def _others(outcome: "Outcome[T]") -> list[frame.Row]:
    code = outcome.error.code if outcome.error is not None else ""
    return [
        *(row(one.who, "refused", one.error.code) for one in outcome.refused),
        *(row(who, "unknown", code) for who in outcome.unknown),
        *(row(who, "left", code) for who in outcome.left),
    ]


def end(outcomes: "Iterable[Outcome[T]]") -> None:
    """Raises: what refused everything before it began; where some were done and others not, BatchStopped, once it was said who."""
    from server.org.batches import BatchStopped, together

    whole = together(outcomes)
    if whole.is_whole:
        return
    if not whole.done and whole.error is not None:
        raise whole.error
    if whole.unknown:
        frame.tell(f"nobody knows whether it was done: {', '.join(whole.unknown)}")
    if whole.left:
        frame.tell(f"left as they were: {', '.join(whole.left)}")
    raise BatchStopped(whole) from whole.error

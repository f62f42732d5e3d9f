"""Acts on many members at once (SPEC B5, B8): done in pieces, each a unit of its own, and told what came of each.

A batch that fits one unit is done whole or not at all. A longer one is looked through before it begins: where anybody in it is refused
nothing is done (LOG C3). Then it is done piece by piece, and each piece is told when it is committed: a process that dies loses no code
that was told before, and what was told to nobody is drawn anew. Who is refused only since the batch began is left out; what refuses a
whole piece, such as seats that others took meanwhile, ends it, and the rest is left.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Never, TypeVar

from protocol.errors import MemberNotFound, YizhanError
from server.audit.service import Details

T = TypeVar("T")
Done = TypeVar("Done", covariant=True)
NAMED = 100  # members that the entry of a refused batch names


@dataclass(frozen=True)
class Refused:
    """``who``: as he was named."""

    who: str
    error: YizhanError


@dataclass(frozen=True)
class Outcome(Generic[Done]):
    """What came of some of a batch, or of all of it. ``done``: in the order in which they were named. ``refused``: one by one.

    ``unknown``: the database gave no answer, so nobody can say whether they were done. ``left``: not tried. ``error``: what ended it.
    """

    done: tuple[Done, ...] = ()
    refused: tuple[Refused, ...] = ()
    unknown: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    error: YizhanError | None = None

    @property
    def is_whole(self) -> bool:
        return not (self.refused or self.unknown or self.left)


class BatchStopped(YizhanError):
    """Some of a batch were done, and not all; ``outcome`` says what came of each. ``why``: the code of the first reason."""

    code = "batch.stopped"
    en = "{done} of {count} members were done, the others were not: {why}"
    zh = "共 {count} 名成员,已完成 {done} 名,其余未完成:{why}"

    def __init__(self, outcome: Outcome[object]) -> None:
        others = len(outcome.refused) + len(outcome.unknown) + len(outcome.left)
        reason = outcome.error or next((one.error for one in outcome.refused), None)
        super().__init__(done=len(outcome.done), count=len(outcome.done) + others, why=reason.code if reason else "")
        self.outcome = outcome
        self.refusals = outcome.refused


Look = Callable[[Sequence[str]], Awaitable[object]]
"""Raises what refuses a batch as it is now, before anything is done."""
Do = Callable[[Sequence[str], bool], Awaitable[Outcome[T]]]
"""Does one piece in one unit. If True, one who is refused refuses them all; else he is left out."""


async def pieces(whos: Sequence[str], size: int, look: Look, do: Do[T]) -> AsyncIterator[Outcome[T]]:
    """What came of each piece of at most ``size``, once it is committed. Raises: what refused the batch before anything was done."""
    names = list(dict.fromkeys(whos))
    if len(names) > size:
        await look(names)
    for start in range(0, len(names), size):
        some, behind = tuple(names[start : start + size]), tuple(names[start + size :])
        try:
            outcome = await do(some, start == 0)
        except YizhanError as error:
            if start == 0:
                raise
            is_unknown = error.kind == "unknown"
            yield Outcome(unknown=some if is_unknown else (), left=behind if is_unknown else (*some, *behind), error=error)
            return
        yield outcome


def together(outcomes: Iterable[Outcome[T]]) -> Outcome[T]:
    every = list(outcomes)
    return Outcome(
        done=tuple(one for outcome in every for one in outcome.done),
        refused=tuple(one for outcome in every for one in outcome.refused),
        unknown=tuple(who for outcome in every for who in outcome.unknown),
        left=tuple(who for outcome in every for who in outcome.left),
        error=next((outcome.error for outcome in every if outcome.error is not None), None),
    )


async def finished(told: AsyncIterator[Outcome[T]]) -> list[T]:
    """All at once, for who shows nothing meanwhile. Raises: BatchStopped, and what refused the batch before anything was done."""
    whole = together([outcome async for outcome in told])
    if not whole.is_whole:
        raise BatchStopped(whole)
    return list(whole.done)


def refusal(refused: Sequence[Refused]) -> YizhanError:
    """What a batch is refused with: that somebody is not there before anything else, which would tell that the others are (promise V4).

    It has them all as ``refusals``.
    """
    first = next((one.error for one in refused if isinstance(one.error, MemberNotFound)), refused[0].error)
    vars(first)["refusals"] = tuple(refused)
    return first


def refusals(error: YizhanError) -> tuple[Refused, ...]:
    """Of whom what is wrong, where ``error`` refused a batch; nothing where it is about all of them."""
    found: tuple[Refused, ...] = getattr(error, "refusals", ())
    return found


def refused_by(error: YizhanError, whos: Sequence[str]) -> Outcome[Never]:
    """What came of a batch in which nothing was done: who is not refused himself is left."""
    refused = refusals(error) or tuple(Refused(who, error) for who in whos if len(whos) == 1)
    named = {one.who for one in refused}
    return Outcome(refused=refused, left=tuple(who for who in whos if who not in named), error=error)


def asked(whos: Sequence[str]) -> Details:
    """Whom an attempt was about, for its entry."""
    if len(whos) == 1:
        return {"member": whos[0]}
    return {"members": list(whos[:NAMED]), **({"count": len(whos)} if len(whos) > NAMED else {})}

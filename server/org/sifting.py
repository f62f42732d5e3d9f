"""Whom of a batch an act is done to, and what is wrong with each of the others (SPEC B5, B8), within a unit in the turn or before it.

Who is unknown, another company's, deleted or not to be found by the actor is refused alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from protocol.errors import MemberNotFound, YizhanError
from protocol.ids import from_wire
from server.audit.service import Actor, record_refused
from server.org.batches import Refused, refusal
from server.roles.asking import around_of, company_for, refusals_in
from server.roles.rules import Picture
from server.roles.rules import member as on_member
from storage import people
from storage.companies import Company
from storage.people import Record
from storage.work import Read, Work

Check = Callable[[Picture | None, Record], None]
"""Raises what is wrong with one of them."""


@dataclass(frozen=True)
class Sifted:
    """``names``: how each was named; ``around``: the picture with all of them, as ``asking.around_of``."""

    company: Company
    records: tuple[Record, ...]
    names: Mapping[int, str]
    around: Picture | None
    refused: tuple[Refused, ...] = ()

    @property
    def ids(self) -> list[int]:
        return [one.id for one in self.records]


async def sift(read: Read, company: str, actor: Actor, whos: Sequence[str], check: Check, *, whole: bool) -> Sifted:
    """The members that account numbers or ids on the wire name, each once, whom the actor may do to what ``read`` is for.

    Raises: CompanyNotFound; where ``whole`` what refuses one of them, with ``batches.refusals``.
    """
    found = await company_for(read, company, actor, personal=True)
    holders = await people.holders(read, whos)
    numbers = {who: holders[who] if who in holders else _number(who) for who in whos}
    names = {number: who for who, number in reversed(numbers.items()) if number is not None}  # of several the first
    there = {id: one for id, one in (await people.records(read, found.id, list(names))).items() if one.state != "deleted"}
    around = await around_of(read, found, actor, there)
    wrong = refusals_in(read, around, actor, [on_member(id) for id in there])
    records: list[Record] = []
    refused: list[Refused] = []
    for who, number in numbers.items():
        if number is not None and names[number] != who:
            continue
        one = None if number is None else there.get(number)
        error = MemberNotFound() if one is None else wrong.get(on_member(one.id)) or _said(check, around, one)
        if one is not None and error is None:
            records.append(one)
        elif error is not None:
            refused.append(Refused(who, error))
    if refused and whole:
        raise refusal(refused) if len(numbers) > 1 else refused[0].error
    return Sifted(found, tuple(records), names, around, tuple(refused))


async def record_left_out(work: Work, actor: Actor, sifted: Sifted) -> None:
    """The entries of those who were refused, in the act that does the rest."""
    for one in sifted.refused:
        await record_refused(work, sifted.company.id, actor, work.act, {"member": one.who}, one.error)


def _number(who: str) -> int | None:
    try:
        return from_wire(who)
    except ValueError:
        return None


def _said(check: Check, around: Picture | None, one: Record) -> YizhanError | None:
    try:
        check(around, one)
    except YizhanError as error:
        return error
    return None

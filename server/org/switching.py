"""Disabling and enabling members, within a unit in the turn (SPEC B5). What follows from it for units that they head is ``heading``."""

from collections.abc import Mapping, Sequence

import msgspec

from server.audit.service import Actor, record
from server.companies import rules
from server.org.batches import Outcome, Refused, refusal
from server.org.errors import LastAdministrator, StateUnfit
from server.org.heading import HandedOn, hand_on_all
from server.org.people import check_administrator_stays, check_over, forget_past_days, named
from server.org.sifting import Sifted, record_left_out, sift
from server.roles.rules import Picture
from storage import company_log, people, sessions
from storage.people import Record
from storage.work import Read, Work

DISABLED = "disabled"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """``successors``: the next first head of each unit; ``asks``: whether whoever is missing among them is asked for."""

    state: str
    reason: str = ""
    successors: Mapping[int, str] = {}
    asks: bool = False

    @property
    def act(self) -> str:
        return "member.disable" if self.state == DISABLED else "member.enable"


class Switched(msgspec.Struct, frozen=True):
    """A member who is in the state that was wished for. ``before``: the one that he was in; the same where there was nothing to do.

    ``headless``: the units that he goes on heading though he is disabled now, as far as the actor finds them.
    """

    member: int
    number: str
    before: str
    headless: tuple[int, ...] = ()


async def sifted(read: Read, company: str, actor: Actor, whos: Sequence[str], wish: Wish, *, whole: bool) -> tuple[Sifted, str]:
    """Whom it can be done to, and the reason as it is kept. Raises: as ``LeavingService.disable``."""

    def check(around: Picture | None, one: Record) -> None:
        if wish.state == DISABLED:
            check_over(around, actor, [one])
        if one.state == "draft":
            raise StateUnfit(one.name, one.state)

    found = await sift(read, company, actor, whos, check, whole=whole)
    reason = rules.name("reason", wish.reason, may_be_empty=True)
    if wish.state == DISABLED:
        await _check_administrator_stays(read, found)
    return found, reason


async def switch(work: Work, company: str, actor: Actor, whos: Sequence[str], wish: Wish, *, whole: bool) -> Outcome[Switched]:
    """Raises: as ``LeavingService.disable``."""
    found, reason = await sifted(work, company, actor, whos, wish, whole=whole)
    await record_left_out(work, actor, found)
    changing = [one for one in found.records if rules.follows(one.state, wish.state)]
    left = await _switch(work, actor, found, changing, wish, reason) if changing else {}
    done = tuple(Switched(one.id, one.number, one.state, tuple(left.get(one.id, ()))) for one in found.records)
    return Outcome(done=done, refused=found.refused)


async def _switch(
    work: Work, actor: Actor, found: Sifted, changing: Sequence[Record], wish: Wish, reason: str
) -> Mapping[int, Sequence[int]]:
    """Gives the units that each goes on heading."""
    ids = [one.id for one in changing]
    handed: Mapping[int, HandedOn] = {}
    entry: dict[str, str | list[str]] = {}
    if wish.state == DISABLED:
        entry["reason"] = reason
        await sessions.end_of_members(work, ids, "disabled")
    else:
        await forget_past_days(work, found.company, changing)
    await people.set_states(work, ids, wish.state, reason)
    if wish.state == DISABLED:
        handed = await hand_on_all(work, found.company, actor, changing, wish.successors, entry, asks=wish.asks)
    heads = {head for one in handed.values() for head in one.heads}
    await company_log.tell(work, found.company.id, members=[*ids, *sorted(heads.difference(ids))])
    await record(work, found.company.id, actor, wish.act, {**named(changing), **entry})
    return {member: one.left for member, one in handed.items()}


async def _check_administrator_stays(read: Read, found: Sifted) -> None:
    """Raises: LastAdministrator, naming those of whom the last one stays."""
    try:
        await check_administrator_stays(read, found.company.id, found.ids)
    except LastAdministrator as error:
        if len(found.records) == 1:
            raise
        there = await people.administrators(read, found.company.id)
        raise refusal([Refused(found.names[one], error) for one in found.ids if one in there]) from None

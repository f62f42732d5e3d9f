"""Brings what rules between units forbid into the columns by which the writer decides, for direct conversations that run (LOG A4).

It follows the company's log and is done within two seconds of a change of rules, of the tree or of who is where. It is worked out from a
snapshot, and written in a turn that finds the company as that snapshot had it; else it is worked out anew. So it does no harm twice, and
on several nodes at once; a node that starts looks at every company. Whom one writes to in another company is no rule's (``policy.Rule``):
who is not in the company's picture silences nobody.
"""

from collections.abc import Sequence

import msgspec

from server.followers import CompanyFollower, Whose
from server.logs import Logger
from server.org.loading import people_of
from server.org.organisation import Organisation
from server.visibility.evaluator import Evaluator
from server.visibility.in_force import rules_in_force
from server.visibility.policy import Policy
from storage import company_log, feed, silencing, units
from storage.company_log import Changed
from storage.engine import Storage
from storage.silencing import Side
from storage.work import Read, Work

log = Logger("visibility")
PAGE = 500
WRITTEN = 200


class _Look(msgspec.Struct, frozen=True):
    """What a page of conversations is judged by, as of ``position``."""

    position: int
    sides: Sequence[Side]
    wrong: Sequence[Side]


class Silencing(CompanyFollower):
    def __init__(self, storage: Storage) -> None:
        super().__init__(storage, "silencing", log)

    def is_wide(self, change: Changed) -> bool:
        return bool(change.units) or "unit_rules" in change.subjects

    async def judge(self, company: int, whose: Whose) -> None:
        if whose is None and not await self._storage.read(lambda read: silencing.is_anything_forbidden(read, company)):
            await self._cleared(company)
        else:
            await self._judged(company, whose)

    async def _cleared(self, company: int) -> None:
        """Where nothing is forbidden, as in most companies, only those are looked at who may not write."""
        while True:
            look = await self._storage.read(lambda read: _left(read, company))
            if not look.wrong:
                return
            await self._written(company, look)

    async def _judged(self, company: int, whose: Whose) -> None:
        """All conversations of the company, or those of these members, page by page."""
        behind = (0, 0)
        while True:
            here = behind
            look = await self._storage.read(lambda read, here=here: _look(read, company, here, whose))  # type: ignore[misc]
            if look.wrong and not await self._written(company, look):
                continue  # changed meanwhile: the same page again
            if len(look.sides) < PAGE:
                return
            behind = (look.sides[-1].member, look.sides[-1].conversation)

    async def _written(self, company: int, look: _Look) -> bool:
        for start in range(0, len(look.wrong), WRITTEN):
            some = look.wrong[start : start + WRITTEN]

            async def act(work: Work, some: Sequence[Side] = some) -> bool:
                if await company_log.since(work, company, look.position, 1):
                    return False
                await silencing.silence(work, company, some)
                return True

            if not await self._storage.transact(act):
                return False
        return True


async def _left(read: Read, company: int) -> _Look:
    """Who may not write; nobody is wrong where a rule has come meanwhile: its own position brings it."""
    position: int = await read.value(feed.HEAD)
    forbidden = await silencing.is_anything_forbidden(read, company)
    sides = [] if forbidden else await silencing.silenced(read, company, PAGE)
    return _Look(position, sides, [_as(one, False) for one in sides])


async def _look(read: Read, company: int, behind: tuple[int, int], whose: Whose) -> _Look:
    position: int = await read.value(feed.HEAD)
    sides = await silencing.page(read, company, behind=behind, limit=PAGE, members=whose)
    judged = [*sides, *(await silencing.turned(read, company, sides) if whose is not None and sides else ())]
    if not await silencing.is_anything_forbidden(read, company):
        return _Look(position, sides, [_as(one, False) for one in judged if one.is_silenced])
    rules = await rules_in_force(read, company)
    there = await people_of(read, company, sorted({member for one in judged for member in (one.member, one.other)}))
    evaluator = Evaluator(Organisation(company, await units.of_company(read, company), there), Policy(rules))
    right = [_as(one, bool(evaluator.rule_against_writing(one.member, one.other))) for one in judged]
    return _Look(position, sides, [now for one, now in zip(judged, right, strict=True) if one != now])


def _as(side: Side, is_silenced: bool) -> Side:
    return msgspec.structs.replace(side, is_silenced=is_silenced)

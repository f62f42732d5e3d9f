"""Last days of leavers and interns: disabled at the end of it in the company's time zone, administrators told seven days before (SPEC B3).

What is due when is ``days``. Told means: an entry in the trail that says who, a message in each administrator's system conversation, and
a mail to those who bound an address. Both name nobody, for a hidden member is found by administrators in the account center alone (B6).
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from protocol.ids import to_wire
from server.audit.service import Actor, Details, record
from server.companies.finding import company_of
from server.conversations.system import tell
from server.logs import Logger
from server.notifier.base import Notice, NotSent, Ways
from server.org import days
from server.org.errors import LastAdministrator
from server.org.heading import hand_on
from server.org.people import check_administrator_stays
from storage import company_log, people, sessions
from storage.engine import Storage
from storage.people import Administrator, Due
from storage.work import Work

log = Logger("org")
SYSTEM = Actor("system", "yizhan")
TOGETHER = 20  # members in one act
TOLD_TOGETHER = 12  # administrators in one act: some ten statements each
SUBJECT = "最后工作日提醒 / Last days"
TEXT = (
    "{count} 名成员的最后工作日在 {days} 天之内(最早 {first}),当天结束后帐号将自动停用。名单见管理中心的操作记录。\n\n"
    "{count} members have their last day within {days} days, the first on {first}; at its end each is disabled. "
    "The account center's audit trail names them."
)


class LastDays:
    """``ways``: what sends mail, if anything does."""

    def __init__(self, storage: Storage, ways: Ways) -> None:
        self._storage = storage
        self._ways = ways

    async def sweep(self, now: int) -> int:
        """Disable those whose last day is over, and tell administrators of those whose is near; to be called now and then.

        Gives how many were disabled.
        """
        due = await self._storage.read(lambda read: people.due(read, days.horizon(now)))
        await self._tell([one for one in due if not one.is_told and days.is_near(one.last_day, now, one.time_zone)])
        disabled = 0
        for one in due:
            if days.is_over(one.last_day, now, one.time_zone):
                disabled += await self._end(one)
        return disabled

    # ---- the end of it

    async def _end(self, one: Due) -> bool:
        try:
            return await self._storage.transact(partial(_ended, one=one))
        except LastAdministrator:
            log.warning("member.last_day_of_last_administrator", company=one.company_number, member=to_wire(one.id))
            return False

    # ---- seven days before

    async def _tell(self, near: Sequence[Due]) -> None:
        by_company: dict[int, list[Due]] = defaultdict(list)
        for one in near:
            by_company[one.company].append(one)
        for company, theirs in by_company.items():
            for start in range(0, len(theirs), TOGETHER):
                some = theirs[start : start + TOGETHER]
                told, text = await self._storage.transact(partial(_told, company=company, near=some))
                for first in range(TOLD_TOGETHER, len(told), TOLD_TOGETHER):
                    await self._storage.transact(partial(_say, company=company, told=told[first : first + TOLD_TOGETHER], text=text))
                await self._mail(told, text)

    async def _mail(self, told: Sequence[Administrator], text: str) -> None:
        way = self._ways.get("mail")
        for one in told:
            if way is not None and one.bound_mail:
                try:
                    await way.send(Notice(one.bound_mail, SUBJECT, text))
                except NotSent as error:
                    log.warning("member.last_day_not_mailed", member=to_wire(one.id), why=error.data["why"])


async def _ended(work: Work, one: Due) -> bool:
    """Whether he is disabled now; what he headed goes to the successor chosen ahead, where that one is in the unit."""
    found = (await people.records(work, one.company, [one.id])).get(one.id)
    if found is None or found.state != "active" or found.last_day != one.last_day:
        return False  # changed meanwhile
    await check_administrator_stays(work, one.company, [one.id])
    reason = f"last day {one.last_day}"
    entry: dict[str, str | list[str]] = {"member": to_wire(one.id), "reason": reason}
    company = await company_of(work, one.company_number, personal=True)
    handed = await hand_on(work, company, SYSTEM, found, {}, entry, asks=False)  # whoever chose the successor held what it gives
    await sessions.end_of_members(work, [one.id], "disabled")
    await people.set_states(work, [one.id], "disabled", reason)
    await company_log.tell(work, one.company, members=[one.id, *handed.heads])
    await record(work, one.company, SYSTEM, "member.disable", entry)
    return True


async def _told(work: Work, company: int, near: Sequence[Due]) -> tuple[list[Administrator], str]:
    """Whom else to tell, and what; nobody where others told them meanwhile."""
    there = await people.records(work, company, [one.id for one in near])
    fresh = [one for one in near if one.id in there and not there[one.id].is_last_day_told]
    if not fresh:
        return [], ""
    await people.set_told(work, [one.id for one in fresh])
    entry: Details = {"members": [to_wire(one.id) for one in fresh], "last_days": [one.last_day for one in fresh]}
    await record(work, company, SYSTEM, "member.last_day_near", entry)
    told = await people.to_be_told(work, company)
    text = TEXT.format(count=len(fresh), days=days.TOLD_DAYS_BEFORE, first=min(one.last_day for one in fresh))
    await _say(work, company, told[:TOLD_TOGETHER], text)
    return told, text


async def _say(work: Work, company: int, told: Sequence[Administrator], text: str) -> None:
    for one in told:
        await tell(work, company, one.id, text)

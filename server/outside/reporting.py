"""Reports of outsiders: a member tells the administrators of his own company, who look at them (SPEC H1).

Administrators hear of it in their system conversation, which names nobody: who reported may be hidden from them there (SPEC B6).
"""

from collections.abc import Callable

from protocol import limits
from protocol.errors import IdConflict
from protocol.ids import to_wire
from server.audit.service import Actor, look
from server.companies.rules import name as checked_name
from server.conversations.system import tell
from server.outside import rules
from server.outside.contacts import access_outsider
from server.outside.errors import TooManyReports
from server.roles.asking import company_for
from server.visibility.service import Viewer
from server.visibility.sieving import sieve
from server.visibility.terms import Where
from storage import outside_reports as reports
from storage import people
from storage.draw import draw_id
from storage.engine import Storage
from storage.outside_reports import Listed, Report
from storage.work import Read, Work

TOLD = 12  # administrators: some ten statements each
MOST = 500
TEXT = (
    "有成员举报了一位外部联系人。举报内容见管理中心的外部联系人举报。\n\n"
    "A member reported an outside contact; the account center's list of reports has what was said."
)


class OutsideReportService:
    def __init__(self, storage: Storage, draw: Callable[[], int] = draw_id) -> None:
        self._storage = storage
        self._draw = draw

    async def report(self, viewer: Viewer, client_id: bytes, member: int, reason: str, words: str) -> None:
        """Raises: MemberNotFound, OutsideOneself, OutsideColleague, NameInvalid, IdConflict, TooManyReports."""
        said = checked_name("words", words, may_be_empty=True, most=limits.OUTSIDE_WORDS_CHARACTERS)

        async def act(work: Work) -> None:
            there = await reports.made_by(work, viewer.member, client_id)
            if there is not None:
                if (there.other, there.reason, there.words) != (member, reason, said):
                    raise IdConflict
                return
            await access_outsider(work, viewer, member)
            if await reports.counted(work, viewer.company, viewer.member, work.now - rules.DAY_MS) >= rules.REPORTS_A_DAY:
                raise TooManyReports(rules.REPORTS_A_DAY, rules.DAY_MS // 1000)
            made = Report(self._draw(), viewer.member, member, reason, said, work.now)
            await reports.insert(work, viewer.company, made, client_id)
            for one in (await people.to_be_told(work, viewer.company))[:TOLD]:
                await tell(work, viewer.company, one.id, TEXT)

        await self._storage.transact(act)

    async def list_reports(self, actor: Actor, company: str) -> list[Listed]:
        """Those of members whom the actor's permission covers, the last one first. Raises: CompanyNotFound, NotAllowed."""

        async def do(read: Read) -> list[Listed]:
            found = await company_for(read, company, actor)
            through = await sieve(read, found, actor)
            newest = await reports.newest(read, found.id, MOST)
            shown = await through.members(sorted({one.report.member for one in newest}), Where.ACCOUNT_CENTER)
            return [one for one in newest if one.report.member in shown]

        return await look(self._storage, actor, company, "outside.reports", do, asked={})


def row_of(one: Listed) -> dict[str, object]:
    """As it is shown and given out."""
    report = one.report
    return {
        **{"at": report.reported_at, "by": one.by_name, "member": to_wire(report.other), "name": one.other_name},
        **{"company": one.other_company, "reason": report.reason, "words": report.words},
    }

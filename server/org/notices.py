"""A notice to chosen members, as a message of the company's in the system conversation, as a mail, or both (SPEC B8).

Active persons alone get one. A mail goes to the address on the card, to each by itself: nobody sees who else was chosen.
"""

from collections.abc import Collection, Sequence

from protocol.ids import to_wire
from server.audit.service import Actor, administer, record
from server.companies import rules
from server.conversations.system import tell
from server.logs import Logger
from server.notifier.base import Notice, NotSent, Ways
from server.org.errors import NoticeEmpty
from server.org.people import acted_on, named
from storage.engine import Storage
from storage.people import Record
from storage.work import Work

log = Logger("org")
CHAT, MAIL = "chat", "mail"
BOTH = frozenset({CHAT, MAIL})
TOGETHER = 12  # members in one act: some ten statements each
MOST_CHARACTERS = 2000
SUBJECT = "{company}:通知 / Notice"
TEXT = "{company} 通知 / Notice\n\n{text}"


class NoticeService:
    """``ways``: what sends mail, if anything does."""

    def __init__(self, storage: Storage, ways: Ways) -> None:
        self._storage = storage
        self._ways = ways

    async def send(
        self, actor: Actor, company: str, whos: Sequence[str], text: str, *, subject: str = "", by: Collection[str] = (CHAT,)
    ) -> list[str]:
        """Gives those of ``whos`` whom a way that was wished did not reach: who is not active, a robot, or has no mail that was taken.

        Raises: CompanyNotFound, MemberNotFound, NoticeEmpty, WordsInvalid, NameInvalid of the subject, NotAllowed.
        """
        left: list[str] = []
        wanted = list(dict.fromkeys(whos))
        for start in range(0, len(wanted), TOGETHER):
            left += await self._send(actor, company, wanted[start : start + TOGETHER], text, subject, by)
        return left

    async def _send(self, actor: Actor, company: str, whos: Sequence[str], text: str, subject: str, by: Collection[str]) -> list[str]:
        async def act(work: Work) -> tuple[str, str, list[Record]]:
            found, there, _ = await acted_on(work, company, actor, whos)
            said = rules.words("notice", text, MOST_CHARACTERS)
            if not said:
                raise NoticeEmpty
            title = rules.name("subject", subject, may_be_empty=True) or SUBJECT.format(company=found.name)
            told = TEXT.format(company=found.name, text=said)
            for one in there:
                if CHAT in by and _is_reached(one):
                    await tell(work, found.id, one.id, told)
            await record(work, found.id, actor, "member.notice", {**named(there), "by": sorted(by), "text": said})
            return title, told, there

        asked = {"members": list(whos), "by": sorted(by)}
        title, told, there = await administer(self._storage, actor, company, "member.notice", act, asked=asked)
        return [
            one.number or to_wire(one.id)
            for one in there
            if not _is_reached(one) or (MAIL in by and not await self._mail(one, title, told))
        ]

    async def _mail(self, one: Record, subject: str, text: str) -> bool:
        way = self._ways.get("mail")
        if way is None or not one.mail:
            return False
        try:
            await way.send(Notice(one.mail, subject, text))
        except NotSent as error:
            log.warning("member.notice_not_mailed", member=to_wire(one.id), why=error.data["why"])
            return False
        return True


def _is_reached(one: Record) -> bool:
    return one.state == "active" and one.account is not None

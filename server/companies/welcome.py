"""Telling newcomers by mail how they sign in: their number, and the first password that was drawn for them (SPEC B3, B7).

Only drawn ones are mailed, which must be changed at the first sign-in: one that a whole company shares is in no mail. SMS comes with its
transport, as one more way.
"""

from collections.abc import Sequence

from protocol.ids import to_wire
from server.audit.service import Actor, administer, record
from server.companies.newcomers import Added
from server.logs import Logger
from server.notifier.base import Notice, NotSent, Ways
from server.roles.asking import company_for, permit
from server.roles.rules import member as on_member
from storage import people
from storage.engine import Storage
from storage.people import Record
from storage.work import Work

LOG = Logger("server.companies")
TOGETHER = 100  # members that one entry names
SUBJECT = "{company}:您的驿站帐号 / your account"
TEXT = """{name},您好!

{company} 已为您开通驿站帐号:{number}
初始密码:{password}
初始密码在您设置新密码之前有效,首次登录后须立即修改。请勿将本邮件转发他人。

Hello {name},

{company} has an account for you: {number}
{first_password}: {password}
It is good until you choose a password of your own, which you are asked for when you sign in. Hand this mail to nobody.
"""
SHARED = "由企业另行告知 / as your company told you"


class WelcomeService:
    """``ways``: what sends mail, if anything does."""

    def __init__(self, storage: Storage, ways: Ways) -> None:
        self._storage = storage
        self._ways = ways

    async def send(self, actor: Actor, company: str, added: Sequence[Added]) -> list[str]:
        """Gives the numbers of those who got none: who have no mail address, or whose mail was not taken.

        Raises: CompanyNotFound, NotAllowed.
        """
        left: list[str] = []
        for start in range(0, len(added), TOGETHER):
            left += await self._send(actor, company, added[start : start + TOGETHER])
        return left

    async def _send(self, actor: Actor, company: str, added: Sequence[Added]) -> list[str]:
        async def act(work: Work) -> tuple[str, dict[int, Record]]:
            found = await company_for(work, company, actor)
            await permit(work, found, actor, *[on_member(one.member) for one in added])
            there = await people.records(work, found.id, [one.member for one in added])
            await record(
                work, found.id, actor, "member.welcome", {"members": [to_wire(one.member) for one in added if one.member in there]}
            )
            return found.name, there

        name, there = await administer(self._storage, actor, company, "member.welcome", act, asked={"count": len(added)})
        return [one.number for one in added if one.member not in there or not await self._mail(name, there[one.member], one)]

    async def _mail(self, company: str, card: Record, one: Added) -> bool:
        way = self._ways.get("mail")
        if way is None or not card.mail:
            return False
        words = {"company": company, "name": card.name, "number": one.number, "password": one.password or SHARED}
        try:
            await way.send(Notice(card.mail, SUBJECT.format(**words), TEXT.format(**words, first_password="Your first password")))
        except NotSent as error:
            LOG.warning("member.welcome_not_sent", member=to_wire(card.id), why=error.data["why"])
            return False
        return True

"""Binding a phone or a mail address by a code that is sent to it: from then on it is a login name (SPEC B10, D1).

Until the code was right nothing here tells whether anybody signs in by that address. What an administrator's change does to a bound one
is ``server.org.members``; what sends is a ``Notifier`` for each kind.
"""

import functools
from typing import Literal

from msgspec.structs import replace

from protocol.errors import MemberNotFound
from server.accounts import codes, names
from server.accounts.errors import (
    AddressInvalid,
    AddressTaken,
    CodeNotSent,
    CodesTooOften,
    CodeWrong,
    ConfirmFirst,
    NoWayThere,
    RobotsBindNothing,
)
from server.accounts.throttle import Throttle, failed, locked_seconds
from server.clock import Clock
from server.config.model import Codes
from server.logs import Logger
from server.notifier.base import Notice, NotSent, Ways
from server.sessions.errors import SessionOver
from server.sessions.resumes import Admitted
from storage import accounts, company_log, login_codes, people, sessions, sign_in_failures
from storage.engine import Storage
from storage.login_codes import LoginCode
from storage.work import Read, Work

LOG = Logger("server.accounts")
HOUR_MS = 3600 * 1000
Kind = Literal["phone", "mail"]
SUBJECT = {"en": "Your code", "zh": "验证码"}
TEXT = {
    "en": "{code} is your code for Yizhan. It can be used once, within {minutes} minutes.\n\n"
    "If you did not ask for it, ignore this message; never tell the code to anybody.\n",
    "zh": "您的驿站验证码是 {code},{minutes} 分钟内有效,仅可使用一次。\n\n如非本人操作,请忽略本消息;请勿将验证码告诉任何人。\n",
}


class BindingService:
    """``ways``: what sends codes, by the kind of address."""

    def __init__(self, storage: Storage, clock: Clock, settings: Codes, ways: Ways) -> None:
        self._storage = storage
        self._clock = clock
        self.settings = settings
        self._ways = ways
        self._by_account, self._by_target, self._by_address = (
            Throttle(count, HOUR_MS, HOUR_MS) for count in (settings.per_account, settings.per_target, settings.per_address)
        )

    async def send_code(self, who: Admitted, kind: Kind, typed: str, *, address: str = "", language: str = "en") -> None:
        """A code goes to ``typed``; the one before is worth nothing. ``address``: from where it is asked for.

        Raises: RobotsBindNothing, AddressInvalid, NoWayThere, CodesTooOften, CodeNotSent.
        """
        account, to = _account(who), _address(kind, typed)
        way = self._ways.get(kind)
        if way is None:
            raise NoWayThere(kind)
        code, now = codes.draw_digits(), self._clock.now()
        expires_at = now + self.settings.valid_seconds * 1000
        kept = LoginCode(account, kind, names.fold(to), codes.stored_code(code), now, expires_at)
        await self._storage.unit(lambda work: self._keep(work, kept, address))
        said = "zh" if language.startswith("zh") else "en"
        text = TEXT[said].format(code=code, minutes=max(1, self.settings.valid_seconds // 60))
        try:
            await way.send(Notice(to, SUBJECT[said], text))
        except NotSent as error:
            LOG.warning("binding.not_sent", kind=kind, why=error.data["why"])
            await self._storage.unit(functools.partial(login_codes.use, code=kept))
            raise CodeNotSent from None

    async def _keep(self, work: Work, kept: LoginCode, address: str) -> None:
        """Counted and written in one unit, which begins with the counts: who asks at the same moment waits for them."""
        counted = [
            (names.of_codes(kept.account), self._by_account),
            (names.of_codes_to(kept.name), self._by_target),
            (names.of_codes_from(address), self._by_address),
        ]
        for subject, throttle in counted:
            count = await sign_in_failures.held(work, subject)
            if seconds := locked_seconds(count, kept.sent_at):
                raise CodesTooOften(seconds)
            await sign_in_failures.save(work, subject, failed(count, kept.sent_at, throttle))
        before = await login_codes.find(work, kept.account, kept.kind)
        if before is not None and (left := before.sent_at + self.settings.again_seconds * 1000 - kept.sent_at) > 0:
            raise CodesTooOften(-(-left // 1000))
        await login_codes.replace(work, kept)

    async def bind(self, who: Admitted, kind: Kind, typed: str, code: str) -> None:
        """``typed`` is the account's login name of that kind, instead of the one before, and stands on the member's card.

        Who proves again what he had bound before a reset confirms by it: his password opens all his members (DESIGN 4).
        Raises: RobotsBindNothing, AddressInvalid, CodeWrong, AddressTaken, ConfirmFirst, SessionOver, MemberNotFound.
        """
        account, company, to = _account(who), who.company, _address(kind, typed)
        name, now = names.fold(to), self._clock.now()
        most = self.settings.tries
        # a unit of its own: a wrong one counts although it is refused
        pending = await self._storage.unit(lambda work: login_codes.take_try(work, account, kind, most=most, now=now))
        if pending is None and await self._storage.read(lambda read: _is_bound(read, account, kind, name)):
            return  # asked again, for the answer was lost
        if pending is None or pending.name != name or not codes.matches(pending.stored, code):
            raise CodeWrong
        right = pending

        async def act(work: Work) -> None:
            if not await login_codes.use(work, right):
                raise CodeWrong
            if await sessions.find_open(work, who.session) is None:
                raise SessionOver("ended")
            await _bind(work, account, kind, name)
            before = (await people.records(work, company, [who.member])).get(who.member)
            if before is None or before.state != "active":
                raise MemberNotFound
            if names.fold(getattr(before, kind)) != name:
                await people.save(work, replace(before, **{kind: names.shown_phone(name) if kind == "phone" else to}))
            await company_log.tell(work, company, members=[who.member])

        await self._storage.transact(act)

    async def sweep(self) -> int:
        """Forget codes that nobody can use any more; to be called now and then. Gives how many."""
        before = self._clock.now() - self.settings.again_seconds * 1000
        return await self._storage.unit(lambda work: login_codes.forget(work, before))


async def _is_bound(read: Read, account: int, kind: Kind, name: str) -> bool:
    """And nothing is left to be confirmed."""
    found = await accounts.password(read, account)
    return found is not None and found.only_company is None and (await accounts.bound(read, account)).get(kind) == name


async def _bind(work: Work, account: int, kind: Kind, name: str) -> None:
    """Raises: AddressTaken, ConfirmFirst."""
    found = await accounts.password(work, account)
    assert found is not None, "accounts are never removed"
    if await accounts.holder(work, name) not in (None, account):
        raise AddressTaken
    if (await accounts.bound(work, account)).get(kind) == name:
        if found.only_company is not None:
            await accounts.lift_restriction(work, account)
        return
    if found.only_company is not None:
        elsewhere = [place for place in await accounts.places(work, account) if place.company != found.only_company]
        if any(place.state != "deleted" for place in elsewhere):
            raise ConfirmFirst
    await accounts.bind(work, name, kind, account)


def _account(who: Admitted) -> int:
    if who.account is None:
        raise RobotsBindNothing
    return who.account


def _address(kind: Kind, typed: str) -> str:
    """As it is written to. Raises: AddressInvalid."""
    found = names.phone(typed) if kind == "phone" else names.mail(typed)
    if not found:
        raise AddressInvalid
    return found

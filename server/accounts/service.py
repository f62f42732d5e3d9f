"""Signing in by name and password or by a robot's token, and changing one's password (SPEC D1, A4, DESIGN 13).

The order makes the answers alike: locked or not (by what was typed), then one run of argon2 for whoever it is, then in one unit the lock
again, and only behind it everything that tells the password was right. So of a thousand attempts at the same moment no more are
answered than of a thousand one after the other.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from protocol.commands import Device
from protocol.ids import from_wire
from server.accounts import names, rules
from server.accounts.errors import PasswordWrong, RobotTokenInvalid, SignInLocked, SignInWrong
from server.accounts.passwords import Passwords
from server.accounts.throttle import FORGIVEN_AFTER_MS, Throttle, failed, locked_seconds
from server.clock import Clock
from server.config.model import SignIn
from server.logs import Logger
from server.sessions.errors import SessionOver
from server.sessions.resumes import Admitted
from server.sessions.service import SessionService
from server.sessions.tokens import stored_robot_token
from storage import accounts, members, sessions, sign_in_failures
from storage.accounts import Login, Password
from storage.engine import Storage
from storage.work import Read, Work

LOG = Logger("server.accounts")
NOBODY = -1  # the member that a choice names which is no id at all


@dataclass(frozen=True)
class _Counted:
    """What one attempt counts against: a name (or an account), and an address; ``origin`` is it as it was. No name is ever logged."""

    name: bytes
    address: bytes
    origin: str

    @classmethod
    def of(cls, name: bytes | None, address: str) -> "_Counted":
        """Without a name the address alone counts: nobody is to be shut out by it."""
        by_address = names.of_address(address)
        return cls(name or by_address, by_address, address)


class AccountService:
    def __init__(self, storage: Storage, clock: Clock, passwords: Passwords, open_sessions: SessionService, settings: SignIn) -> None:
        self._storage = storage
        self._clock = clock
        self._passwords = passwords
        self._sessions = open_sessions
        self._by_name = Throttle(settings.failures_per_account, settings.account_window_seconds * 1000, settings.lock_seconds * 1000)
        # an office behind one address must not be shut out for a day: here locks do not grow
        window = settings.address_window_seconds * 1000
        self._by_address = Throttle(settings.failures_per_address, window, window, longest_ms=window)

    # ---- by name and password

    async def sign_in(self, name: str, password: str, device: Device, *, client: str = "", address: str = "", member: str = "") -> Admitted:
        """A session for the member that ``name`` goes to; by phone or mail ``member`` (an id on the wire) chooses among several.

        Raises: SignInWrong, SignInLocked, Busy, and once the password was right: ChooseMember, MemberNotFound, MemberDisabled,
        CompanySuspended.
        """
        typed, password = names.fold(name), rules.attempted(password)
        counted = _Counted.of(names.of_name(typed), address)
        login = await self._storage.read(lambda read: self._look(read, typed, counted))
        right = await self._passwords.verify(login.password_hash if login else None, password)
        if login is None or not right:
            raise await self._count(counted)
        open_session = functools.partial(self._sessions.open, account=login.account, device=device, client=client, address=address)
        newer = await self._newer_hash(login.password_hash, password)

        async def act(work: Work) -> Admitted:
            await self._check_not_locked(work, counted)
            now = await accounts.login(work, typed)
            if now is None or (now.account, now.password_version) != (login.account, login.password_version):
                raise SignInWrong  # changed while we were hashing
            places = await accounts.places(work, now.account)
            place = rules.choose(places, named=now.member, chosen=_chosen(member), only_company=now.only_company)
            await sign_in_failures.clear(work, counted.name)
            if newer and now.password_hash:
                await accounts.rehash(work, now.account, now.password_hash, newer)
            return await open_session(work, place, must_change=now.must_change_password)

        try:
            return await self._storage.transact(act)
        except SignInWrong:
            raise await self._count(counted) from None

    async def _look(self, read: Read, typed: str, counted: _Counted) -> Login | None:
        await self._check_not_locked(read, counted)
        return await accounts.login(read, typed)

    async def _newer_hash(self, stored: str | None, password: str) -> str:
        """The password under the parameters of now, where it is stored under others; empty where not."""
        if stored is None or not self._passwords.is_outdated(stored):
            return ""
        return await self._passwords.hash(password)

    # ---- counting what was wrong

    async def _check_not_locked(self, read: Read, counted: _Counted) -> None:
        now = self._clock.now()
        found = await sign_in_failures.find(read, counted.name, counted.address)
        seconds = max(locked_seconds(count, now) for count in found)
        if seconds:
            raise SignInLocked(seconds)

    async def _count(self, counted: _Counted) -> SignInWrong | SignInLocked:
        """Count a wrong password; the answer to give. During a lock it is the lock, whatever was typed."""

        async def act(work: Work) -> int:
            # names before addresses, always: two attempts never wait for each other crosswise
            by_name = await self._count_one(work, counted.name, self._by_name)
            return max(by_name, await self._count_one(work, counted.address, self._by_address))

        seconds = await self._storage.unit(act)
        if seconds:
            LOG.warning("sign_in.locked", address=counted.origin, seconds=seconds)
            return SignInLocked(seconds)
        LOG.info("sign_in.wrong", address=counted.origin)
        return SignInWrong()

    async def _count_one(self, work: Work, subject: bytes, throttle: Throttle) -> int:
        """Gives for how many seconds it is locked now."""
        now = self._clock.now()
        count = failed(await sign_in_failures.held(work, subject), now, throttle)
        await sign_in_failures.save(work, subject, count)
        return locked_seconds(count, now)

    async def sweep(self) -> int:
        """Forget counts that mean nothing any more; to be called now and then. Gives how many."""
        before = self._clock.now() - FORGIVEN_AFTER_MS
        return await self._storage.unit(lambda work: sign_in_failures.forget(work, before))

    # ---- robots

    async def sign_in_with_token(self, token: str, device: Device, *, client: str = "", address: str = "") -> Admitted:
        """A session for the robot that the API token belongs to.

        Raises: RobotTokenInvalid, SignInLocked (by address), MemberDisabled, CompanySuspended.
        """
        hashed = stored_robot_token(token)
        address_alone = _Counted.of(None, address)

        async def look(read: Read) -> int | None:
            await self._check_not_locked(read, address_alone)
            return await accounts.robot(read, hashed)

        async def act(work: Work) -> Admitted:
            robot = await accounts.use_robot_token(work, hashed)
            place = await accounts.place(work, robot) if robot is not None else None
            if place is None:
                raise RobotTokenInvalid
            rules.check_admissible(place)
            return await self._sessions.open(work, place, account=None, device=device, client=client, address=address, must_change=False)

        if await self._storage.read(look) is None:
            await self._storage.unit(lambda work: self._count_one(work, address_alone.address, self._by_address))
            raise RobotTokenInvalid
        return await self._storage.transact(act)

    # ---- a new password

    async def change_password(self, who: Admitted, old: str, new: str, *, address: str) -> None:
        """The person's own choice; ends the account's other sessions. A limit to one company stays (DESIGN 4).

        Raises: PasswordWrong, SignInLocked, Busy, SessionOver, and what is wrong with ``new``.
        """
        if who.account is None:
            raise PasswordWrong
        account = who.account
        counted = _Counted.of(names.of_account(account), address)
        found, about = await self._storage.read(lambda read: self._password(read, who, account, counted))
        if not await self._passwords.verify(found.stored, rules.attempted(old)):
            wrong = await self._count(counted)
            raise wrong if isinstance(wrong, SignInLocked) else PasswordWrong
        rules.check_new_password(new, old=old, names=about)
        hashed = await self._passwords.hash(new)

        async def act(work: Work) -> None:
            await self._check_not_locked(work, counted)
            now = await accounts.password(work, account)
            if await sessions.find_open(work, who.session) is None:
                raise SessionOver("ended")
            if now is None or now.version != found.version:
                raise PasswordWrong  # changed while we were hashing
            await accounts.set_password(work, account, hashed)
            await sign_in_failures.clear(work, counted.name)
            await self._end_others(work, who, everywhere=now.only_company is None)
            work.session_freed(who.session)

        await self._storage.transact(act)

    async def _password(self, read: Read, who: Admitted, account: int, counted: _Counted) -> tuple[Password, Sequence[str]]:
        """As it is stored, and the names that the new one must not be."""
        await self._check_not_locked(read, counted)
        found = await accounts.password(read, account)
        card = await members.find(read, who.member)
        own = [card.name, card.nickname, card.number, card.company_name] if card is not None else []
        assert found is not None, "accounts are never removed"
        return found, [*own, *await accounts.names(read, account)]

    async def _end_others(self, work: Work, who: Admitted, *, everywhere: bool) -> None:
        """Not those in other companies while an administrator may know the password: he has no say there."""
        assert who.account is not None
        found = await (sessions.open_of_account(work, who.account) if everywhere else sessions.open_of_member(work, who.member))
        await sessions.end(work, {session.id: "password_changed" for session in found if session.id != who.session})


def _chosen(member: str) -> int | None:
    if not member:
        return None
    try:
        return from_wire(member)
    except ValueError:
        return NOBODY

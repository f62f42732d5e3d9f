"""Companies with people who can sign in: the services of accounts, sessions and companies wired over a test's storage.

Hashing is as cheap as argon2 lets it be; nothing else differs from a server's own wiring.
"""

from typing import Any

from protocol.commands import Device, DeviceClass
from server.accounts.passwords import Passwords
from server.accounts.service import AccountService
from server.audit.service import Actor, operator
from server.clock import ManualClock
from server.companies.service import Added, CompanyService, Newcomer
from server.config.model import Sessions as SessionSettings
from server.config.model import SignIn
from server.sessions.service import Admitted, SessionService
from storage import accounts, audit, companies
from storage.audit import Entry
from storage.engine import Storage
from storage.feed import FeedRow

KEY = bytes(32)
ROOT: Actor = operator("ops")
GOOD = "correct horse battery"
CHEAP: dict[str, Any] = {"argon2_memory_kib": 8192, "argon2_time": 1, "hashing_threads": 1}
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def laptop(name: str = "laptop-1", kind: DeviceClass = "desktop") -> Device:
    return Device(id=f"device-{name}", device_class=kind, name=name)


class Office:
    """One wiring of the services; two of them over one database are two nodes."""

    def __init__(self, storage: Storage, clock: ManualClock, *, sign_in: SignIn | None = None, sessions: SessionSettings | None = None):
        self.storage = storage
        self.clock = clock
        self.told: list[FeedRow] = []
        storage.on_position = self.told.append
        self.passwords = Passwords(sign_in or SignIn(**CHEAP), clock)
        self.sessions = SessionService(storage, clock, sessions or SessionSettings(), key=KEY)
        self.accounts = AccountService(storage, clock, self.passwords, self.sessions, sign_in or SignIn(**CHEAP))
        self.companies = CompanyService(storage, self.passwords)

    def close(self) -> None:
        self.passwords.close()

    async def company(self, number: str = "acme", *, seats: int = 100, first_number: int = 1001) -> str:
        await self.companies.create(ROOT, number, name=f"{number} Ltd", short_name=number, seats=seats, first_number=first_number)
        return number

    async def member(self, company: str, name: str = "Li Na", *, must_change: bool = False, **more: Any) -> Added:
        """Somebody whose password is ``GOOD``, and who need not change it."""
        newcomer = Newcomer(name=name, **more)
        return await self.companies.add_member(ROOT, company, newcomer, password=GOOD, must_change=must_change)

    async def join_account(self, added: Added, company: str, name: str) -> int:
        """A further member of the account of ``added``, in ``company``: what joining by one's own sign-in will do."""
        other = await self.member(company, name)

        async def act(work: Any) -> None:
            place = await work.one(accounts.PLACE, member=added.member)
            assert place is not None
            await work.run(_MOVE, id=other.member, set_account=await self.account(added.member))
            await work.run(_MOVE_NAME, name=other.number, set_account=await self.account_in(work, added.member))

        await self.storage.transact(act)
        return other.member


_MOVE: Any = None
_MOVE_NAME: Any = None
__all__ = ["Admitted", "Entry", "Office", "audit", "companies"]

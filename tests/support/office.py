"""Companies with people who can sign in: the services of accounts, sessions and companies wired over a test's storage.

Hashing is as cheap as argon2 lets it be; nothing else differs from a server's own wiring.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from protocol.commands import Device, DeviceClass
from server.accounts.passwords import Passwords
from server.accounts.service import AccountService
from server.audit.service import Actor, operator
from server.clock import ManualClock
from server.companies.newcomers import Added, Newcomer
from server.companies.service import CompanyService
from server.companies.settings import CompanySettingsService
from server.config.model import Sessions as SessionSettings
from server.config.model import SignIn
from server.notifier.memory import MemoryNotifier
from server.org.last_days import LastDays
from server.org.leaving import LeavingService
from server.org.members import MemberService
from server.org.service import OrgService
from server.sessions.resumes import Admitted
from server.sessions.service import SessionService
from storage import accounts, audit, companies, members
from storage.audit import Entry
from storage.draw import draw_id
from storage.engine import Storage
from storage.feed import FeedRow
from storage.schema.accounts import login_names
from storage.schema.accounts import members as member_rows
from storage.statements import insert_into
from storage.work import Read, Work

KEY = bytes(32)
ROOT: Actor = operator("ops")
GOOD = "correct horse battery"
CHEAP: dict[str, Any] = {"argon2_memory_kib": 8192, "argon2_time": 1, "hashing_threads": 1}
INSERT_MEMBER = insert_into(member_rows, "id", "company", "account", "name", "number", "created_at")
INSERT_LOGIN = insert_into(login_names, "name", "kind", "account", "member")
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def laptop(name: str = "laptop-1", kind: DeviceClass = "desktop") -> Device:
    return Device(id=f"device-{name}", device_class=kind, name=name)


async def until(true: Callable[[], object]) -> None:
    """Let everything else go on until this is true."""
    for _ in range(1_000_000):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never became true")


class Office:
    """One wiring of the services; two of them over one database are two nodes."""

    def __init__(
        self, storage: Storage, clock: ManualClock, *, sign_in: SignIn | None = None, sessions: SessionSettings | None = None
    ) -> None:
        self.storage = storage
        self.clock = clock
        self.told: list[FeedRow] = []
        storage.on_position = self.told.append
        self.passwords = Passwords(sign_in or SignIn(**CHEAP), clock)
        self.sessions = SessionService(storage, clock, sessions or SessionSettings(), key=KEY)
        self.accounts = AccountService(storage, clock, self.passwords, self.sessions, sign_in or SignIn(**CHEAP))
        self.companies = CompanyService(storage, self.passwords)
        self.settings = CompanySettingsService(storage, self.passwords)
        self.org = OrgService(storage)
        self.members = MemberService(storage)
        self.leaving = LeavingService(storage, self.passwords)
        self.mails = MemoryNotifier()
        self.last_days = LastDays(storage, {"mail": self.mails})

    def close(self) -> None:
        self.passwords.close()

    async def company(self, number: str = "acme", *, seats: int = 100, first_number: int = 1001) -> str:
        await self.companies.create(ROOT, number, name=f"{number} Ltd", short_name=number, seats=seats, first_number=first_number)
        return number

    async def member(self, company: str, name: str = "Li Na", *, must_change: bool = False, **more: Any) -> Added:
        """Somebody whose password is ``GOOD``, and who need not change it."""
        newcomer = Newcomer(name=name, **more)
        return await self.companies.add_member(ROOT, company, newcomer, password=GOOD, must_change=must_change)

    async def join(self, added: Added, company: str, name: str, number: str) -> int:
        """A further member of the account of ``added``, in ``company``, as joining by one's own sign-in makes it."""
        member = draw_id()

        async def act(work: Work) -> None:
            found = await companies.find(work, company)
            card = await members.find(work, added.member)
            assert found is not None
            assert card is not None
            await work.run(INSERT_MEMBER, id=member, company=found.id, account=card.account, name=name, number=number, created_at=work.now)
            await work.run(INSERT_LOGIN, name=number, kind="number", account=card.account, member=member)

        await self.storage.transact(act)
        return member

    async def verify(self, added: Added, name: str, kind: str = "mail") -> bool:
        """``name`` (folded) becomes a verified login name of the account of ``added``."""

        async def act(work: Work) -> bool:
            card = await members.find(work, added.member)
            assert card is not None
            assert card.account is not None
            if await accounts.holder(work, name) is not None:
                return False
            await accounts.bind(work, name, kind, card.account)
            return True

        return await self.storage.transact(act)

    async def sign_in(self, added: Added, device: Device | None = None, password: str = GOOD, **more: Any) -> Admitted:
        return await self.accounts.sign_in(added.number, password, device or laptop(), **more)

    async def trail(self, company: str) -> list[Entry]:
        """The company's audit trail."""

        async def look(read: Read) -> list[Entry]:
            found = await companies.find(read, company)
            assert found is not None
            return await audit.page(read, found.id, 0, 1000)

        return await self.storage.read(look)

    def ended(self) -> dict[int, str]:
        """The sessions of whose end all nodes were told, with the reasons."""
        return {gone.session: gone.reason for row in self.told for gone in row.payload.sessions}

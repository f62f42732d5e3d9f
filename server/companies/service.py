"""Administrative acts on companies, units and members (SPEC A1, A4, B1, B3, B5, B8, D2).

Each is one unit in the turn with its audit entry (DESIGN 8); passwords are hashed before it, since an act awaits only statements. Lists
are looks: their entry is committed before they are shown.
"""

from collections.abc import AsyncIterator, Sequence

from server.accounts import codes
from server.accounts.passwords import Passwords
from server.audit.service import OPERATOR, Actor, Details, administer, look, record
from server.companies import adding, listing, rules, sign_ins
from server.companies.drawing import Means, given, stored_first
from server.companies.errors import CompanyNumberTaken
from server.companies.finding import company_of
from server.companies.listing import EVERYBODY, Sought
from server.companies.newcomers import Added, Newcomer, pieces
from server.org import rules as tree_rules
from server.org.batches import Outcome, finished
from server.org.leaving import LeavingService
from server.org.people import acted_on
from server.org.service import OrgService, load_tree
from server.roles.asking import company_for, permit, permit_operator
from server.sessions.tokens import draw_robot_token
from server.visibility.sieving import sieve
from storage import companies, segments, sessions
from storage.companies import Company
from storage.engine import Storage
from storage.members import Card
from storage.sessions import OpenSession
from storage.work import Read, Work

__all__ = ["Added", "CompanyService", "Newcomer"]
ACTIVATED_TOGETHER = 50
RESET_TOGETHER = 10  # each may have 20 sessions


class CompanyService:
    """``limits``: of companies that settled none of their own."""

    def __init__(
        self,
        storage: Storage,
        passwords: Passwords,
        *,
        device_policy: str = "one_per_class",
        limits: tree_rules.Limits = tree_rules.SERVERS,
    ) -> None:
        self._storage = storage
        self._limits = limits
        self._means = Means(storage, passwords)
        self._device_policy = device_policy
        self._leaving = LeavingService(storage, passwords)

    # ---- companies and units

    async def create(
        self,
        actor: Actor,
        number: str,
        *,
        name: str,
        short_name: str,
        seats: int,
        first_number: int,
        last_number: int | None = None,
        expires_at: int | None = None,
        demo: bool = False,
    ) -> Company:
        """A company with the root of its tree and a segment of numbers from ``first_number`` on, up to ``last_number`` where it is given.

        Raises: CompanyNumberInvalid, CompanyNumberTaken, NameInvalid, NumberInvalid, SeatsInvalid, ExpiryInvalid, SegmentInvalid,
        SegmentTaken.
        """

        async def act(work: Work) -> Company:
            permit_operator(work, actor)
            rules.check_company_number(number)
            if await companies.find(work, number) is not None:
                raise CompanyNumberTaken(number)
            rules.check_bought(seats)
            rules.check_expiry(expires_at)
            segment = rules.segment(await segments.every(work), first_number, seats, last_number)
            made = await companies.insert(
                work,
                number=number,
                name=rules.name("name", name),
                short_name=rules.name("short name", short_name),
                seats=seats,
                expires_at=expires_at,
                demo=demo,
                segment=segment,
                device_policy=self._device_policy,
            )
            await record(work, made.id, actor, "company.create", {"number": number, "seats": seats})
            return made

        return await administer(self._storage, actor, OPERATOR, "company.create", act, asked={"number": number, "seats": seats})

    async def set_suspended(self, actor: Actor, company: str, suspended: bool) -> None:
        """Nobody of a suspended company comes in, and who is in is out; sessions stay for the day when it ends. Raises: CompanyNotFound."""

        async def act(work: Work) -> None:
            permit_operator(work, actor)
            found = await company_of(work, company)
            if found.suspended != suspended:
                await companies.set_suspended(work, found.id, suspended)
                await record(work, found.id, actor, "company.suspend", {"suspended": suspended})

        await administer(self._storage, actor, company, "company.suspend", act, asked={"suspended": suspended})

    async def set_seats(self, actor: Actor, company: str, seats: int) -> None:
        """So many are bought. Where more are taken nobody is put out, and nobody is added.

        Raises: CompanyNotFound, SeatsInvalid, NotAllowed.
        """

        async def act(work: Work) -> None:
            permit_operator(work, actor)
            found = await company_of(work, company)
            rules.check_bought(seats)
            if found.seats != seats:
                await companies.set_seats(work, found.id, seats)
                await record(work, found.id, actor, "company.seats", {"seats": [str(found.seats), str(seats)]})

        await administer(self._storage, actor, company, "company.seats", act, asked={"seats": seats})

    async def set_expiry(self, actor: Actor, company: str, expires_at: int | None) -> None:
        """From that instant on sign-in, reading and export go on, sending does not (SPEC A1); None: never.

        Raises: CompanyNotFound, NotAllowed, ExpiryInvalid.
        """

        async def act(work: Work) -> None:
            permit_operator(work, actor)
            found = await company_of(work, company)
            rules.check_expiry(expires_at)
            if found.expires_at != expires_at:
                await companies.set_expiry(work, found.id, expires_at)
                entry: Details = {"expires_at": [str(found.expires_at or ""), str(expires_at or "")]}
                await record(work, found.id, actor, "company.expiry", entry)

        await administer(self._storage, actor, company, "company.expiry", act, asked={"expires_at": expires_at})

    async def set_device_policy(self, actor: Actor, company: str, policy: str) -> None:
        """``one_per_class`` or ``any``; sessions that are one too many end when they next resume. Raises: CompanyNotFound."""

        async def act(work: Work) -> None:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            if found.device_policy != policy:
                await companies.set_device_policy(work, found.id, policy)
                await record(work, found.id, actor, "company.device_policy", {"policy": policy})

        await administer(self._storage, actor, company, "company.device_policy", act, asked={"policy": policy})

    async def add_unit(self, actor: Actor, company: str, name: str, *, parent: int | None = None, kind: str = "department") -> int:
        """A unit that comes last under ``parent``, by default the root; gives its id.

        Raises: CompanyNotFound, UnitNotFound, NameInvalid, UnitNameTaken, UnitKindUnknown, RootUnitsLimit.
        """

        return (await OrgService(self._storage, self._limits).add(actor, company, name, parent=parent, kind=kind)).id

    # ---- adding

    async def add_member(
        self,
        actor: Actor,
        company: str,
        newcomer: Newcomer,
        *,
        password: str = "",
        must_change: bool = True,
        draft: bool = False,
    ) -> Added:
        """Raises: as ``add_many``."""
        return (await self.add_many(actor, company, [newcomer], password=password, must_change=must_change, draft=draft))[0]

    async def add_many(
        self,
        actor: Actor,
        company: str,
        newcomers: Sequence[Newcomer],
        *,
        password: str = "",
        must_change: bool = True,
        draft: bool = False,
    ) -> list[Added]:
        """Add people, some fifty in a unit: who wants all or nothing checks first. They see as much of the company as the actor does.

        Without ``password`` each gets the company's first password, or where it has none a drawn code (SPEC A4). Drafts hold their
        numbers, take no seats, and get a password when they are activated.
        Raises: CompanyNotFound, SeatsExhausted, NameInvalid, NumberInvalid, NumberNotInSegment, NumberTaken, NumbersExhausted,
        UnitNotFound, UnitDisabled, UnitMembersLimit, PhoneOrMailNeeded, MoreThanHeld of what every newcomer may, and what is wrong with
        the password.
        """
        first = await stored_first(self._means, actor, company, "member.add", password)
        added: list[Added] = []
        for some in pieces(newcomers):
            added += await self._add(actor, company, some, first, must_change, draft)
        return added

    async def _add(
        self, actor: Actor, company: str, newcomers: Sequence[Newcomer], first: str, must_change: bool, draft: bool
    ) -> list[Added]:
        drawn = [codes.draw_code() for _ in newcomers]

        async def act(work: Work) -> list[Added]:
            return await adding.add(
                work, actor, company, newcomers, drawn, first, must_change=must_change, draft=draft, limits=self._limits
            )

        asked: Details = {"count": len(newcomers), "numbers": [one.number for one in newcomers if one.number]}
        return await administer(self._storage, actor, company, "member.add", act, asked=asked)

    async def activate(self, actor: Actor, company: str, whos: Sequence[str], *, password: str = "") -> list[Added]:
        """Drafts become active and get their first passwords, as newcomers do.

        Raises: CompanyNotFound, MemberNotFound, StateUnfit of who is no draft, SeatsExhausted, CompanyBusy, MoreThanHeld and
        CompanyAdministratorsOnly of whose role the actor does not hold, and what is wrong with the password: each before anything is
        done, with ``batches.refusals``. BatchStopped, which has the codes that were drawn until then.
        """
        return await finished(self.activating(actor, company, whos, password=password))

    def activating(self, actor: Actor, company: str, whos: Sequence[str], *, password: str = "") -> AsyncIterator[Outcome[Added]]:
        """As ``activate``, piece by piece: show each at once, for a code that was never shown is drawn anew by ``reset_password`` alone."""
        act, size = "member.activate", ACTIVATED_TOGETHER
        return given(self._means, actor, company, act, whos, password, size=size, sifts=adding.drafts, draws=adding.activate)

    async def add_robot(self, actor: Actor, company: str, name: str) -> tuple[int, str]:
        """A robot, and the API token by which alone it signs in; the token is told this once.

        It takes no seat. Raises: CompanyNotFound, NameInvalid.
        """
        token = draw_robot_token()

        async def act(work: Work) -> int:
            return await adding.add_robot(work, actor, company, name, token)

        return await administer(self._storage, actor, company, "robot.add", act, asked={"name": name}), token

    # ---- changing: ``who`` is a member's account number or his id on the wire

    async def disable(self, actor: Actor, company: str, who: str, reason: str) -> None:
        """He cannot sign in and is out at once, everywhere; contacts and conversations stay (SPEC B5).

        Raises: CompanyNotFound, MemberNotFound, NameInvalid where the reason is none, LastAdministrator.
        """

        await self._leaving.disable(actor, company, [who], reason)

    async def enable(self, actor: Actor, company: str, who: str) -> None:
        """Raises: CompanyNotFound, MemberNotFound."""

        await self._leaving.enable(actor, company, [who])

    async def reset_password(self, actor: Actor, company: str, who: str, *, password: str = "") -> str:
        """A new first password, which opens this company's member alone until the person confirms (DESIGN 4); gives the drawn one.

        His sessions in this company end, and his number is no longer locked.
        Raises: CompanyNotFound, MemberNotFound, NotAPerson, and what is wrong with the password.
        """
        return (await self.reset_passwords(actor, company, [who], password=password))[0].password

    async def reset_passwords(self, actor: Actor, company: str, whos: Sequence[str], *, password: str = "") -> list[Added]:
        """As ``reset_password``, for many (SPEC B8); a given password is hashed this once.

        Raises: as ``reset_password``, each before anything is done, with ``batches.refusals``. BatchStopped, which has the codes that
        were drawn until then.
        """
        return await finished(self.resetting(actor, company, whos, password=password))

    def resetting(self, actor: Actor, company: str, whos: Sequence[str], *, password: str = "") -> AsyncIterator[Outcome[Added]]:
        """As ``reset_passwords``, piece by piece: show each at once."""
        act, size = "member.reset_password", RESET_TOGETHER
        return given(self._means, actor, company, act, whos, password, size=size, sifts=sign_ins.with_passwords, draws=sign_ins.reset)

    async def end_session(self, actor: Actor, company: str, session: str) -> None:
        """End any session of the company's members, named by its id on the wire. Raises: CompanyNotFound, SessionNotFound."""

        async def act(work: Work) -> None:
            await sign_ins.end(work, actor, company, session)

        await administer(self._storage, actor, company, "session.end", act, asked={"session": session})

    # ---- looking

    async def list_companies(self, actor: Actor, *, after: str = "", limit: int = 200) -> list[Company]:
        """In the order of their numbers, behind the number ``after``. Raises: NotAllowed."""

        async def do(read: Read) -> list[Company]:
            permit_operator(read, actor)
            rules.check_page(limit)
            return await companies.page(read, after, limit)

        return await look(self._storage, actor, OPERATOR, "company.list", do, asked={"after": after})

    async def list_members(
        self, actor: Actor, company: str, sought: Sought = EVERYBODY, *, after: tuple[str, int] = ("", 0), limit: int = 200
    ) -> list[Card]:
        """Those whom the actor sees of those who are ``sought``, in the order of (number, id), behind ``after`` (SPEC B8).

        Raises: CompanyNotFound, UnitNotFound, NotAllowed.
        """

        async def do(read: Read) -> list[Card]:
            found = await company_for(read, company, actor, personal=True)
            shown = await sieve(read, found, actor)
            rules.check_page(limit, after[1])
            return await listing.page(read, found, await load_tree(read, found.id), shown, sought, after, limit)

        return await look(self._storage, actor, company, "member.list", do, asked={"after": after[0], **sought.as_asked()})

    async def list_sessions(self, actor: Actor, company: str, who: str) -> list[OpenSession]:
        """A member's sessions, the newest first. Raises: CompanyNotFound, MemberNotFound."""

        async def do(read: Read) -> list[OpenSession]:
            _, (one,), _ = await acted_on(read, company, actor, [who])
            return await sessions.open_of_member(read, one.id)

        return await look(self._storage, actor, company, "session.list", do, asked={"member": who})

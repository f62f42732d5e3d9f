"""What a company settles for itself, and the segments of numbers that the operator gives it (SPEC A1, A4, B3), each act with its entry.

Limits of its tree are ``server.org``'s.
"""

from collections.abc import Awaitable, Callable

from server.accounts.passwords import Passwords
from server.accounts.rules import check_new_password
from server.audit.service import Actor, Details, administer, look, record, recording_refusals
from server.companies import numbering, rules
from server.companies.finding import company_of
from server.org import days
from server.org import rules as tree_rules
from server.org.service import differences, load_tree
from server.roles import giving, naming
from server.roles.asking import company_for, permit, permit_operator, picture_for
from server.visibility.sieving import sieve
from storage import companies, company_log, segments, units
from storage.companies import Company, Profile, Settings
from storage.engine import Storage
from storage.segments import Segment
from storage.work import Read, Work


class CompanySettingsService:
    def __init__(self, storage: Storage, passwords: Passwords) -> None:
        self._storage = storage
        self._passwords = passwords

    async def set_profile(self, actor: Actor, company: str, wanted: Profile) -> None:
        """Names, intro, address and so on. The top of the tree carries the short name until it is renamed (SPEC A1, B1).

        Raises: CompanyNotFound, NameInvalid, WordsInvalid.
        """

        async def act(work: Work) -> None:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            before, after = await companies.profile(work, found.id), rules.profile(wanted)
            if after == before:
                return
            await companies.set_profile(work, found.id, after)
            root = tree_rules.called(await load_tree(work, found.id), after.short_name)
            await units.save(work, found.id, root)
            await company_log.tell(work, found.id, units=[unit.id for unit in root], subjects=["company"])
            await record(work, found.id, actor, "company.profile", differences(before, after))

        await administer(self._storage, actor, company, "company.profile", act, asked={})

    async def set_time_zone(self, actor: Actor, company: str, zone: str) -> None:
        """By which days begin and end, such as Asia/Shanghai. Raises: CompanyNotFound, TimeZoneUnknown."""

        async def save(work: Work, found: Company, before: Settings) -> Details:
            days.zone(zone)
            await companies.set_time_zone(work, found.id, zone)
            return {} if before.time_zone == zone else {"time_zone": [before.time_zone, zone]}

        await self._settle(actor, company, "company.time_zone", save)

    async def set_needs_phone_or_mail(self, actor: Actor, company: str, needed: bool) -> None:
        """Of whoever is added or changed from now on (SPEC B3). Raises: CompanyNotFound."""

        async def save(work: Work, found: Company, before: Settings) -> Details:
            await companies.set_needs_phone_or_mail(work, found.id, needed)
            return {} if before.needs_phone_or_mail == needed else {"needed": needed}

        await self._settle(actor, company, "company.needs_phone_or_mail", save)

    async def set_outside(self, actor: Actor, company: str, allowed: bool) -> None:
        """Whether members may have outside contacts; without them nobody asks, accepts, or writes where they talk already (SPEC H1).

        Who talks is told there, by the follower (``server.outside.holding``). Raises: CompanyNotFound.
        """

        async def save(work: Work, found: Company, before: Settings) -> Details:
            await companies.set_no_outside(work, found.id, not allowed)
            await company_log.tell(work, found.id, subjects=["outside"])
            return {"allowed": allowed} if before.no_outside == allowed else {}

        await self._settle(actor, company, "company.outside", save)

    async def set_first_password(self, actor: Actor, company: str, password: str) -> None:
        """Of members who are added or activated from now on; empty: each gets a code of his own (SPEC A4). It is hashed this once.

        Raises: CompanyNotFound, and what is wrong with the password.
        """
        if password:
            async with recording_refusals(self._storage, actor, company, "company.first_password", asked={}):
                check_new_password(password, old="", names=())
        stored = await self._passwords.hash(password) if password else None

        async def save(work: Work, found: Company, before: Settings) -> Details:
            await companies.set_first_password(work, found.id, stored)
            return {"set": stored is not None}

        await self._settle(actor, company, "company.first_password", save)

    async def set_invited_role(self, actor: Actor, company: str, role: str) -> None:
        """Of whoever joins by invitation from now on (SPEC C1); empty: the default. It has nothing that the actor does not hold (C4).

        Raises: CompanyNotFound, RoleNotFound, RoleAmbiguous, NotAllowed, and as ``giving.check_invited``.
        """

        async def save(work: Work, found: Company, before: Settings) -> Details:
            around = await picture_for(work, found, actor)
            chosen = naming.find(around.roles, role).id if role else None
            was, now = (naming.of_the_invited(around.roles, one) for one in (before.invited_role, chosen))
            giving.check_invited(around, actor, now)
            await companies.set_invited_role(work, found.id, chosen)
            return {"role": [was.shown(), now.shown()]}

        await self._settle(actor, company, "company.invited_role", save, asked={"role": role})

    async def _settle(
        self,
        actor: Actor,
        company: str,
        name: str,
        save: Callable[[Work, Company, Settings], Awaitable[Details]],
        *,
        asked: Details | None = None,
    ) -> None:
        """``save`` gives what changed, for the entry."""

        async def act(work: Work) -> None:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            details = await save(work, found, await companies.settings(work, found.id))
            await company_log.tell(work, found.id, subjects=["company"])
            await record(work, found.id, actor, name, details)

        await administer(self._storage, actor, company, name, act, asked=asked or {})

    async def show(self, actor: Actor, company: str) -> tuple[Company, Profile, Settings]:
        """All that is settled of a company; a look. Raises: CompanyNotFound, NotAllowed."""

        async def do(read: Read) -> list[tuple[Company, Profile, Settings]]:
            found = await company_for(read, company, actor)
            await permit(read, found, actor)
            return [(found, await companies.profile(read, found.id), await companies.settings(read, found.id))]

        return (await look(self._storage, actor, company, "company.show", do, asked={}))[0]

    # ---- numbers

    async def add_segment(self, actor: Actor, company: str, first: int, last: int) -> None:
        """A further range of numbers that are this company's alone.

        Raises: CompanyNotFound, NumberInvalid, SegmentInvalid, SegmentTaken.
        """

        async def act(work: Work) -> None:
            permit_operator(work, actor)
            found = await company_of(work, company)
            made = rules.segment(await segments.every(work), first, found.seats, last)
            await segments.insert(work, found.id, *made)
            await record(work, found.id, actor, "segment.add", {"first": first, "last": last})

        await administer(self._storage, actor, company, "segment.add", act, asked={"first": first, "last": last})

    async def list_segments(self, actor: Actor, company: str) -> list[Segment]:
        """Raises: CompanyNotFound."""

        async def do(read: Read) -> list[Segment]:
            found = await company_for(read, company, actor)
            await sieve(read, found, actor)
            return await segments.of_company(read, found.id)

        return await look(self._storage, actor, company, "segment.list", do, asked={})

    async def offer_numbers(self, actor: Actor, company: str, count: int) -> list[str]:
        """The next free numbers in a row, to choose from; fewer where the segments are used up.

        Raises: CompanyNotFound, CountInvalid.
        """

        async def do(read: Read) -> list[str]:
            found = await company_for(read, company, actor)
            await sieve(read, found, actor)
            return await numbering.offer(read, found, count)

        return await look(self._storage, actor, company, "number.offer", do, asked={"count": count})

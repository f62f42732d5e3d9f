"""Makes the demo company by the product's own services and writer, at times in the past by a clock of its own.

What there is to see is ``content``, when it happened ``plan``. Every step may be run again: what is there already stays as it is.
"""

import os
from collections.abc import Mapping

from server.accounts import codes
from server.accounts.passwords import Passwords
from server.audit.service import operator
from server.clock import ManualClock
from server.companies.errors import CompanyNumberTaken
from server.companies.newcomers import Newcomer
from server.companies.service import CompanyService
from server.config.model import Settings
from server.demo import kept, plan
from server.demo.content import COMPANY, FIRST_NUMBER, LOGINS, NAME, PEOPLE, SEATS, SHORT_NAME, UNITS, Person
from server.demo.kept import Kept, Login
from server.demo.talks import Talks
from server.roles.service import RoleService
from storage import companies, members
from storage.companies import Company
from storage.engine import Storage, connect
from storage.members import Card

FOUNDED = 40 * 24 * plan.HOUR  # before now
ACTOR = operator("demo")


async def make(settings: Settings, passwords: Passwords, *, now: int) -> Kept | None:
    """The demo company in the database of ``settings``, made or completed where it is not there; gives its logins.

    None where it is there and its passwords are not kept any more. Beside the server or without it. Raises: CompanyNumberTaken where a
    company that is no demo has its number.
    """
    clock = ManualClock(now)
    storage = await connect(settings.database.url, now=clock.now)
    try:
        return await _Maker(settings, storage, clock, passwords).make()
    finally:
        await storage.close()


class _Maker:
    def __init__(self, settings: Settings, storage: Storage, clock: ManualClock, passwords: Passwords) -> None:
        self._data = settings.server.data
        self._storage = storage
        self._clock = clock
        self._companies = CompanyService(storage, passwords)

    async def make(self) -> Kept | None:
        company = await self._storage.read(lambda read: companies.find(read, COMPANY))
        remembered = kept.load(self._data)
        if company is None:
            remembered = Kept(os.urandom(16), self._clock.now(), _draw_passwords())
            kept.save(self._data, remembered)
        elif not company.demo:
            raise CompanyNumberTaken(COMPANY)
        if remembered is None or remembered.logins:
            return remembered
        return await self._complete(company, remembered)

    async def _complete(self, company: Company | None, remembered: Kept) -> Kept:
        self._clock.set(remembered.made_at - FOUNDED)
        company = company or await self._companies.create(
            ACTOR, COMPANY, name=NAME, short_name=SHORT_NAME, seats=SEATS, first_number=FIRST_NUMBER, demo=True
        )
        people = await self._people(company, await self._units(company), remembered)
        await self._roles(people)
        await Talks(self._storage, self._clock, remembered, company, people).run()
        logins = tuple(Login(people[one.key].number, one.name, remembered.passwords[one.name], one.role) for one in PEOPLE)
        done = Kept(remembered.seed, remembered.made_at, remembered.passwords, logins)
        kept.save(self._data, done)
        return done

    async def _units(self, company: Company) -> Mapping[str, int]:
        there = {unit.name: unit.id for unit in await self._storage.read(lambda read: companies.units_of(read, company.id, 1000))}
        found: dict[str, int] = {}
        for unit in UNITS:
            parent = found[unit.under] if unit.under else None
            found[unit.key] = there.get(unit.name) or await self._companies.add_unit(ACTOR, COMPANY, unit.name, parent=parent)
        return found

    async def _people(self, company: Company, units: Mapping[str, int], remembered: Kept) -> dict[str, Card]:
        there = await self._cards(company)
        for some in _by_password(remembered.passwords):
            missing = [_newcomer(person, units) for person in some if person.name not in there]
            if missing:
                password = remembered.passwords[some[0].name]
                await self._companies.add_many(ACTOR, COMPANY, missing, password=password, must_change=False)
        there = await self._cards(company)
        return {person.key: there[person.name] for person in PEOPLE}

    async def _roles(self, people: Mapping[str, Card]) -> None:
        roles = RoleService(self._storage)
        for person in PEOPLE:
            if person.role:
                await roles.give(ACTOR, COMPANY, [people[person.key].number], person.role)

    async def _cards(self, company: Company) -> dict[str, Card]:
        cards = await self._storage.read(lambda read: members.page(read, company.id, ("", 0), SEATS))
        return {card.name: card for card in cards}


def _draw_passwords() -> Mapping[str, str]:
    shared = _draw_password()
    return {person.name: _draw_password() if person.key in LOGINS else shared for person in PEOPLE}


def _draw_password() -> str:
    """59 random bits in groups of four, to be read and typed."""
    code = codes.draw_code()
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _by_password(passwords: Mapping[str, str]) -> list[list[Person]]:
    """In the order of the people: each password is hashed once."""
    groups: dict[str, list[Person]] = {}
    for person in PEOPLE:
        groups.setdefault(passwords[person.name], []).append(person)
    return list(groups.values())


def _newcomer(person: Person, units: Mapping[str, int]) -> Newcomer:
    return Newcomer(name=person.name, job_title=person.job_title, units=(units[person.unit],))

"""Who is there and where they talk: two companies, groups of each and a mixed one, and the actor who removes and adds people.

Made by the services through a storage of the harness's own, beside the servers, as the command line does it.
"""

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from protocol.bodies import note
from protocol.errors import OutcomeUnknown, YizhanError
from protocol.ids import from_wire, to_wire
from server.accounts.passwords import Passwords
from server.clock import SystemClock
from server.companies.service import CompanyService, Newcomer
from server.conversations.service import ConversationService
from server.sync.tokens import Seal
from storage import installation
from storage.draw import draw_id
from storage.engine import Storage, connect
from storage.migrate import migrate
from tests.faults import names
from tests.support.house import CHEAP, OPERATOR, PASSWORD, Person

COMPANIES = {"acme": 10001, "globex": 20001}


@dataclass
class World:
    """``groups``: conversation to the members who may be added to it. ``allowed``: conversation to the companies that may take part."""

    storage: Storage
    seal: Seal
    people: dict[str, Person] = field(default_factory=dict)  # by member
    company_of: dict[str, str] = field(default_factory=dict)  # member -> company
    groups: dict[str, list[str]] = field(default_factory=dict)
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, company: str) -> list[str]:
        return [member for member, theirs in self.company_of.items() if theirs == company]


@contextlib.asynccontextmanager
async def made(url: str, people: int) -> AsyncIterator[World]:
    """A migrated database with ``people`` members in each company; their conversations are empty but for the opening."""
    await migrate(url)
    clock = SystemClock()
    storage = await connect(url, now=clock.now)
    passwords = Passwords(CHEAP, clock)
    try:
        secrets = await storage.read(installation.secrets)
        world = World(storage, Seal(secrets.token_key, secrets.epoch))
        service = CompanyService(storage, passwords, device_policy="any")
        for company, first in COMPANIES.items():
            await _settle(world, service, company, first, people)
        await _open_groups(world)
        yield world
    finally:
        passwords.close()
        await storage.close()


async def _settle(world: World, service: CompanyService, company: str, first: int, people: int) -> None:
    made = await service.create(OPERATOR, company, name=company, short_name=company, seats=1000, first_number=first)
    newcomers = [Newcomer(name=f"{company} {nth}") for nth in range(people)]
    added = await service.add_many(OPERATOR, company, newcomers, password=PASSWORD, must_change=False)
    for newcomer, one in zip(newcomers, added, strict=True):
        member = to_wire(one.member)
        world.people[member] = Person(newcomer.name, member, one.number, made.id)
        world.company_of[member] = company


async def _open_groups(world: World) -> None:
    """Two in each company, one of both; about half of those who may be in it are."""
    service = ConversationService(world.storage)
    chosen = [(company,) for company in COMPANIES for _ in range(2)] + [tuple(COMPANIES)]
    for companies in chosen:
        may = [member for company in companies for member in world.of(company)]
        first = may[:: len(companies)][: max(2, len(may) // 2 + 1)]
        if len(companies) > 1:
            first = may[::2]
        who = [world.people[member].who for member in first]
        conversation = to_wire(await service.create(who[0], who[1:], name=" and ".join(companies)))
        world.groups[conversation] = may
        world.allowed[conversation] = tuple(companies)


@dataclass
class Act:
    """A change of membership as it was answered; ``note`` names it, for whoever acts is drawn anew for each."""

    conversation: str
    note: str
    seq: int


class Membership:
    """Removes and adds members while they send, one act at a time."""

    def __init__(self, world: World, dice: random.Random, *, every: float) -> None:
        self._world, self._dice, self._every = world, dice, every
        self._service = ConversationService(world.storage)
        self.acts: list[Act] = []
        self.unknown = 0

    async def go_on(self) -> None:
        for _ in itertools.count():
            await asyncio.sleep(self._dice.random() * 2 * self._every)
            conversation = self._dice.choice(list(self._world.groups))
            await self.one(conversation, self._dice.choice(self._world.groups[conversation]))

    async def one(self, conversation: str, member: str) -> None:
        """Remove ``member`` if he is in it, else add him."""
        by, who, number = draw_id(), self._world.people[member].who, from_wire(conversation)
        try:
            try:
                seq, what = await self._service.remove(number, by, who), "removed"
            except YizhanError as error:
                if error.kind != "refused":
                    raise
                seq, what = await self._service.add(number, by, who), "joined"
        except OutcomeUnknown:
            self.unknown += 1
        except YizhanError as error:
            if error.kind != "unknown":
                raise
            self.unknown += 1
        else:
            body = note(what, members=(member,), by=to_wire(by))
            self.acts.append(Act(conversation, names.of_stored(body.canonical), seq))

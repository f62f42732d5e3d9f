"""The database of the organisation's scenarios: companies of 30,000, 1,000 and 100,000 people, and an empty one to import into.

Companies are made by the product's own acts, people by its own inserts in short turns, sessions and conversations as the town's.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from protocol.ids import to_wire
from server.accounts.passwords import Passwords
from server.audit.service import operator
from server.clock import SystemClock
from server.companies.service import CompanyService
from server.config.model import SignIn
from server.org.service import OrgService
from server.sync.tokens import Seal
from storage import installation, members, people, roles, segments, units
from storage.draw import draw_id
from storage.engine import Storage, connect
from storage.feed import HEAD
from storage.members import NewMember
from storage.migrate import migrate
from storage.units import Unit
from storage.work import Work
from tests.bench import staff
from tests.bench.database import fill, open_sessions
from tests.bench.staff import SEARCHED, SHAPES, STAFF, TREE, Shape
from tests.bench.town import Talk

ACTOR = operator("bench")
PIECE = 80  # people, of six rows each
PAIRS = 500
T = TypeVar("T")
SAID = 20  # messages of each pair


class Workforce(msgspec.Struct):
    """A company as a run must know it; ids as they are on the wire. ``tokens``: of the first people, or of those who search."""

    number: str
    company: int
    root: str
    units: list[str]
    """The units of the lowest level: the nth person is in the nth of them, in turn."""
    above: list[list[str]]
    """The units above each of them, from the root on."""
    members: list[str]
    numbers: list[str]
    tokens: list[str]


class Organisations(msgspec.Struct):
    staff: Workforce
    tree: Workforce
    searched: Workforce
    newcomers: Workforce
    pairs: list[tuple[str, int, int, int]]
    """Of the staff's last people: (conversation, head, one, other), their places in ``staff.tokens``."""
    nothing_new: str
    messages: int
    conversations: int

    @property
    def told(self) -> str:
        return ", ".join(f"{len(one.members):,} members in {one.number}" for one in (self.staff, self.tree, self.searched))


async def make(path: Path) -> Organisations:
    url = f"sqlite:///{path}"
    clock = SystemClock()
    await migrate(url)
    storage = await connect(url, now=clock.now)
    passwords = Passwords(SignIn(), clock)
    try:
        stored = await passwords.hash(staff.PASSWORD)
        made = {shape.number: await _company(storage, passwords, shape, stored) for shape in SHAPES}
        ids = {number: ids for number, (_, ids) in made.items()}
        forces = {number: force for number, (force, _) in made.items()}
        await _conceal(storage, forces[SEARCHED.number], ids[SEARCHED.number])
        searching = [ids[SEARCHED.number][nth] for nth, _ in staff.searchers()]
        for shape, signed_in in ((STAFF, ids[STAFF.number]), (TREE, ids[TREE.number]), (SEARCHED, searching)):
            forces[shape.number].tokens = await open_sessions(storage, forces[shape.number].company, signed_in)
        first_position: int = await storage.read(lambda read: read.value(HEAD))
        secrets = await storage.read(installation.secrets)
    finally:
        passwords.close()
        await storage.close()
    first = STAFF.people - 2 * PAIRS
    talks = [Talk(first + 2 * nth, first + 2 * nth + 1, SAID) for nth in range(PAIRS)]
    positions = fill(path, forces[STAFF.number].company, ids[STAFF.number], talks, first_position, clock.now())
    return Organisations(
        **forces,
        pairs=[(to_wire(talk.id), talk.head, talk.one, talk.other) for talk in talks],
        nothing_new=Seal(secrets.token_key, secrets.epoch).token(positions["news"]),
        messages=PAIRS * SAID,
        conversations=PAIRS,
    )


async def _company(storage: Storage, passwords: Passwords, shape: Shape, stored: str) -> tuple[Workforce, list[int]]:
    """With its tree and its people, and their ids."""
    companies = CompanyService(storage, passwords, device_policy="any")
    made = await companies.create(
        ACTOR, shape.number, name=shape.number, short_name=shape.number, seats=shape.seats, first_number=shape.first_number
    )
    await OrgService(storage).set_limits(ACTOR, shape.number, root_units=1000, unit_members=10_000)
    root = next(unit.id for unit in await storage.read(lambda read: units.of_company(read, made.id)) if unit.parent is None)
    leaves = await _tree(storage, made.id, shape, root)
    ids = await _people(storage, made.id, shape, [way[-1] for way in leaves], stored)
    force = Workforce(
        number=shape.number,
        company=made.id,
        root=to_wire(root),
        units=[to_wire(way[-1]) for way in leaves],
        above=[[to_wire(unit) for unit in way[:-1]] for way in leaves],
        members=[to_wire(one) for one in ids],
        numbers=[str(shape.first_number + nth) for nth in range(shape.people)],
        tokens=[],
    )
    return force, ids


async def _tree(storage: Storage, company: int, shape: Shape, root: int) -> list[list[int]]:
    """The ways from the root to the units of the lowest level, in order."""
    ways, new = [[root]], []
    for depth, each in enumerate(shape.levels):
        below = []
        for way in ways:
            for nth in range(each):
                unit = Unit(draw_id(), way[-1], f"{'部组队'[depth]}{nth + 1}", sort=nth + 1)
                new.append(unit)
                below.append([*way, unit.id])
        ways = below

    for some in _batched(new, PIECE):

        async def add(work: Work, some: Sequence[Unit] = some) -> None:
            for unit in some:
                await units.insert(work, company, unit)

        await storage.transact(add)
    return ways


async def _people(storage: Storage, company: int, shape: Shape, leaves: Sequence[int], stored: str) -> list[int]:
    role = await storage.read(lambda read: roles.of_kind(read, company, roles.ORDINARY))
    everybody = [
        NewMember(
            id=draw_id(),
            company=company,
            account=draw_id(),
            password_hash=stored,
            must_change_password=False,
            number=str(shape.first_number + nth),
            name=name,
            job_title="工程师",
            phone=staff.phone(nth),
            mail=staff.mail(nth, name),
            employee_no=f"{nth:06d}",
            units=(leaves[nth % len(leaves)],),
            role=role,
        )
        for nth, name in enumerate(staff.names(shape.people, random.Random(shape.number)))
    ]
    for some in _batched(everybody, PIECE):

        async def add(work: Work, some: Sequence[NewMember] = some) -> None:
            await members.insert(work, some)

        await storage.transact(add)
    await storage.unit(lambda work: segments.set_next(work, shape.first_number, shape.first_number + shape.people))
    return [one.id for one in everybody]


async def _conceal(storage: Storage, force: Workforce, ids: Sequence[int]) -> None:
    """Hidden members, a hidden branch, and searchers who see one branch alone."""
    org = OrgService(storage)
    listed = {unit.id: unit for unit in await storage.read(lambda read: units.of_company(read, force.company))}
    branches = sorted((unit for unit in listed.values() if unit.parent is not None and listed[unit.parent].parent is None), key=_sort)
    await org.set_hidden(ACTOR, force.number, branches[-1].id, True)
    for some in _batched([ids[nth] for nth in range(0, SEARCHED.people, staff.HIDDEN_EACH)], 400):

        async def hide(work: Work, some: Sequence[int] = some) -> None:
            await people.set_hidden(work, some, True)

        await storage.unit(hide)
    for nth, within in staff.searchers():
        if within is not None:

            async def narrow(work: Work, member: int = ids[nth], unit: int = branches[within].id) -> None:
                await people.set_scope(work, force.company, member, [unit])

            await storage.unit(narrow)


def _sort(unit: Unit) -> int:
    return unit.sort


def _batched(things: Sequence[T], most: int) -> list[Sequence[T]]:
    return [things[first : first + most] for first in range(0, len(things), most)]

"""The picture of a company from the database: whole, as one snapshot saw it, and then kept by what the company's log tells (LOG E1).

Rows are read in one function and put into the picture in another: a read runs in a thread on SQLite, and the picture is looked at
meanwhile. How names are read is given: syllables of pinyin cost some 20 µs a name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.org.organisation import Organisation, Person
from storage import people, units
from storage.company_log import Changed
from storage.people import Listed
from storage.units import Place, Unit
from storage.work import Read

Reading = Callable[[str, str], str]
"""How a name is read, for its order among others; the second: as an administrator corrected its pinyin, or nothing."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a snapshot has of a company, or of the units and members that changes name; who of these is not in it is gone."""

    units: Mapping[int, Unit]
    listed: Sequence[Listed]
    places: Mapping[int, tuple[Place, ...]]
    scopes: Mapping[int, tuple[int, ...]]

    def people(self, reading: Reading) -> Iterator[Person]:
        return _people(self.listed, self.places, self.scopes, reading)


async def everything(read: Read, company: int) -> Rows:
    """Everybody who is not deleted, and all units."""
    places, scopes = await people.all_places(read, company), await people.scopes(read, company)
    there = {unit.id: unit for unit in await units.of_company(read, company)}
    return Rows(there, await people.listed(read, company), places, scopes)


async def named(read: Read, company: int, changes: Sequence[Changed]) -> Rows:
    """What these changes name. After one that says `reload` the picture is made anew instead."""
    assert not any(changed.is_reload for changed in changes), "make it anew"
    its_units, members = units_of(changes), members_of(changes)
    there = await units.some(read, company, its_units) if its_units else {}
    if not members:
        return Rows(there, (), {}, {})
    places, scopes = await units.places_of(read, company, members), await people.scopes(read, company, members)
    return Rows(there, await people.listed(read, company, members), places, scopes)


def units_of(changes: Sequence[Changed]) -> list[int]:
    return list({unit for changed in changes for unit in changed.units})


def members_of(changes: Sequence[Changed]) -> list[int]:
    return list({member for changed in changes for member in changed.members})


def put(org: Organisation, changes: Sequence[Changed], rows: Rows, reading: Reading) -> None:
    """Bring what these changes name to how ``rows`` has it, which is at their positions or later."""
    for unit in units_of(changes):
        if unit in rows.units:
            org.put(rows.units[unit])
        else:
            org.drop(unit)
    for member in members_of(changes):
        org.drop_person(member)
    for person in rows.people(reading):
        org.put_person(person)


async def people_of(read: Read, company: int, wanted: Sequence[int]) -> list[Person]:
    """These members of the company, without how their names are read: that decides nothing here."""
    places, scopes = await units.places_of(read, company, wanted), await people.scopes(read, company, wanted)
    return [
        Person(one.id, one.state, one.name, "", one.kind, one.is_hidden, one.role, places.get(one.id, ()), scopes.get(one.id, ()))
        for one in await people.listed(read, company, wanted)
    ]


async def organisation(read: Read, company: int, reading: Reading) -> Organisation:
    """The whole picture at once, for who has nothing else to do meanwhile."""
    rows = await everything(read, company)
    return Organisation(company, rows.units.values(), rows.people(reading))


async def refresh(read: Read, org: Organisation, changes: Sequence[Changed], reading: Reading) -> None:
    """Read and put, where nobody looks at the picture meanwhile."""
    put(org, changes, await named(read, org.company, changes), reading)


def _people(
    listed: Sequence[Listed], places: Mapping[int, tuple[Place, ...]], scopes: Mapping[int, tuple[int, ...]], reading: Reading
) -> Iterator[Person]:
    for one in listed:
        yield Person(
            id=one.id,
            state=one.state,
            name=one.name,
            reading=reading(one.name, one.pinyin),
            kind=one.kind,
            is_hidden=one.is_hidden,
            role=one.role,
            places=places.get(one.id, ()),
            scope=scopes.get(one.id, ()),
        )

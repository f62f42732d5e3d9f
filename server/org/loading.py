"""The picture of a company from the database: whole, as one snapshot saw it, and then kept by what the company's log tells (LOG E1).

How names are read is given: syllables of pinyin cost some 20 µs a name, so whoever loads many thousands has them at hand.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from server.org.organisation import Organisation, Person
from storage import people, units
from storage.company_log import Changed
from storage.people import Listed
from storage.units import Place
from storage.work import Read

Reading = Callable[[str], str]
"""How a name is read, for its order among others."""


async def organisation(read: Read, company: int, reading: Reading) -> Organisation:
    """Everybody who is not deleted; an administrator's own pinyin for a name goes before ``reading``."""
    places, scopes = await people.all_places(read, company), await people.scopes(read, company)
    everybody = _people(await people.listed(read, company), places, scopes, reading)
    return Organisation(company, await units.of_company(read, company), everybody)


async def refresh(read: Read, org: Organisation, changes: Sequence[Changed], reading: Reading) -> None:
    """Bring what these changes name to how ``read`` sees it, which is at their positions or later.

    After one that says `reload` the picture is made anew instead.
    """
    assert not any(changed.is_reload for changed in changes), "make it anew"
    named = list({unit for changed in changes for unit in changed.units})
    if named:
        there = await units.some(read, org.company, named)
        for unit in named:
            if unit in there:
                org.put(there[unit])
            else:
                org.drop(unit)
    members = list({member for changed in changes for member in changed.members})
    if members:
        places, scopes = await units.places_of(read, org.company, members), await people.scopes(read, org.company, members)
        for member in members:
            org.drop_person(member)
        for person in _people(await people.listed(read, org.company, members), places, scopes, reading):
            org.put_person(person)


def _people(
    listed: Sequence[Listed], places: Mapping[int, tuple[Place, ...]], scopes: Mapping[int, tuple[int, ...]], reading: Reading
) -> Iterator[Person]:
    for one in listed:
        yield Person(
            id=one.id,
            state=one.state,
            name=one.name,
            reading=one.pinyin or reading(one.name),
            kind=one.kind,
            is_hidden=one.is_hidden,
            role=one.role,
            places=places.get(one.id, ()),
            scope=scopes.get(one.id, ()),
        )

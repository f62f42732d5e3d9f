"""The picture of a whole company from the database, as one snapshot saw it.

How names are read is given: syllables of pinyin cost some 20 µs a name, so whoever loads many thousands has them at hand.
"""

from collections.abc import Callable

from server.org.organisation import Organisation, Person
from storage import people, units
from storage.people import Listed
from storage.work import Read

Reading = Callable[[str], str]
"""How a name is read, for its order among others."""


async def organisation(read: Read, company: int, reading: Reading) -> Organisation:
    """Everybody who is not deleted; an administrator's own pinyin for a name goes before ``reading``."""
    places, scopes = await people.all_places(read, company), await people.all_scopes(read, company)

    def person(one: Listed) -> Person:
        return Person(
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

    return Organisation(company, await units.of_company(read, company), map(person, await people.listed(read, company)))

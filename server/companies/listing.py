"""Members as the account center lists them: searched, of a unit, under a letter, in no unit, in a state (SPEC B8, B9).

In the order of (number, id), page by page. A search meets what it meets in clients (``server.directory``), except what the actor is not
shown. The number stays on every card: the account center names members by it.
"""

from collections.abc import Callable, Sequence

import msgspec

from protocol.ids import to_wire
from server.companies.errors import UnitNotFound
from server.directory.fields import Entry
from server.directory.order import initial
from server.directory.pinyin import read as read_name
from server.directory.search import SearchIndex
from server.org.organisation import Tree
from server.visibility.sieving import Sieve
from storage import directory, members, units
from storage.companies import Company
from storage.members import Card
from storage.work import Read

AT_ONCE = 500
PRIVATE = ("phone", "mail", "employee_no")
"""What is searched beside name and number."""
BLANKED = ("nickname", "gender", "job_title", "phone", "mail", "signature", "star_sign", "office_phone", "employee_no", "description")


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is said has to hold. ``query``: name, pinyin, initials, number, phone, mail, employee number.

    ``unit``: who is in it, or ``below`` it. ``letter``: A to Z, #. ``unassigned``: in no unit, or in disabled ones alone (B9).
    ``states``: draft, active, disabled; none of them is all.
    """

    query: str = ""
    unit: int | None = None
    below: bool = True
    letter: str = ""
    unassigned: bool = False
    states: frozenset[str] = frozenset()

    def as_asked(self) -> dict[str, str | list[str]]:
        """For the entry: what was looked for."""
        plain = {"query": self.query, "letter": self.letter, "unassigned": "yes" if self.unassigned else ""}
        plain["unit"] = "" if self.unit is None else to_wire(self.unit)
        return {name: value for name, value in plain.items() if value} | ({"states": sorted(self.states)} if self.states else {})


EVERYBODY = Sought()


async def page(read: Read, found: Company, tree: Tree, shown: Sieve, sought: Sought, after: tuple[str, int], limit: int) -> list[Card]:
    """The first ``limit`` behind ``after``. Raises: UnitNotFound."""
    inside = await _inside(read, found, tree, shown, sought)
    size = limit if sought == EVERYBODY else max(limit, AT_ONCE)
    listed: list[Card] = []
    while len(listed) < limit:
        cards = await members.page(read, found.id, after, size)
        fitting = [one for one in cards if inside is None or one.id in inside]
        listed += await _shown(
            read, found, tree, shown, sought, [one for one in fitting if one.state in sought.states or not sought.states]
        )
        if len(cards) < size:
            break
        after = (cards[-1].number, cards[-1].id)
    return listed[:limit]


async def _inside(read: Read, found: Company, tree: Tree, shown: Sieve, sought: Sought) -> set[int] | None:
    """Who is in the unit; None where none is asked for. Raises: UnitNotFound, also of one that the actor does not find."""
    if sought.unit is None:
        return None
    if sought.unit not in tree or not shown.has_unit(sought.unit):
        raise UnitNotFound
    wanted = [unit for unit in (tree.below(sought.unit) if sought.below else [sought.unit]) if shown.has_unit(unit)]
    there = await units.placed_in(read, found.id, wanted)
    return {member for placed in there.values() for member, _ in placed}


async def _shown(read: Read, found: Company, tree: Tree, shown: Sieve, sought: Sought, cards: Sequence[Card]) -> list[Card]:
    """Those of the cards that are met and that the actor sees, without what he is not shown."""
    seen = await shown.members([one.id for one in cards])
    ids = [one.id for one in cards if one.id in seen]
    back = await shown.kept_back(ids, [*BLANKED, "tags"])
    met = await _met(read, found, tree, sought, ids, lambda member, field: field not in back.get(member, ()))
    return [_without(one, back.get(one.id, frozenset())) for one in cards if one.id in met]


async def _met(
    read: Read, found: Company, tree: Tree, sought: Sought, ids: Sequence[int], may_read: Callable[[int, str], bool]
) -> set[int]:
    met = set(ids)
    if sought.unassigned and met:
        places = await units.places_of(read, found.id, ids)
        met = {one for one in met if all(tree.is_disabled(place.unit) for place in places.get(one, ()))}
    if not met or not (sought.query or sought.letter):
        return met
    rows = await directory.searched_some(read, found.id, sorted(met))
    if sought.letter:
        rows = [one for one in rows if initial(read_name(one.name, one.pinyin)) == sought.letter]
    if not sought.query:
        return {one.member for one in rows}
    index = SearchIndex()
    index.append([Entry(**msgspec.structs.asdict(one), private=frozenset(PRIVATE)) for one in rows])
    for _ in index.settle():
        pass
    view = index.view(lambda member: True, may_read=may_read)
    return set(index.search(sought.query, view, len(rows)).members)


def _without(card: Card, back: frozenset[str]) -> Card:
    blank = {name: "" for name in BLANKED if name in back}
    if "tags" in back:
        return msgspec.structs.replace(card, tags=(), **blank)
    return msgspec.structs.replace(card, **blank) if blank else card

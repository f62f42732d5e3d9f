"""Names in place of ids in the details of audit entries, for people: members with their numbers, units, roles, rules, fields.

An id is looked for wherever it stands, as a value, in a list, or in a detail's own name; what nobody has any more stays as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.cli.office import Office
    from storage.audit import Entry
    from storage.work import Read

AN_ID = re.compile(r"(?<![\w-])[\w-]{10}(?![\w-])", re.ASCII)
A_NUMBER = re.compile(r"[0-9]{4,10}")
OF_MEMBERS = frozenset(("member", "members", "successor", "on"))  # where an account number is a member's
LISTS = frozenset(
    (
        *("members", "numbers", "units", "paths", "added", "disabled", "before", "after", "by", "permissions", "presets", "unbound"),
        *("last_days", "without_head", "without_successor", "bound", "white_list", "exempted", "choices"),
    )
)
"""Details that list things; of all others two are what was before and what is now."""
Names = Mapping[str, str]


async def names(office: "Office", entries: "Sequence[Entry]") -> Names:
    """What ids and account numbers in these entries stand for, as far as anybody has them."""
    from protocol.ids import to_wire

    ids = {found for entry in entries for word in _words(entry.details) for found in AN_ID.findall(word)}
    ids |= {to_wire(entry.actor) for entry in entries if entry.actor is not None}
    numbers = {word for entry in entries for key in OF_MEMBERS & entry.details.keys() for word in _numbers(entry.details[key])}
    companies = {entry.company for entry in entries}
    return await office.storage.read(lambda read: _look(read, companies, ids, numbers)) if ids or numbers else {}


async def _look(read: "Read", companies: Iterable[int], ids: Iterable[str], numbers: Iterable[str]) -> dict[str, str]:
    from protocol.ids import from_wire, to_wire
    from storage import members, people

    wanted = {from_wire(one): one for one in ids}
    found: dict[str, str] = {}
    for company in companies:
        found |= await _of_company(read, company, wanted)
        there = await people.records(read, company, list(wanted))
        found |= {to_wire(one.id): _member(one.name, one.number) for one in there.values()}
    for number in numbers:
        card = await members.find_by_number(read, number)
        if card is not None and card.company in companies:
            found[number] = _member(card.name, number)
    return found


async def _of_company(read: "Read", company: int, wanted: Mapping[int, str]) -> dict[str, str]:
    """Units, roles, rules between units, fields of the company's own."""
    from server.org.paths import written
    from server.org.service import load_tree
    from server.roles.grants import role_of
    from storage import fields, roles, unit_rules, units

    named: dict[int, str] = {}
    if await units.of_company(read, company):
        tree = await load_tree(read, company)
        named |= {unit: written(tree, tree[unit]) for unit in wanted if unit in tree}
    named |= {one.id: role_of(one).shown() for one in await roles.of_company(read, company)}
    named |= {one.id: one.name for one in await unit_rules.of_company(read, company)}
    named |= {one.id: one.name for one in await fields.of_company(read, company)}
    return {wanted[id]: name for id, name in named.items() if id in wanted}


def _member(name: str, number: str) -> str:
    return f"{name} ({number})" if number else name


def actor(entry: "Entry", names: Names) -> str:
    """``Li Na (10001)``, ``root (operator)``"""
    from protocol.ids import to_wire

    if entry.actor_kind != "member" or entry.actor is None:
        return f"{entry.actor_name} ({entry.actor_kind})"
    return names.get(to_wire(entry.actor), entry.actor_name)


def told(details: Mapping[str, Any], names: Names) -> str:
    """``member: Li Na (10001)  sort: 0 → 5``"""
    shown = ((key, value) for key, value in details.items() if value not in ("", []))
    return "  ".join(f"{_named(key, names)}: {_value(key, value, names)}" for key, value in shown)


def _value(key: str, value: Any, names: Names) -> str:
    if not isinstance(value, list):
        return _plain(key, value, names)
    is_change = len(value) == 2 and key not in LISTS and not key.startswith(("member ", "unit "))
    return (" → " if is_change else ", ").join(_plain(key, one, names) or "''" for one in value)


def _plain(key: str, value: Any, names: Names) -> str:
    word = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return names.get(word, word) if key in OF_MEMBERS else _named(word, names)


def _named(word: str, names: Names) -> str:
    return AN_ID.sub(lambda found: found[0] if found[0].isdecimal() else names.get(found[0], found[0]), word)


def _words(details: Mapping[str, Any]) -> Iterator[str]:
    for key, value in details.items():
        yield key
        yield from (str(one) for one in (value if isinstance(value, list) else [value]))


def _numbers(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str) and A_NUMBER.fullmatch(one)]

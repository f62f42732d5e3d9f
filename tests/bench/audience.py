"""Who comes to a run with the organisation, and what each of them watches: the load generator's lists, line by line. No I/O.

``cast`` has a line for each connection, ``watch`` what each of them watches, ``members`` who may be told of, those of a unit together.
"""

from collections.abc import Iterator, Mapping, Sequence

from tests.bench.organisation import Organisations, Workforce

BY_PASSWORD = 100
"""Every so manieth of those who arrive signs in by password."""
ANY = "-"
Lists = Mapping[str, Sequence[str]]


def arriving(made: Organisations, talking: Sequence[str], people: int) -> Lists:
    """``talking``: the cast's lines of those who write to each other; then come the first ``people`` of the staff, for their own units."""
    places = _places(made.staff)
    cast, watch = list(talking), [""] * len(talking)
    for nth in range(people):
        token = f"@{made.staff.numbers[nth]}" if nth % BY_PASSWORD == BY_PASSWORD - 1 else made.staff.tokens[nth]
        cast.append(_line(token, places[nth], made.nothing_new))
        watch.append(_own(made.staff, nth))
    return {"cast": cast, "watch": watch, "members": _members(made.staff)}


def returning(made: Organisations, people: int) -> Lists:
    """The first ``people`` of the staff, each for his own unit."""
    places = _places(made.staff)
    cast = [_line(made.staff.tokens[nth], places[nth], made.nothing_new) for nth in range(people)]
    return {"cast": cast, "watch": [_own(made.staff, nth) for nth in range(people)], "members": _members(made.staff)}


def one_tree(made: Organisations) -> Lists:
    """Everybody of the tree's company, for the whole of it."""
    force = made.tree
    places = _places(force)
    upper = list(dict.fromkeys(unit for way in force.above for unit in reversed(way)))
    upper.append(upper.pop(upper.index(force.root)))
    whole = f"0 {len(force.members)} {' '.join(force.units)}/{' '.join(upper)}"
    cast = [_line(token, places[nth], made.nothing_new) for nth, token in enumerate(force.tokens)]
    return {"cast": cast, "watch": [whole] * len(cast), "members": _members(force)}


def _line(token: str, place: int, since: str) -> str:
    return f"{token} {place} 0 {since} {ANY}"


def _own(force: Workforce, nth: int) -> str:
    """His unit, and the counts of those above it, the root last."""
    unit = nth % len(force.units)
    inside = range(unit, len(force.members), len(force.units))
    first = _first(force, unit)
    return f"{first} {len(inside)} {force.units[unit]}/{' '.join(reversed(force.above[unit]))}"


def _first(force: Workforce, unit: int) -> int:
    """How many are in the units before it: those of the first ``extra`` units are one more."""
    each, extra = divmod(len(force.members), len(force.units))
    return unit * each + min(unit, extra)


def _in_units(force: Workforce) -> Iterator[int]:
    for unit in range(len(force.units)):
        yield from range(unit, len(force.members), len(force.units))


def _places(force: Workforce) -> dict[int, int]:
    return {nth: place for place, nth in enumerate(_in_units(force))}


def _members(force: Workforce) -> list[str]:
    return [f"{force.members[nth]} {force.units[nth % len(force.units)]}" for nth in _in_units(force)]

"""The order of a list that its owner sorts: every entry has a number, smaller ones stand first (SPEC G4). Pure."""

from collections.abc import Mapping, Sequence

STEP = 1 << 20
"""Between two neighbours, so that many can be put between them before all get new numbers."""
Sorted = tuple[int, int]
"""(whose, its number)"""


def last(there: Sequence[Sorted]) -> int:
    """The number of who comes behind all others."""
    return (there[-1][1] if there else 0) + STEP


def placed(there: Sequence[Sorted], one: int, before: int | None) -> Mapping[int, int]:
    """The numbers to write so that ``one`` stands right before ``before``, or last; none where he stands there already.

    ``there``: the list in its order; ``one`` may be new. Before oneself is where one is. Raises: KeyError where ``before`` is not in it.
    """
    if before == one:
        _index(there, one)
        return {}
    others = [entry for entry in there if entry[0] != one]
    at = len(others) if before is None else _index(others, before)
    order = [key for key, _ in others[:at]] + [one] + [key for key, _ in others[at:]]
    if order == [key for key, _ in there]:
        return {}
    low = others[at - 1][1] if at else 0
    high = others[at][1] if at < len(others) else low + 2 * STEP
    if high - low > 1:
        return {one: (low + high) // 2}
    numbers = {key: (nth + 1) * STEP for nth, key in enumerate(order)}
    return {key: number for key, number in numbers.items() if (key, number) not in there}


def _index(others: Sequence[Sorted], wanted: int) -> int:
    for at, (key, _) in enumerate(others):
        if key == wanted:
            return at
    raise KeyError(wanted)

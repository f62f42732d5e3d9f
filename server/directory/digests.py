"""What a client still has of a tree from an earlier connection, by digests, so that only what differs is told (SPEC B1; LOG E2).

The company's log cannot say it: it names who changed, and whoever may not be found must not be named, neither that he was there before nor
that something happened to him. What differs from what the client has is by itself only what the viewer sees, or saw. No memory of what was
told is needed, so it holds over any time, restarts and restored backups.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from protocol.commands import TreeHave
from protocol.events import TreeMember, TreeUnit
from protocol.ids import to_wire
from server.directory.class_trees import NOWHERE, ClassTree

DIGITS = 12
SLICE = 5000
"""Members that are looked at before others have the loop: some 5 ms."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """What has to be told: ``order`` are the units whose members differ."""

    units: bool
    counts: bool
    order: tuple[int, ...]


def of_members(members: Iterable[TreeMember]) -> str:
    return _digest([f"{one.member}\t{one.name}\t{one.head}\t{int(one.robot)}\n" for one in members])


def of_units(units: Iterable[TreeUnit]) -> str:
    return _digest([f"{one.unit}\t{one.parent}\t{one.name}\t{one.kind}\t{int(one.way)}\n" for one in units])


def of_counts(counts: Iterable[tuple[str, int]]) -> str:
    """Of all that are not nought, in the order of the units' ids."""
    return _digest([f"{unit}\t{count}\n" for unit, count in sorted(counts) if count])


def _digest(lines: Sequence[str]) -> str:
    return sha256("".join(lines).encode()).hexdigest()[:DIGITS]


async def lacking(tree: ClassTree, have: TreeHave) -> Lacking:
    """The tree must not change meanwhile; a value does not."""
    theirs = {one.unit: one.digest for one in have.members}
    order: list[int] = []
    since = 0
    for unit in (*tree.units, NOWHERE):
        there = tree.members.get(unit, ())
        known = tree.digests.get(unit)
        if known is None or known[0] is not there:
            known = tree.digests[unit] = (there, of_members(there))
            since += len(there)
            if since > SLICE:
                since = 0
                await asyncio.sleep(0)
        if theirs.get(to_wire(unit) if unit != NOWHERE else "") != known[1]:
            order.append(unit)
    return Lacking(
        units=of_units(tree.units.values()) != have.units,
        counts=of_counts((to_wire(unit), count) for unit, count in tree.counts.items()) != have.counts,
        order=tuple(order),
    )

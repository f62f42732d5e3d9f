"""V1 and V3 seen from the end: at rest every device holds all that is due to it, as it is now (DESIGN 1, LOG E5).

What is held is compared with the database and with the member's other devices; how it came there was judged elsewhere.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from tests.faults.anomalies.case import Case
from tests.faults.anomalies.logs import Log
from tests.faults.history import RECALLED, Held, Message, Row, Step


def never_settled(case: Case) -> Iterator[str]:
    """Without its final state a device would be judged well for having vanished."""
    yield from sorted({event.device for event in case.started} - {event.device for event in case.settled})


def never_delivered(case: Case) -> Iterator[str]:
    for device, member, log, held in _due(case):
        rows = {row.seq for row in held.rows} if held else set()
        missing = list(islice((seq for seq in log.visible(member) if seq not in rows), 5))
        if missing:
            yield f"{device} of {member} lacks {log.name}/{missing}; stays {log.stays[member]}"


def _due(case: Case) -> Iterator[tuple[str, str, Log, Held | None]]:
    """(device, member, conversation, what it holds) of all conversations that the member ever was in."""
    of_member: dict[str, list[Log]] = defaultdict(list)
    for log in case.logs.values():
        for member in log.stays:
            of_member[member].append(log)
    for final in case.settled:
        holds = {held.conversation: held for held in final.conversations}
        for log in of_member[case.member[final.device]]:
            yield final.device, case.member[final.device], log, holds.get(log.name)


def change_never_learned(case: Case) -> Iterator[str]:
    """A participant has all rows as they are now; who left has at least what was changed while he was in (LOG E5)."""
    for device, member, log, held in case.held():
        step, inside = log.leaving(member), log.is_inside(member)
        for row in held.rows:
            message = log.messages.get(row.seq)
            if message and row.change < message.change and (inside or row.change < _due_change(case, log, row, step)):
                yield f"{device} of {member} holds {log.name} {row}; the row is {message}"


def _due_change(case: Case, log: Log, row: Row, leaving: Step | None) -> int:
    """The last known change of the row before its holder left."""
    known = case.changes_of.get((log.name, row.seq), [])
    return max(known[: bisect_right(known, leaving.change_before)], default=0) if leaving else 0


def held_otherwise(case: Case) -> Iterator[str]:
    """A row at the change that the database has must be that row; before it, one that once was."""
    for device, _, log, held in case.held():
        for row in held.rows:
            message = log.messages.get(row.seq)
            if message is None or not _is_or_was(message, row):
                yield f"{device} holds {log.name} {row}; the row is {message}"


def _is_or_was(message: Message, row: Row) -> bool:
    if row.change == message.change:
        now = len(message.bodies), message.bodies[-1], message.recalled, message.reactions
        return (row.version, row.body, row.recalled, row.reactions) == now
    return (
        row.change < message.change
        and message.bodies[row.version - 1 : row.version] == (row.body,)
        and row.recalled == (row.body == RECALLED)
    )


def membership_never_learned(case: Case) -> Iterator[str]:
    for device, member, log, held in _due(case):
        if (held is not None and held.inside) != log.is_inside(member):
            yield f"{device} of {member} is wrong about being in {log.name}: {held and held.inside}; stays {log.stays[member]}"


def mark_never_learned(case: Case) -> Iterator[str]:
    for device, member, log, held in case.held():
        if member in log.marks and held.read != log.marks[member].read:
            yield f"{device} of {member} holds the mark {held.read} in {log.name}; it is {log.marks[member]}"


def cursor_wrong(case: Case) -> Iterator[str]:
    """The runs without holes reach the end of what the member may see; a number of changes is due to participants only."""
    for device, member, log, held in case.held():
        change = log.row.change if log.is_inside(member) else min(held.change, log.row.change)
        if member in log.stays and (held.seq, held.change) != (log.end(member), change):
            yield f"{device} of {member} has the cursor {held.seq, held.change} in {log.name}; it ends at {log.end(member), log.row.change}"


def devices_disagree(case: Case) -> Iterator[str]:
    """All devices of a member hold the same in the end; of a conversation that he left, rows may be of different times."""
    first: dict[tuple[str, str], tuple[str, Held]] = {}
    for device, member, log, held in case.held():
        other, theirs = first.setdefault((member, log.name), (device, held))
        if _agreed(held, log.is_inside(member)) != _agreed(theirs, log.is_inside(member)):
            yield f"{device} and {other} of {member} disagree about {log.name}"
    counts: dict[tuple[str, str], int] = defaultdict(int)
    devices: dict[str, int] = defaultdict(int)
    for final in case.settled:
        devices[case.member[final.device]] += 1
    for _, member, log, _ in case.held():
        counts[member, log.name] += 1
    for (member, conversation), count in counts.items():
        if count != devices[member]:
            yield f"{count} of {devices[member]} devices of {member} know of {conversation}"


def _agreed(held: Held, inside: bool) -> object:
    return held.inside, held.seq, held.read, held.unread, held.rows if inside else tuple(row.seq for row in held.rows)

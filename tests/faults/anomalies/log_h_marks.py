"""LOG H: read and delivered marks go only forward, are read by looking alone, and numbers are as counted from scratch.

Of what devices show and of the database's own running numbers; that a mark arrives in the end is for ``the_end``.
"""

from collections import defaultdict
from collections.abc import Iterator

from tests.faults.anomalies.case import Case
from tests.faults.history import Marked


def mark_went_back(case: Case) -> Iterator[str]:
    """As shown on a device, and in the end below what was shown: marks are told after the commit."""
    last: dict[tuple[str, str, str, str], int] = {}
    own = [Marked(told.index, told.device, told.conversation, case.member[told.device], told.read) for told in case.told if told.read >= 0]
    for event in sorted((*case.marked, *own), key=lambda event: event.index):
        key = event.device, event.conversation, event.member, event.kind
        if event.seq < last.get(key, 0):
            yield f"shown before at {last[key]}: {event}"
        last[key] = event.seq
    for (device, conversation, member, kind), seq in last.items():
        mark = case.logs[conversation].marks.get(member)
        if mark is None or seq > (mark.read if kind == "read" else mark.delivered):
            yield f"{device} was shown the {kind} mark {seq} of {member} in {conversation}; in the end it is {mark}"


def mark_beyond(case: Case) -> Iterator[str]:
    """A mark is cut to the last seq that its member may see (LOG H2)."""
    for log in case.logs.values():
        for mark in log.row.marks:
            if max(mark.read, mark.delivered) > log.end(mark.member):
                yield f"{log.name}: {mark} may see up to {log.end(mark.member)}"
    for event in case.marked:
        if event.seq > case.logs[event.conversation].end(event.member):
            yield f"{event} may see up to {case.logs[event.conversation].end(event.member)}"


def read_without_looking(case: Case) -> Iterator[str]:
    """Neither queued nor automatic sends read anything (LOG H2); only a look does, or a new stay."""
    looked: dict[tuple[str, str], int] = defaultdict(int)
    for wish in case.kind("read"):
        key = wish.wished.conversation, wish.member
        looked[key] = max(looked[key], wish.wished.seq)
    for log in case.logs.values():
        for member, stays in log.stays.items():
            read = log.marks[member].read if member in log.marks else 0
            for seq in range(max(looked[log.name, member] + 1, stays[-1][0]), min(read, log.end(member)) + 1):
                message = log.messages.get(seq)
                if message and message.counts and message.member != member:
                    yield f"{log.name}: {member} has read up to {read} and never looked at {message}"


def unread_wrong(case: Case) -> Iterator[str]:
    """What the server counts by running numbers, what a page of heads said, what devices hold in the end: all as counted from scratch."""
    for log in case.logs.values():
        for mark in log.row.marks:
            scratch = log.unread(mark.member, mark.read, log.end(mark.member))
            if mark.unread != scratch:
                yield f"{log.name}: {mark}; from scratch {scratch}"
    for event in case.told:
        scratch = case.logs[event.conversation].unread(case.member[event.device], event.read, event.seq)
        if event.unread >= 0 and event.unread != scratch:
            yield f"{event}; from scratch {scratch}"
    for device, member, log, held in case.held():
        scratch = log.unread(member, log.marks[member].read if member in log.marks else 0, log.end(member))
        if held.unread != scratch:
            yield f"{device} shows {held.unread} unread in {log.name}; from scratch {scratch}"

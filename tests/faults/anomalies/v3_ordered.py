"""V3: one order without holes, in the database and on every device (DESIGN 1; of changes: LOG F3; of sending: LOG A7).

First what the rows and the feed say of each other, then what was known when, then what a device was shown.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate, pairwise

from tests.faults.anomalies.case import Case
from tests.faults.anomalies.logs import FOREVER, Log, Wish
from tests.faults.history import RECALLED, Message, Shown, Wished


def seq_hole(case: Case) -> Iterator[str]:
    for log in case.logs.values():
        missing = [seq for seq in range(1, log.head + 1) if seq not in log.messages]
        beyond = [seq for seq in log.messages if not 1 <= seq <= log.head]
        if missing or beyond:
            yield f"{log.name}: head {log.head}, missing {missing[:5]}, beyond {beyond[:5]}"
        yield from _broken_chain(log, "seq", log.head, [(step.seq_before, step.seq) for step in log.steps])


def seq_repeated(case: Case) -> Iterator[str]:
    for log in case.logs.values():
        seqs = sorted(message.seq for message in log.row.messages)
        yield from (f"{log.name}: seq {one} twice" for one, other in pairwise(seqs) if one == other)


def change_hole(case: Case) -> Iterator[str]:
    """The last number belongs to a row; there are no more numbers than changes; in the feed each follows the one before."""
    tries: dict[str, int] = defaultdict(int)
    for wish in case.kind("react"):
        tries[wish.wished.conversation] += len(wish.attempts)
    for log in case.logs.values():
        last = max((message.change for message in log.messages.values()), default=0)
        made = sum(len(message.bodies) - 1 for message in log.messages.values()) + tries[log.name]
        if last != log.row.change or made < log.row.change:
            yield f"{log.name}: change {log.row.change}, the rows' last {last}, changes made at most {made}"
        yield from _broken_chain(log, "change", log.row.change, [(step.change_before, step.change) for step in log.steps])


def _broken_chain(log: Log, what: str, last: int, links: list[tuple[int, int]]) -> Iterator[str]:
    if links:
        ends = [(0, 0), *links, (last, last)]
        yield from (f"{log.name}: in the feed {what} {a[1]} is followed by {b[0]}" for a, b in pairwise(ends) if a[1] != b[0])


def change_repeated(case: Case) -> Iterator[str]:
    for conversation, change, seq, who in case.changes():
        if change and case.change_of[conversation, change] != seq:
            yield f"{conversation}: change {change} is of {case.change_of[conversation, change]}, and of {seq} says {who}"


def realtime_order(case: Case) -> Iterator[str]:
    """Who begins to send when a message is known gets a higher seq than it."""
    begun: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for key, seqs in case.stored.items():
        if key in case.sends:
            begun[key[1]].append((min(wish.begun for wish in case.sends[key]), seqs[0]))
    known: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for (conversation, seq), index in case.known.items():
        known[conversation].append((index, seq))
    for conversation, sends in begun.items():
        seen = sorted(known[conversation])
        highest = [0, *accumulate((seq for _, seq in seen), max)]
        for index, seq in sends:
            before = highest[bisect_left(seen, (index, 0))]
            if before >= seq:
                yield f"{conversation}: {seq} was first tried at {index}, when {before} was known"


def sending_order(case: Case) -> Iterator[str]:
    """A device's messages in a conversation, of those never refused (LOG A7) and sent by it alone."""
    last: dict[tuple[str, str], tuple[int, Wished]] = {}
    for wish in sorted(case.kind("send"), key=lambda wish: wish.wished.index):
        key = wish.member, wish.wished.conversation, wish.wished.client_id
        if key not in case.stored or len(case.sends[key]) > 1 or _may_have_been_refused(case, wish, case.stored[key][0]):
            continue
        seq, lane = case.stored[key][0], (wish.wished.device, wish.wished.conversation)
        if lane in last and last[lane][0] > seq:
            yield f"{last[lane][1]} is at {last[lane][0]}, the later {wish.wished} at {seq}"
        last[lane] = seq, wish.wished


def _may_have_been_refused(case: Case, wish: Wish, seq: int) -> bool:
    """An attempt was, or one that a cut left without an answer may have been: its sender was silenced, or not yet in."""
    if wish.refusals or set(wish.attempts) == {answer.attempt for answer in wish.oks}:
        return bool(wish.refusals)
    log = case.logs[wish.wished.conversation]
    joined = next((first for first, last in log.stays.get(wish.member, ()) if first <= seq <= last), 0)
    was_in = joined <= 1 or case.known.get((log.name, joined), FOREVER) < wish.begun
    return wish.member in log.row.silenced or not was_in


def order_inversion(case: Case) -> Iterator[str]:
    for (device, conversation, _), view in case.views.items():
        new, highest = set[int](), 0
        for event in view:
            if event.how == "new":
                if event.seq < highest and event.seq not in new:
                    yield f"{device} was shown {conversation}/{event.seq} after {highest}: {event}"
                new.add(event.seq)
                highest = max(highest, event.seq)


def shown_twice(case: Case) -> Iterator[str]:
    for view in case.views.values():
        new = set[int]()
        for event in view:
            if event.how == "new":
                if event.seq in new:
                    yield f"{event}"
                new.add(event.seq)


def change_went_back(case: Case) -> Iterator[str]:
    """An older row never replaces a newer one (LOG F3)."""
    for view in case.views.values():
        newest: dict[int, int] = {}
        for event in view:
            if event.change < newest.get(event.seq, 0):
                yield f"shown before at change {newest[event.seq]}: {event}"
            elif event.change:
                newest[event.seq] = event.change


def shown_differently(case: Case) -> Iterator[str]:
    """A row at one change number is the same for all."""
    as_shown: dict[tuple[str, int, int], tuple[int, bool]] = {}
    for log, message in case.messages():
        as_shown.setdefault((log.name, message.seq, message.change), (len(message.bodies), message.recalled))
    for event in case.shown:
        first = as_shown.setdefault((event.conversation, event.seq, event.change), (event.version, event.recalled))
        if first != (event.version, event.recalled):
            yield f"elsewhere (version, recalled) is {first}: {event}"


def shown_not_stored(case: Case) -> Iterator[str]:
    for event in case.shown:
        message = case.logs[event.conversation].messages.get(event.seq)
        if message is None or not _was_once(message, event):
            yield f"{event}; the row is {message}"


def _was_once(message: Message, event: Shown) -> bool:
    return (
        (event.sender, event.client_id or message.client_id) == (message.member, message.client_id)
        and event.change <= message.change
        and message.bodies[event.version - 1 : event.version] == (event.body,)
        and event.recalled == (event.body == RECALLED)
    )

"""The history checker: a history and the final state of the database in, anomalies by name with evidence out (DESIGN 1 V1-V4).

Decides only what is wrong for certain: one function per anomaly, all in ``CHECKS`` at the end, linear or n log n.
What was done to the server, how often, and whether enough happened to prove anything is for the harness to count.

Two facts carry most checks. Index order is real-time order, so what is known before something is begun comes before
it. And the database is the truth that all else is compared with; its own faults show against the wishes and the feed.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, islice, pairwise
from typing import TypeVar

from tests.faults.history import (
    RECALLED,
    Answered,
    Connected,
    Conversation,
    Covered,
    Event,
    Heard,
    Held,
    History,
    Marked,
    Message,
    Moved,
    Row,
    Settled,
    Shown,
    Started,
    Step,
    Told,
    Tried,
    Wished,
)

FOREVER = 2**62
LIMIT = 50  # pieces of evidence per anomaly: a broken run has as many as messages, and the first ones tell the story

E = TypeVar("E", bound=Event)
K = TypeVar("K")


def check(history: History) -> dict[str, list[str]]:
    """Anomalies by name, each with at most ``LIMIT`` pieces of evidence; empty when all is well."""
    case = Case(history)
    found = {name: list(islice(anomaly(case), LIMIT)) for name, anomaly in CHECKS.items()}
    return {name: evidence for name, evidence in found.items() if evidence}


# ---- the history, indexed


@dataclass(slots=True)
class Wish:
    """A wish with its attempts (indexes of ``Tried``) and answers."""

    wished: Wished
    member: str
    attempts: list[int] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)

    @property
    def begun(self) -> int:
        return self.attempts[0] if self.attempts else FOREVER

    @property
    def oks(self) -> list[Answered]:
        return [answer for answer in self.answers if answer.outcome == "ok"]

    @property
    def refusals(self) -> list[Answered]:
        return [answer for answer in self.answers if answer.outcome == "refused"]

    def may_be_stored(self) -> bool:
        """Some attempt was not refused. (One that lay elsewhere while a later one was refused may be stored later, LOG A7.)"""
        return not set(self.attempts) <= {answer.attempt for answer in self.refusals}

    def over(self) -> int:
        """The index after which it cannot happen any more: never, while an attempt has no definite answer."""
        definite = {answer.attempt for answer in self.answers if answer.outcome != "unknown"}
        return max(answer.index for answer in self.answers) if set(self.attempts) <= definite and definite else FOREVER


class Log:
    """A conversation of the database, made ready to be asked."""

    def __init__(self, row: Conversation) -> None:
        self.row = row
        self.name = row.conversation
        self.head = row.head
        self.messages = {message.seq: message for message in reversed(row.messages)}
        self.marks = {mark.member: mark for mark in row.marks}
        self.hidden = set(row.hidden)
        self.steps: list[Step] = []
        self.stays: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for stay in sorted(row.stays, key=lambda stay: stay.from_seq):
            self.stays[stay.member].append((stay.from_seq, FOREVER if stay.to_seq is None else stay.to_seq))

    def sees(self, member: str, seq: int) -> bool:
        return any(first <= seq <= last for first, last in self.stays.get(member, ()))

    def is_inside(self, member: str) -> bool:
        return member in self.stays and self.stays[member][-1][1] == FOREVER

    def end(self, member: str) -> int:
        """The last seq that the member may see; 0 if none."""
        return min(self.stays[member][-1][1], self.head) if member in self.stays else 0

    def visible(self, member: str) -> Iterator[int]:
        """The seqs of all stays, without what the member deleted for himself."""
        for first, last in self.stays.get(member, ()):
            yield from (seq for seq in range(first, min(last, self.head) + 1) if (member, seq) not in self.hidden)

    @cached_property
    def _countable(self) -> list[int]:
        return list(accumulate((seq in self.messages and self.messages[seq].counts for seq in range(1, self.head + 1)), initial=0))

    def unread(self, member: str, read: int, upto: int) -> int:
        """From scratch: countable messages above the mark, in the stay that ``upto`` lies in or right before (LOG H1)."""
        first = next((first for first, last in self.stays.get(member, ()) if first - 1 <= upto <= last), upto + 1)
        upto, low = min(upto, self.head), max(read, first - 1)
        return self._countable[upto] - self._countable[low] if low < upto else 0

    def leaving(self, member: str) -> Step | None:
        """The step of the feed in which the last stay ended; None while inside, or if the feed has no such step."""
        if self.is_inside(member) or member not in self.stays:
            return None
        end = self.stays[member][-1][1]
        at = bisect_left(self.steps, end, key=lambda step: step.seq)
        return self.steps[at] if at < len(self.steps) and self.steps[at].seq_before < end else None


class Logs(dict[str, Log]):
    def __missing__(self, name: str) -> Log:
        """A conversation that the database does not have: nobody may see anything of it."""
        return Log(Conversation(name, (), 0, 0, (), (), ()))


class Case:
    """The history sorted and grouped, once for all checks. What only some need is made when first asked for."""

    def __init__(self, history: History) -> None:
        self.database = history.database
        self.events = sorted(history.events, key=lambda event: event.index)
        self.logs = Logs((row.conversation, Log(row)) for row in history.database.conversations)
        for fed in history.database.feed:
            for step in fed.steps:
                self.logs[step.conversation].steps.append(step)
        self.started = self.of(Started)
        self.member = {event.device: event.member for event in self.started}
        self.shown, self.told, self.marked, self.moved = self.of(Shown), self.of(Told), self.of(Marked), self.of(Moved)
        self.settled = self.of(Settled)
        self.wishes = {event.index: Wish(event, self.member[event.device]) for event in self.of(Wished)}
        for tried in self.of(Tried):
            self.wishes[tried.wish].attempts.append(tried.index)
        for answer in self.of(Answered):
            self.wishes[answer.wish].answers.append(answer)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def kind(self, kind: str) -> list[Wish]:
        return [wish for wish in self.wishes.values() if wish.wished.kind == kind]

    def messages(self) -> Iterator[tuple[Log, Message]]:
        for log in self.logs.values():
            for message in log.row.messages:
                yield log, message

    def held(self) -> Iterator[tuple[str, str, Log, Held]]:
        """(device, its member, conversation, what the device holds of it in the end)."""
        for final in self.settled:
            for held in final.conversations:
                yield final.device, self.member[final.device], self.logs[held.conversation], held

    @cached_property
    def sends(self) -> dict[tuple[str, str, str], list[Wish]]:
        """By (member, conversation, client id): all of them are one wish to the server (V2)."""
        return _grouped(self.kind("send"), lambda wish: (wish.member, wish.wished.conversation, wish.wished.client_id))

    @cached_property
    def edits(self) -> dict[tuple[str, str, int, int, str], list[Wish]]:
        """By (member, conversation, seq, version named, body): the same content is the same edit (LOG A5)."""
        return _grouped(
            self.kind("edit"),
            lambda wish: (wish.member, wish.wished.conversation, wish.wished.seq, wish.wished.version, wish.wished.body),
        )

    @cached_property
    def recalls(self) -> dict[tuple[str, int], list[Wish]]:
        return _grouped(self.kind("recall"), lambda wish: (wish.wished.conversation, wish.wished.seq))

    @cached_property
    def reactions(self) -> dict[tuple[str, str, int, str], list[Wish]]:
        return _grouped(self.kind("react"), lambda wish: (wish.member, wish.wished.conversation, wish.wished.seq, wish.wished.reaction))

    @cached_property
    def stored(self) -> dict[tuple[str, str, str], list[int]]:
        """(member, conversation, client id) -> seqs."""
        found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for log, message in self.messages():
            if message.kind == "message":
                found[message.member, log.name, message.client_id].append(message.seq)
        return found

    @cached_property
    def known(self) -> dict[tuple[str, int], int]:
        """(conversation, seq) -> the index at which somebody first saw that it was committed."""
        first: dict[tuple[str, int], int] = {}
        for event in self.shown:
            first.setdefault((event.conversation, event.seq), event.index)
        for wish in self.kind("send"):
            for answer in wish.oks:
                at = wish.wished.conversation, answer.seq
                first[at] = min(first.get(at, FOREVER), answer.index)
        return first

    def is_outsider(self, wish: Wish) -> bool:
        """Never in, or begun when it was known that the last stay had ended: it can change nothing."""
        log = self.logs[wish.wished.conversation]
        if wish.member not in log.stays:
            return True
        return not log.is_inside(wish.member) and wish.begun > self.known.get((log.name, log.end(wish.member)), FOREVER)

    def changes(self) -> Iterator[tuple[str, int, int, str]]:
        """(conversation, change, seq, who says so), from the rows, the acknowledgements and what was shown."""
        for log, message in self.messages():
            yield log.name, message.change, message.seq, "database"
        for wish in self.wishes.values():
            for answer in wish.oks:
                yield wish.wished.conversation, answer.change, wish.wished.seq, f"answer {answer.index}"
        for event in self.shown:
            yield event.conversation, event.change, event.seq, event.device

    @cached_property
    def change_of(self) -> dict[tuple[str, int], int]:
        """(conversation, change) -> seq, of all changes that anybody knows of; many are overtaken and known to nobody."""
        found: dict[tuple[str, int], int] = {}
        for conversation, change, seq, _ in self.changes():
            if change:
                found.setdefault((conversation, change), seq)
        return found

    @cached_property
    def changes_of(self) -> dict[tuple[str, int], list[int]]:
        """(conversation, seq) -> its known changes, ascending."""
        found: dict[tuple[str, int], list[int]] = defaultdict(list)
        for (conversation, change), seq in sorted(self.change_of.items()):
            found[conversation, seq].append(change)
        return found

    @cached_property
    def views(self) -> dict[tuple[str, str, int], list[Shown]]:
        """What was shown, by device, conversation, and how often the device had begun anew."""
        begun: dict[str, int] = defaultdict(int)
        found: dict[tuple[str, str, int], list[Shown]] = defaultdict(list)
        for event in self.events:
            if isinstance(event, Shown):
                found[event.device, event.conversation, begun[event.device]].append(event)
            elif isinstance(event, Connected):
                begun[event.device] += event.fresh
        return found

    @cached_property
    def touched(self) -> dict[tuple[str, str], str]:
        """(device, conversation) -> the first that the device heard of it."""
        found: dict[tuple[str, str], str] = {}
        for event in self.of(Heard):
            if (event.device, event.conversation) not in found:
                found[event.device, event.conversation] = f"{event}"
        for device, _, log, _ in self.held():
            found.setdefault((device, log.name), "it holds it in the end")
        return found


def _grouped(wishes: Iterable[Wish], key: Callable[[Wish], K]) -> dict[K, list[Wish]]:
    groups: dict[K, list[Wish]] = defaultdict(list)
    for wish in wishes:
        groups[key(wish)].append(wish)
    return groups


# ---- V1: what was acknowledged is stored, there, as it was said


def lost_message(case: Case) -> Iterator[str]:
    for key, wishes in case.sends.items():
        if key not in case.stored:
            yield from (f"{key} was acknowledged: {answer}" for wish in wishes for answer in wish.oks)


def lost_edit(case: Case) -> Iterator[str]:
    for wish in case.kind("edit"):
        message = case.logs[wish.wished.conversation].messages.get(wish.wished.seq)
        for answer in wish.oks:
            if message is None or wish.wished.body not in message.bodies[1:] or answer.change > message.change:
                yield f"{wish.wished} was acknowledged: {answer}; the row is {message}"


def lost_recall(case: Case) -> Iterator[str]:
    for wish in case.kind("recall"):
        message = case.logs[wish.wished.conversation].messages.get(wish.wished.seq)
        if wish.oks and not (message and message.recalled and all(answer.change <= message.change for answer in wish.oks)):
            yield f"{wish.wished} was acknowledged: {wish.oks[0]}; the row is {message}"


def lost_reaction(case: Case) -> Iterator[str]:
    """The last that was acknowledged stands, unless a contrary wish may have come after it."""
    for (member, conversation, seq, reaction), wishes in case.reactions.items():
        message = case.logs[conversation].messages.get(seq)
        if message is None or message.recalled:
            continue
        stands = (member, reaction) in message.reactions
        contrary = max((wish.over() for wish in wishes if wish.wished.on == stands and wish.may_be_stored()), default=-1)
        for wish in wishes:
            if wish.wished.on != stands and wish.oks and wish.begun > contrary:
                yield f"{wish.wished} was acknowledged: {wish.oks[0]}; the row is {message}"


def acknowledged_otherwise(case: Case) -> Iterator[str]:
    """Acknowledged with another seq or version than stored, or an id with other content taken for the first (V2)."""
    for key, wishes in case.sends.items():
        seqs = case.stored.get(key, [])
        bodies = {case.logs[key[1]].messages[seq].bodies[0] for seq in seqs}
        for wish in wishes:
            for answer in wish.oks:
                if seqs and (answer.seq not in seqs or wish.wished.body not in bodies):
                    yield f"{wish.wished} was acknowledged: {answer}; stored at {seqs} with {bodies}"
    for wish in case.kind("edit"):
        message = case.logs[wish.wished.conversation].messages.get(wish.wished.seq)
        for answer in wish.oks:
            stored_there = message and message.bodies[answer.version - 1 : answer.version] == (wish.wished.body,)
            if message and wish.wished.body in message.bodies[1:] and not (stored_there and answer.version == wish.wished.version + 1):
                yield f"{wish.wished} was acknowledged: {answer}; the row is {message}"


# ---- V2: one send, one message, one answer


def stored_twice(case: Case) -> Iterator[str]:
    for key, seqs in case.stored.items():
        if len(seqs) > 1:
            yield f"{key} at {seqs}"


def run_twice(case: Case) -> Iterator[str]:
    """An act's note twice, or a batch at two positions: run again after a COMMIT without an answer that had happened (LOG B1)."""
    notes = Counter((log.name, m.client_id) for log, m in case.messages() if m.kind == "system" and m.client_id)
    batches = Counter(("feed", row.batch) for row in case.database.feed if row.batch)
    yield from (f"{name} {times} times" for name, times in (notes + batches).items() if times > 1)


def answered_differently(case: Case) -> Iterator[str]:
    """Two different acknowledgements of one wish, or a refusal of an attempt begun after the wish was acknowledged (LOG A5)."""
    for key, wishes in case.sends.items():
        if len({answer.seq for wish in wishes for answer in wish.oks}) > 1:
            yield f"{key}: {[answer for wish in wishes for answer in wish.oks]}"
    same_content: Iterable[list[Wish]] = (
        *_grouped(
            case.kind("send"), lambda wish: (wish.member, wish.wished.conversation, wish.wished.client_id, wish.wished.body)
        ).values(),
        *case.edits.values(),
        *_grouped(case.kind("recall"), lambda wish: (wish.member, wish.wished.conversation, wish.wished.seq)).values(),
    )
    for wishes in same_content:
        acknowledged = min((answer.index for wish in wishes for answer in wish.oks), default=FOREVER)
        for wish in wishes:
            yield from (f"{wish.wished}: ok at {acknowledged}, then {no}" for no in wish.refusals if no.attempt > acknowledged)


def phantom_message(case: Case) -> Iterator[str]:
    for key, seqs in case.stored.items():
        if key not in case.sends:
            yield f"{key} at {seqs}: nobody sent it"


def stored_otherwise(case: Case) -> Iterator[str]:
    for key, seqs in case.stored.items():
        wished = {wish.wished.body for wish in case.sends.get(key, ())}
        for seq in seqs:
            if wished and case.logs[key[1]].messages[seq].bodies[0] not in wished:
                yield f"{key} at {seq}: {case.logs[key[1]].messages[seq].bodies[0]}, sent was {wished}"


def refused_but_stored(case: Case) -> Iterator[str]:
    """``refused``: not this attempt, and none before it (LOG A7). An earlier attempt without an answer may be stored later."""
    for key, seqs in case.stored.items():
        first = case.logs[key[1]].messages[seqs[0]].bodies[0]
        wishes = [wish for wish in case.sends.get(key, ()) if wish.wished.body == first]
        if wishes and not any(wish.may_be_stored() for wish in wishes):
            yield f"{key} at {seqs}: all attempts were refused"
        seen = min(case.known.get((key[1], seq), FOREVER) for seq in seqs)
        for wish in wishes:
            yield from (f"{key} at {seqs}: seen at {seen}, then {no}" for no in wish.refusals if no.attempt > seen)


def refused_edit_stored(case: Case) -> Iterator[str]:
    for (member, conversation, seq, named, body), wishes in case.edits.items():
        message = case.logs[conversation].messages.get(seq)
        stored = message and message.member == member and message.bodies[named : named + 1] == (body,)
        if stored and not any(wish.may_be_stored() for wish in wishes):
            yield f"{wishes[0].wished} was refused: {wishes[0].refusals}; the row is {message}"


def phantom_change(case: Case) -> Iterator[str]:
    """A version, a recall or a reaction that nobody wished for."""
    for log, message in case.messages():
        for named, body in enumerate(message.bodies[1:], 1):
            if body != RECALLED and (message.member, log.name, message.seq, named, body) not in case.edits:
                yield f"{log.name}: nobody wished for version {named + 1} of {message}"
        if message.recalled and not any(wish.may_be_stored() for wish in case.recalls.get((log.name, message.seq), ())):
            yield f"{log.name}: nobody who was not refused recalled {message}"
        for member, reaction in message.reactions:
            wishes = case.reactions.get((member, log.name, message.seq, reaction), ())
            if not any(wish.wished.on and wish.may_be_stored() for wish in wishes):
                yield f"{log.name}: nobody who was not refused wished for {member}'s {reaction} at {message}"


def never_answered(case: Case) -> Iterator[str]:
    settled = {event.device for event in case.settled}
    for wish in case.wishes.values():
        if wish.wished.kind != "read" and not wish.answers and wish.wished.device in settled:
            yield f"{wish.wished}"


# ---- V3: one order, without holes


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


# ---- V4: nobody learns what he may not see


def leak(case: Case) -> Iterator[str]:
    """A message, a change to one, or word of a joining or leaving, from outside the stays; a head from beyond them."""
    for event in case.shown:
        if not case.logs[event.conversation].sees(case.member[event.device], event.seq):
            yield f"{case.member[event.device]} has no stay for {event}"
        if event.reply_to and not case.logs[event.conversation].sees(case.member[event.device], event.reply_to):
            yield f"{case.member[event.device]} has no stay for what it replies to: {event}"
    for moved in case.moved:
        if not case.logs[moved.conversation].sees(case.member[moved.device], moved.seq):
            yield f"{case.member[moved.device]} has no stay for {moved}"
    for told in case.told:
        stays = case.logs[told.conversation].stays.get(case.member[told.device], ())
        if told.seq and not any(first - 1 <= told.seq <= last for first, last in stays):
            yield f"{case.member[told.device]} has no stay for {told}"
    for (device, conversation), first in case.touched.items():
        if case.member[device] not in case.logs[conversation].stays:
            yield f"{case.member[device]} was never in {conversation}: {first}"
    for device, member, log, held in case.held():
        yield from (f"{device} of {member} holds {log.name}: {row}" for row in held.rows if not log.sees(member, row.seq))


def leak_to_company(case: Case) -> Iterator[str]:
    companies = case.database.companies
    for event in case.started:
        if companies.get(event.member) != event.company:
            yield f"{event}; the member is of {companies.get(event.member)}"
    for (device, conversation), first in case.touched.items():
        if companies.get(case.member[device]) not in case.logs[conversation].row.companies:
            yield f"{case.member[device]} of {companies.get(case.member[device])}: {first}"
    for log in case.logs.values():
        yield from (f"{log.name}: a stay of {member}" for member in log.stays if companies.get(member) not in log.row.companies)


def told_after_leaving(case: Case) -> Iterator[str]:
    """After his last stay nobody is told how many changes there are."""
    for event in case.told:
        step = case.logs[event.conversation].leaving(case.member[event.device])
        if step and event.change > step.change:
            yield f"{case.member[event.device]} left at change {step.change}: {event}"


def sent_from_outside(case: Case) -> Iterator[str]:
    for log, message in case.messages():
        if message.kind == "message" and not log.sees(message.member, message.seq):
            yield f"{log.name}: {message} lies in no stay of its sender"


def changed_from_outside(case: Case) -> Iterator[str]:
    """An edit, a recall or a reaction by somebody of whom it was known, before he began, that he had left for good."""
    for log, message in case.messages():
        for wishes in _makers(case, log, message):
            if wishes and all(case.is_outsider(wish) for wish in wishes):
                yield f"{log.name}: {message}, by {wishes[0].wished}"


def _makers(case: Case, log: Log, message: Message) -> Iterator[list[Wish]]:
    """For each version, recall and reaction of the row: the wishes that may have made it."""
    for named, body in enumerate(message.bodies[1:], 1):
        yield case.edits.get((message.member, log.name, message.seq, named, body), [])
    if message.recalled:
        yield case.recalls.get((log.name, message.seq), [])
    for member, reaction in message.reactions:
        yield [wish for wish in case.reactions.get((member, log.name, message.seq, reaction), ()) if wish.wished.on]


def membership_invented(case: Case) -> Iterator[str]:
    for event in case.moved:
        stays = case.logs[event.conversation].stays.get(event.member, ())
        if not any(event.seq == (first if event.joined else last) for first, last in stays):
            yield f"{event}; the stays are {stays}"


# ---- marks and numbers (LOG H)


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


# ---- the end: every device has what is due to it


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


# ---- the feed and its tokens (LOG D, E)


def position_hole(case: Case) -> Iterator[str]:
    positions = sorted({row.position for row in case.database.feed})
    yield from (f"{one} is followed by {other}" for one, other in pairwise(positions) if other != one + 1)


def position_repeated(case: Case) -> Iterator[str]:
    positions = [row.position for row in case.database.feed]
    yield from (f"{one} twice, or out of order" for one, other in pairwise(positions) if other <= one)


@dataclass(slots=True)
class Knowledge:
    """What a device was told of a conversation so far."""

    seq: int = 0
    change: int = 0
    asks_all: bool = False  # it knows that its stay ended, and asks for all changes once (LOG E5)
    rows: dict[int, int] = field(default_factory=dict)  # seq -> change, where a change was shown


def token_ahead(case: Case) -> Iterator[str]:
    """A sync token covers nothing that the device was not told of (LOG E3); it may lag behind, and go back on another node."""
    last = max((row.position for row in case.database.feed), default=FOREVER)
    due = _due_by_position(case)
    checked: dict[str, int] = defaultdict(int)
    told: dict[str, dict[str, Knowledge]] = defaultdict(lambda: defaultdict(Knowledge))
    for event in case.events:
        if isinstance(event, Shown | Told | Moved):
            _learn(told[event.device][event.conversation], event, case.member)
        elif isinstance(event, Answered):  # a sender is told of his message by its acknowledgement alone (LOG F2)
            knows = told[event.device][case.wishes[event.wish].wished.conversation]
            knows.seq = max(knows.seq, event.seq)
        elif isinstance(event, Connected) and event.fresh:
            checked[event.device] = 0
            told[event.device].clear()
        elif isinstance(event, Covered):
            todo = due[case.member[event.device]]
            while checked[event.device] < len(todo) and todo[checked[event.device]].position <= event.position:
                item = todo[checked[event.device]]
                checked[event.device] += 1
                if missing := item.missing(told[event.device][item.conversation]):
                    yield f"{event}: not told of {missing} of position {item.position}"
            if event.position > last:
                yield f"{event}; the last position is {last}"


def _learn(knows: Knowledge, event: Shown | Told | Moved, member: dict[str, str]) -> None:
    knows.seq = max(knows.seq, event.seq)
    if isinstance(event, Shown):
        if event.change:
            knows.rows[event.seq] = max(event.change, knows.rows.get(event.seq, 0))
    elif isinstance(event, Told):
        knows.change = max(knows.change, event.change)
        knows.asks_all = event.ended
    elif event.member == member[event.device]:
        knows.asks_all = not event.joined


@dataclass(slots=True)
class Due:
    """What a position brings a member: news up to a seq, and changes of rows that he may see, as (change, seq)."""

    position: int
    conversation: str
    seq: int
    changes: list[tuple[int, int]]

    def missing(self, knows: Knowledge) -> str:
        if self.seq > knows.seq:
            return f"{self.conversation}/{self.seq}"
        for change, seq in self.changes:
            if change > knows.change and not knows.asks_all and change > knows.rows.get(seq, 0):
                return f"change {change} of {self.conversation}/{seq}"
        return ""


def _due_by_position(case: Case) -> dict[str, list[Due]]:
    """Changes go to those who are participants at that position, new messages to the stays that hold them (LOG F1)."""
    found: dict[str, list[Due]] = defaultdict(list)
    for row in case.database.feed:
        for step in row.steps:
            log = case.logs[step.conversation]
            numbers = range(step.change_before + 1, step.change + 1)
            changed = [(n, case.change_of[log.name, n]) for n in numbers if (log.name, n) in case.change_of]
            for member, stays in log.stays.items():
                ends = (min(last, step.seq) for first, last in stays if max(first, step.seq_before + 1) <= min(last, step.seq))
                seq = max(ends, default=0)
                inside = any(first <= step.seq < last for first, last in stays)
                changes = [pair for pair in changed if log.sees(member, pair[1])] if inside else []
                if seq or changes:
                    found[member].append(Due(row.position, log.name, seq, changes))
    return found


CHECKS: dict[str, Callable[[Case], Iterator[str]]] = {
    # V1
    "lost-message": lost_message,
    "lost-edit": lost_edit,
    "lost-recall": lost_recall,
    "lost-reaction": lost_reaction,
    "acknowledged-otherwise": acknowledged_otherwise,
    # V2
    "stored-twice": stored_twice,
    "run-twice": run_twice,
    "answered-differently": answered_differently,
    "phantom-message": phantom_message,
    "phantom-change": phantom_change,
    "stored-otherwise": stored_otherwise,
    "refused-but-stored": refused_but_stored,
    "refused-edit-stored": refused_edit_stored,
    "never-answered": never_answered,
    # V3
    "seq-hole": seq_hole,
    "seq-repeated": seq_repeated,
    "change-hole": change_hole,
    "change-repeated": change_repeated,
    "realtime-order": realtime_order,
    "sending-order": sending_order,
    "order-inversion": order_inversion,
    "shown-twice": shown_twice,
    "change-went-back": change_went_back,
    "shown-differently": shown_differently,
    "shown-not-stored": shown_not_stored,
    # V4
    "leak": leak,
    "leak-to-company": leak_to_company,
    "told-after-leaving": told_after_leaving,
    "sent-from-outside": sent_from_outside,
    "changed-from-outside": changed_from_outside,
    "membership-invented": membership_invented,
    # marks and numbers
    "mark-went-back": mark_went_back,
    "mark-beyond": mark_beyond,
    "read-without-looking": read_without_looking,
    "unread-wrong": unread_wrong,
    # the end
    "never-settled": never_settled,
    "never-delivered": never_delivered,
    "change-never-learned": change_never_learned,
    "held-otherwise": held_otherwise,
    "membership-never-learned": membership_never_learned,
    "mark-never-learned": mark_never_learned,
    "cursor-wrong": cursor_wrong,
    "devices-disagree": devices_disagree,
    # the feed
    "position-hole": position_hole,
    "position-repeated": position_repeated,
    "token-ahead": token_ahead,
}

"""V2: one send, one message, one answer, and nothing that nobody wished for (DESIGN 1, LOG A5, A7, B1).

All wishes of one member, conversation and client id are one; how the answers agree with what is stored is judged here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.faults.anomalies.case import Case, grouped
from tests.faults.anomalies.logs import FOREVER, Wish
from tests.faults.history import RECALLED


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
        *grouped(case.kind("send"), lambda wish: (wish.member, wish.wished.conversation, wish.wished.client_id, wish.wished.body)).values(),
        *case.edits.values(),
        *grouped(case.kind("recall"), lambda wish: (wish.member, wish.wished.conversation, wish.wished.seq)).values(),
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

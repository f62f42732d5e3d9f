"""V1: what was acknowledged is stored, there, as it was said (DESIGN 1; versions and states: LOG A5).

Each acknowledgement is held against the rows of the database; what nobody was told of may be lost.
"""

from collections.abc import Iterator

from tests.faults.anomalies.case import Case


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

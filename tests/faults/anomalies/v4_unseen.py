"""V4: nobody learns what he may not see, nor does anything where he is not (DESIGN 1, LOG F4, G1).

Stays and companies of the database decide; a device that lacks something is for ``the_end`` to say.
"""

from collections.abc import Iterator

from tests.faults.anomalies.case import Case
from tests.faults.anomalies.logs import Log, Wish
from tests.faults.history import Message


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

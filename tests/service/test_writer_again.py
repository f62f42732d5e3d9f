"""The same wish again: in the batch, later, after a crash, on another node, after the sender was removed (LOG A3, A4, A5; promise V2)."""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from protocol.errors import ConversationNotFound, IdConflict, MessageNotFound
from server.clock import ManualClock
from storage.engine import Storage, connect
from storage.messages import HIDE, at
from storage.schema.accounts import members
from storage.schema.companies import companies
from storage.schema.conversations import conversations, marks
from storage.schema.log import messages
from storage.statements import column, statement, update_of
from storage.writer.entries import ChangedOutcome, Entry, SentOutcome
from storage.writer.errors import (
    CompanyExpired,
    CompanySuspended,
    ConversationDissolved,
    MemberDisabled,
    MessageRecalled,
    Muted,
    NotParticipant,
    VersionConflict,
)
from tests.support.cast import Actor, Desk, company, direct, edit, group, join, leave, pin, react, recall, send, text
from tests.support.logbook import check

HINDRANCES: dict[str, tuple[Any, str, Any, type[Exception]]] = {
    "disabled": (members, "state", "disabled", MemberDisabled),
    "suspended": (companies, "suspended", True, CompanySuspended),
    "expired": (companies, "expires_at", 1, CompanyExpired),
    "muted": (conversations, "muted", True, Muted),
    "dissolved": (conversations, "dissolved", True, ConversationDissolved),
}
SILENCE = update_of(marks, "silenced", where=["company", "member", "conversation"])
PURGE = statement(
    sa.update(messages).values(body=None, salt=None).where(messages.c.conversation == column("of"), messages.c.seq == column("nth"))
)


def wishes(count: int) -> list[bytes]:
    return [os.urandom(16) for _ in range(count)]


async def test_the_first_answer_on_another_node_and_after_a_crash(database: str, clock: ManualClock) -> None:
    """LOG A5, promise V2: nothing of it is in memory."""
    (wish,) = wishes(1)
    first = await connect(database, now=clock.now)
    other = await connect(database, now=clock.now)
    lina, wang = await company(first, "acme", "Li Na", "Wang")
    talk = await direct(first, lina, wang)
    (stored,) = await Desk(first).put(send(lina, talk, "one", wish))
    (elsewhere,) = await Desk(other).put(send(lina, talk, "one", wish))
    await first.close()
    await other.close()
    clock.advance(60_000)
    again = await connect(database, now=clock.now)
    (later,) = await Desk(again).put(send(lina, talk, "one", wish))
    for answer in (stored, elsewhere, later):
        assert isinstance(answer, SentOutcome)
        assert (answer.seq, answer.sent_at) == (1, clock.now() - 60_000)
    await check(again)
    await again.close()


async def test_the_same_wish_on_two_nodes_at_once_is_one_message(database: str, clock: ManualClock) -> None:
    """LOG A1, A5: the look-up comes after the turn."""
    one = await connect(database, now=clock.now)
    other = await connect(database, now=clock.now)
    lina, wang = await company(one, "acme", "Li Na", "Wang")
    talk = await direct(one, lina, wang)
    desks = [Desk(one), Desk(other)]
    for wish in wishes(25):
        answers = await asyncio.gather(*(desk.put(send(lina, talk, "one", wish)) for desk in desks))
        assert {type(answer) for (answer,) in answers} == {SentOutcome}
        assert len({answer.seq for (answer,) in answers if isinstance(answer, SentOutcome)}) == 1
    book = await check(one)
    assert book.conversations[talk]["head"] == 25
    await one.close()
    await other.close()


@pytest.mark.parametrize("name", HINDRANCES)
async def test_who_may_not_send_any_more_still_gets_his_first_answers(storage: Storage, name: str) -> None:
    """LOG A4, A5: refusals hang on columns, are read in the turn, and come after the look-up."""
    table, set_to, value, refusal = HINDRANCES[name]
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    desk = Desk(storage)
    wish, edited = os.urandom(16), edit(wang, room, 2, 1, "better")
    done: Sequence[Entry] = [send(wang, room, "one", wish)]
    before = [*await desk.put(*done), *await desk.put(edited, react(wang, room, 2), pin(wang, room, 2))]
    id = {"members": wang.id, "companies": wang.company, "conversations": room}[table.name]
    hinder = update_of(table, set_to, where=["id"])
    await storage.transact(lambda work: work.run(hinder, id=id, **{f"set_{set_to}": value}))
    new = await desk.put(send(wang, room, "two"), edit(wang, room, 2, 2, "best"), react(wang, room, 2, on=False), recall(wang, room, 2))
    assert [type(answer) for answer in new] == [refusal] * 4
    again = await desk.put(send(wang, room, "one", wish), edit(wang, room, 2, 1, "better"), react(wang, room, 2), pin(wang, room, 2))
    assert [type(answer) for answer in again] == [type(answer) for answer in before]
    assert isinstance(again[0], SentOutcome)
    assert again[0].seq == 2
    await check(storage)


async def test_who_was_silenced_gets_his_first_answer(storage: Storage) -> None:
    """LOG A4: his own column."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    desk = Desk(storage)
    wish = os.urandom(16)
    await desk.put(send(wang, room, "one", wish))
    await storage.transact(lambda work: work.run(SILENCE, company=wang.company, member=wang.id, conversation=room, set_silenced=True))
    again, new, other = await desk.put(send(wang, room, "one", wish), send(wang, room, "two"), send(lina, room, "three"))
    assert isinstance(again, SentOutcome)
    assert isinstance(new, Muted)
    assert isinstance(other, SentOutcome)


async def test_the_same_id_is_free_in_another_conversation_and_for_another_member(storage: Storage) -> None:
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk, room = await direct(storage, lina, wang), await group(storage, lina, wang)
    wish = os.urandom(16)
    answers = await Desk(storage).put(send(lina, talk, "a", wish), send(lina, room, "b", wish), send(wang, talk, "c", wish))
    assert [answer.seq for answer in answers if isinstance(answer, SentOutcome)] == [1, 2, 2]


async def test_a_purged_message_is_known_by_its_id_alone(storage: Storage) -> None:
    """LOG I1: seq, numbers and client id stay."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    wish = os.urandom(16)
    await desk.put(send(lina, talk, "one", wish))
    await storage.transact(lambda work: work.run(PURGE, of=talk, nth=1))
    answer, conflict = await desk.put(send(lina, talk, "anything", wish), send(lina, talk, "two", os.urandom(16)))
    assert [getattr(one, "seq", None) for one in (answer, conflict)] == [1, 2]
    await check(storage)


async def test_edits_again_and_against_each_other(storage: Storage) -> None:
    """LOG A5: an edit names the version that it changes."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, talk, "one"))
    first, conflict, second = await desk.put(
        edit(lina, talk, 1, 1, "two"), edit(lina, talk, 1, 1, "other"), edit(lina, talk, 1, 2, "three")
    )
    again, conflicting, far = await desk.put(
        edit(lina, talk, 1, 1, "two"), edit(lina, talk, 1, 1, "other"), edit(lina, talk, 1, 2**53 - 1, "far")
    )
    for answer, version in ((first, 2), (second, 3), (again, 2)):
        assert isinstance(answer, ChangedOutcome)
        assert answer.version == version
    assert [type(answer) for answer in (conflict, conflicting, far)] == [VersionConflict] * 3
    await desk.put(recall(lina, talk, 1))
    once_more, late = await desk.put(edit(lina, talk, 1, 2, "three"), edit(lina, talk, 1, 4, "four"))
    assert isinstance(once_more, ChangedOutcome)
    assert isinstance(late, MessageRecalled)
    row = (await storage.read(lambda read: at(read, [(lina.company, talk, 1)])))[talk]
    assert (row.recalled, row.body, row.version) == (True, None, 4)
    await check(storage)


SETS: list[tuple[str, Callable[[Actor, int], Entry]]] = [
    ("recall", lambda actor, talk: recall(actor, talk, 1)),
    ("react", lambda actor, talk: react(actor, talk, 1)),
    ("react off", lambda actor, talk: react(actor, talk, 1, on=False)),
    ("pin", lambda actor, talk: pin(actor, talk, 1)),
    ("pin off", lambda actor, talk: pin(actor, talk, 1, on=False)),
]


@pytest.mark.parametrize("make", [make for _, make in SETS], ids=[name for name, _ in SETS])
async def test_what_sets_a_state_is_done_once(storage: Storage, make: Callable[[Actor, int], Entry]) -> None:
    """LOG A5: already so is the first answer, in the batch and later, and moves no change number."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, talk, "one"))
    first, again = await desk.put(make(lina, talk), make(lina, talk))
    (later,) = await desk.put(make(lina, talk))
    for answer in (first, again, later):
        assert isinstance(answer, ChangedOutcome)
        assert answer.change == getattr(first, "change", None)
    await check(storage)


async def test_what_he_did_in_an_earlier_stay_is_known_and_the_rest_is_not(storage: Storage) -> None:
    """LOG A5, promise V4: stays decide what a former participant, and one who came back, may ask about."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, room, "seen"))
    await desk.put(react(wang, room, 2))
    await leave(storage, room, wang)
    await desk.put(send(lina, room, "missed"))
    for _ in range(2):
        seen, missed, unset = await desk.put(react(wang, room, 2), react(wang, room, 4, on=False), recall(wang, room, 4))
        assert isinstance(seen, ChangedOutcome)
        assert isinstance(missed, MessageNotFound)
        assert isinstance(unset, MessageNotFound)
        await join(storage, room, wang)
        await desk.put(send(lina, room, "seen again"))
        await leave(storage, room, wang)
    await join(storage, room, wang)
    changed, new = await desk.put(react(wang, room, 2, "🎉"), react(wang, room, 1))
    assert isinstance(changed, ChangedOutcome)
    assert isinstance(new, ChangedOutcome)


async def test_a_former_participant_of_several_stays_writes_nothing(storage: Storage) -> None:
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    await leave(storage, room, wang)
    await join(storage, room, wang)
    await leave(storage, room, wang)
    assert [type(one) for one in await Desk(storage).put(send(wang, room, "x"), react(wang, room, 1))] == [NotParticipant] * 2


# ---- replies, forwards, mentions


async def test_a_forward_copies_only_what_the_forwarder_may_see(storage: Storage) -> None:
    """DESIGN 6: not of others' conversations, nor recalled, nor hidden, nor between his stays; what is edited comes edited."""
    lina, wang, zhao = await company(storage, "acme", "Li Na", "Wang", "Zhao")
    (spy,) = await company(storage, "evil", "Spy")
    source, target = await group(storage, lina, wang, zhao), await group(storage, lina, wang, zhao, spy)
    desk = Desk(storage)
    await desk.put(*(send(lina, source, words) for words in ("plain", "edited", "recalled", "hidden")))
    await desk.put(edit(lina, source, 3, 1, "better"), recall(lina, source, 4))
    await storage.transact(lambda work: work.run(HIDE, member=wang.id, conversation=source, seq=5, number=1))
    await leave(storage, source, zhao)
    await desk.put(send(lina, source, "after him"))

    def forward(actor: Actor, seq: int) -> Entry:
        return _forward(actor, target, (source, seq))

    answers = await desk.put(*(forward(wang, seq) for seq in range(1, 9)))
    # 1 opened (a note), 2 plain, 3 edited, 4 recalled, 5 hidden from Wang, 6 Zhao left (a note), 7 after him, 8 nothing
    assert [isinstance(answer, SentOutcome) for answer in answers] == [False, True, True, False, False, False, True, False]
    assert {type(answer) for answer in answers} == {SentOutcome, MessageNotFound}
    old, later, stranger = await desk.put(forward(zhao, 5), forward(zhao, 7), forward(spy, 2))
    assert [type(answer) for answer in (old, later, stranger)] == [SentOutcome, MessageNotFound, MessageNotFound]
    edited = answers[2]
    assert isinstance(edited, SentOutcome)
    row = (await storage.read(lambda read: at(read, [(lina.company, target, edited.seq)])))[target]
    assert row.body is not None
    assert b"better" in row.body
    await check(storage)


def _forward(actor: Actor, conversation: int, source: tuple[int, int], wish: bytes = b"") -> Entry:
    entry = send(actor, conversation, "replaced by a copy", wish)
    entry.body, entry.source = None, source
    return entry


async def test_a_forward_again_is_the_same_although_its_source_changed(storage: Storage) -> None:
    """LOG A5: other content is judged by the source that it names."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    source, target = await direct(storage, lina, wang), await group(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, source, "one"), send(lina, source, "two"))
    wish = os.urandom(16)
    (first,) = await desk.put(_forward(wang, target, (source, 1), wish))
    await desk.put(recall(lina, source, 1))
    again, other, plain = await desk.put(
        _forward(wang, target, (source, 1), wish), _forward(wang, target, (source, 2), wish), send(wang, target, "one", wish)
    )
    assert isinstance(first, SentOutcome)
    assert isinstance(again, SentOutcome)
    assert again.seq == first.seq
    assert isinstance(other, IdConflict)
    assert isinstance(plain, IdConflict)


async def test_a_reply_beyond_the_head_is_refused(storage: Storage) -> None:
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    answers = await Desk(storage).put(
        send(lina, talk, text("to nothing", reply_to=1)), send(lina, talk, "one"), send(wang, talk, text("to one", reply_to=1))
    )
    assert [type(answer) for answer in answers] == [MessageNotFound, SentOutcome, SentOutcome]


async def test_strangers_get_the_answer_for_what_is_not_there(storage: Storage) -> None:
    """Promise V4: whatever they try, and of whatever company."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    (spy,) = await company(storage, "evil", "Spy")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, talk, "one"))

    def tries(conversation: int) -> list[Entry]:
        makes = (recall, react, pin)
        return [send(spy, conversation, "x"), edit(spy, conversation, 1, 1, "x"), *(make(spy, conversation, 1) for make in makes)]

    there, nowhere = await desk.put(*tries(talk)), await desk.put(*tries(talk + 1))
    assert [str(answer) for answer in there] == [str(answer) for answer in nowhere]
    assert {type(answer) for answer in (*there, *nowhere)} == {ConversationNotFound}


async def test_times_never_go_back_when_the_clock_is_set_back(storage: Storage, clock: ManualClock) -> None:
    """LOG A3d: within a conversation; another one has its own."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk, room = await direct(storage, lina, wang), await group(storage, lina, wang)
    desk = Desk(storage)
    start = clock.now()
    await desk.put(send(lina, talk, "one"))
    clock.set(start - 3_600_000)
    answers = await desk.put(send(lina, talk, "two"), edit(lina, talk, 1, 1, "better"), send(lina, room, "three"))
    assert isinstance(answers[0], SentOutcome)
    assert answers[0].sent_at == start
    await leave(storage, room, wang)
    await check(storage)

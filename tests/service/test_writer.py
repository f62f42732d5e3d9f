"""The writer's contract: every test runs on SQLite and on PostgreSQL (LOG A, H)."""

import os

from protocol.errors import ConversationNotFound, IdConflict
from storage.engine import Storage
from storage.writer.entries import SentOutcome
from storage.writer.errors import NotParticipant
from tests.support.cast import Desk, company, direct, group, join, leave, send


async def test_messages_take_seqs_without_holes_in_the_order_of_their_arrival(storage: Storage) -> None:
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    answers = await desk.put(send(lina, talk, "one"), send(wang, talk, "two"), send(lina, talk, "three"))
    assert [answer.seq for answer in answers if isinstance(answer, SentOutcome)] == [1, 2, 3]


async def test_the_same_client_id_gives_the_first_answer(storage: Storage) -> None:
    """LOG A5, promise V2."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    wish = os.urandom(16)
    first, again = await desk.put(send(lina, talk, "one", wish), send(lina, talk, "one", wish))
    later, other = await desk.put(send(lina, talk, "one", wish), send(lina, talk, "else", wish))
    assert isinstance(first, SentOutcome)
    assert [answer.seq for answer in (again, later) if isinstance(answer, SentOutcome)] == [1, 1]
    assert isinstance(other, IdConflict)


async def test_who_was_accepted_before_his_removal_still_gets_the_first_answer(storage: Storage) -> None:
    """LOG A5: refusals are decided after the look-up."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    desk = Desk(storage)
    wish = os.urandom(16)
    (first,) = await desk.put(send(wang, room, "one", wish))
    await leave(storage, room, wang)
    again, refused = await desk.put(send(wang, room, "one", wish), send(wang, room, "two"))
    assert isinstance(first, SentOutcome)
    assert isinstance(again, SentOutcome)
    assert (again.seq, again.found) == (first.seq, True)
    assert isinstance(refused, NotParticipant)


async def test_a_stranger_gets_the_answer_for_an_unknown_conversation(storage: Storage) -> None:
    lina, wang, zhao = await company(storage, "acme", "Li Na", "Wang", "Zhao")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    stranger, unknown = await desk.put(send(zhao, talk, "hello"), send(zhao, talk + 1, "hello"))
    assert isinstance(stranger, ConversationNotFound)
    assert isinstance(unknown, ConversationNotFound)
    assert stranger.text() == unknown.text()


async def test_who_comes_back_writes_again(storage: Storage) -> None:
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    await leave(storage, room, wang)
    from_seq = await join(storage, room, wang)
    desk = Desk(storage)
    (answer,) = await desk.put(send(wang, room, "back"))
    assert isinstance(answer, SentOutcome)
    assert answer.seq == from_seq + 1

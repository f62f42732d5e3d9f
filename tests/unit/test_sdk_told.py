"""The core, fed with frames: what an application is told beside messages: counts, marks, the trace, the state."""

import msgspec

from tests.support.sdk_bench import LUNCH, Bench, history, lunch, new
from tests.support.sdk_peer import BEN
from yizhan import events, trace
from yizhan._protocol import commands
from yizhan._protocol import events as wire
from yizhan._protocol.codec import MESSAGEPACK
from yizhan.state import to_bytes


def test_a_direct_conversation_says_that_the_other_one_is_disabled(bench: Bench) -> None:
    """SPEC B5; also after a restart of the program."""
    direct = wire.ConversationState(conversation="direct----", kind="direct", seq=0, change=0, peer=BEN)
    bench.come_in(direct, lunch(0))
    bench.hear(wire.ProfileChanged(member=BEN, state="disabled"))
    shown = [event for event in bench.events if isinstance(event, events.ConversationUpdated | events.ProfileChanged)][-2:]
    known = bench.core.conversations.known["direct----"]
    assert known.peer_state == "disabled"
    assert shown == [events.ConversationUpdated(known), events.ProfileChanged(BEN, "disabled")]
    assert b'"peer_state":"disabled"' in to_bytes(bench.core.state())
    bench.hear(wire.ProfileChanged(member=BEN))
    assert bench.core.conversations.known["direct----"].peer_state == "active"


def test_unread_is_counted_until_the_server_says_it_better(bench: Bench) -> None:
    bench.come_in(lunch(0))
    bench.hear(new(1, 2))
    note = wire.Message(seq=3, sender=BEN, sent_at=3, body=MESSAGEPACK.raw({"kind": "note", "what": "joined"}))
    bench.hear(wire.Messages(conversation=LUNCH, after=2, up_to=3, messages=(note,)))
    assert bench.core.conversations.known[LUNCH].unread == 2
    bench.core.mark(LUNCH, read=1)
    (mark,) = bench.do(bench.core.take())
    bench.answer(mark, wire.Done)
    assert bench.core.conversations.known[LUNCH].unread == 1
    bench.hear(wire.OwnMarks(conversation=LUNCH, seq=3, read=2, delivered=3))
    assert (bench.core.conversations.known[LUNCH].unread, bench.core.conversations.known[LUNCH].read) == (0, 2)
    bench.hear(wire.ConversationChanged(state=lunch(3, unread=7)))
    assert bench.core.conversations.known[LUNCH].unread == 7


def test_counts_of_the_server_reach_up_to_its_seq_and_the_rest_is_counted_here(bench: Bench) -> None:
    bench.come_in(lunch(0))
    bench.hear(new(1, 2, 3))
    bench.hear(wire.OwnMarks(conversation=LUNCH, seq=2, read=1, delivered=2, unread=1))
    assert bench.core.conversations.known[LUNCH].unread == 2
    bench.hear(wire.OwnMarks(conversation=LUNCH, seq=5, read=1, delivered=2, unread=4))
    bench.hear(new(4, 5))
    assert bench.core.conversations.known[LUNCH].unread == 4


def test_own_sending_reads_what_the_server_says(bench: Bench) -> None:
    """LOG H2: only from right before it."""
    bench.come_in(lunch(0))
    for text in "ab":
        bench.core.send(LUNCH, text)
    first, second = bench.do(bench.core.take())
    bench.answer(first, wire.Sent, seq=1, sent_at=0, read=1)
    bench.hear(new(2))
    bench.answer(second, wire.Sent, seq=3, sent_at=0)
    known = bench.core.conversations.known[LUNCH]
    assert (known.read, known.unread, known.seq) == (1, 2, 3)


def test_a_mark_that_is_ahead_of_what_is_shown_counts_nothing_twice(bench: Bench) -> None:
    bench.come_in(lunch(0))
    bench.core.send(LUNCH, "a")
    (send,) = bench.do(bench.core.take())
    bench.answer(send, wire.Sent, seq=2, sent_at=0, read=2)
    bench.hear(new(1))
    assert bench.core.conversations.known[LUNCH].unread == 0


def test_a_body_of_an_unknown_kind_has_its_fallback(bench: Bench) -> None:
    bench.come_in(lunch(0))
    body = MESSAGEPACK.raw({"kind": "poll", "question": "Lunch?", "fallback": "a poll"})
    bench.hear(wire.Messages(conversation=LUNCH, after=0, up_to=1, messages=(wire.Message(seq=1, sender=BEN, sent_at=1, body=body),)))
    (event,) = [event for event in bench.events if isinstance(event, events.MessageReceived)]
    assert event.message.text == "a poll"


def test_the_trace_has_every_attempt_and_its_end(bench: Bench) -> None:
    bench.come_in(lunch(0))
    bench.core.send(LUNCH, "a")
    (send,) = bench.do(bench.core.take())
    bench.cut()
    (send,) = bench.come_in()
    bench.answer(send, wire.Sent, seq=1, sent_at=0)
    kinds = (trace.Attempted, trace.Answered, trace.Cut, trace.TokenKept)
    notes = [note for note in bench.notes if isinstance(note, kinds)]
    assert [note.__class__.__name__ for note in notes] == ["TokenKept", "Attempted", "Cut", "TokenKept", "Attempted", "Answered"]
    assert [note.attempt for note in notes if isinstance(note, trace.Attempted)] == [1, 2]


def test_the_state_is_readable_by_whoever_stores_it(bench: Bench) -> None:
    bench.come_in(lunch(3, name="午饭"))
    stored = msgspec.json.decode(to_bytes(bench.core.state()))
    assert stored["progress"]["cursors"][0]["state"]["name"] == "午饭"


def test_own_marks_are_set_again_after_every_cut_until_the_server_says_them(bench: Bench) -> None:
    bench.come_in(lunch(0))
    bench.hear(new(1, 2))
    bench.core.mark(LUNCH, read=2)
    (mark,) = bench.do(bench.core.take())
    bench.hear(wire.Done(request=mark.request))
    for _ in range(2):
        bench.cut()
        (again,) = bench.come_in(snapshot=False)
        assert isinstance(again, commands.Mark)
        assert again.read == 2
        bench.hear(wire.Done(request=again.request))
    bench.hear(wire.OwnMarks(conversation=LUNCH, seq=2, read=2, delivered=2))
    bench.cut()
    assert bench.come_in(snapshot=False) == []


def test_own_marks_that_come_late_change_nothing(bench: Bench) -> None:
    """Behind a page of heads wait events of before it."""
    bench.come_in(lunch(7, read=7))
    bench.hear(wire.OwnMarks(conversation=LUNCH, seq=5, read=4, delivered=4, unread=1))
    assert (bench.core.conversations.known[LUNCH].read, bench.core.conversations.known[LUNCH].unread) == (7, 0)
    bench.hear(wire.OwnMarks(conversation=LUNCH, seq=5, read=7, delivered=4, unread=1))
    assert bench.core.conversations.known[LUNCH].unread == 0


def test_a_state_of_before_ones_own_message_does_not_uncount_it(bench: Bench) -> None:
    """It is acknowledged before what was committed earlier is handed out (LOG F2)."""
    (asked,) = bench.come_in(lunch(3, unread=2, read=1))
    bench.hear(history(asked, 3))
    bench.core.send(LUNCH, "mine")
    (send,) = bench.do(bench.core.take())
    bench.answer(send, wire.Sent, seq=4, sent_at=4)
    assert bench.core.conversations.known[LUNCH].unread == 3
    bench.hear(wire.ConversationChanged(state=lunch(3, unread=2, read=1, draft="x")))
    state = bench.core.conversations.known[LUNCH]
    assert (state.seq, state.unread, state.read, state.draft) == (4, 3, 1, "x")

"""The core, fed with frames: what was wished is repeated until it is answered, and the two kinds of no."""

from collections.abc import Callable

import pytest

from tests.support.sdk_bench import DEVICE, LUNCH, Bench, history, lunch, message, new, refused, unknown
from tests.support.sdk_peer import ANNA, BEN, CONVERSATIONS
from yizhan import events
from yizhan._protocol import commands, limits
from yizhan._protocol import events as wire
from yizhan._protocol.bodies import NoteBody, TextBody
from yizhan._protocol.codec import MESSAGEPACK
from yizhan._protocol.errors import BodyInvalid, FrameInvalid, IdConflict
from yizhan.core import Core
from yizhan.entry import Login
from yizhan.errors import FrameTooLarge, OutcomeUnknown, ProtocolBroken, Refused
from yizhan.outbox import Wish
from yizhan.state import from_bytes, to_bytes
from yizhan.wishes import Name


def test_after_a_cut_all_is_sent_again_in_order_under_the_same_ids_before_anything_newer(bench: Bench) -> None:
    """LOG A7."""
    bench.come_in(lunch(0))
    for text in "abc":
        bench.core.send(LUNCH, text)
    first = bench.do(bench.core.take())
    bench.answer(first[1], wire.Sent, seq=2, sent_at=0)
    bench.cut()
    bench.core.send(LUNCH, "d")
    again = bench.come_in()
    assert [command.id for command in again] == [first[0].id, first[2].id, f"{4:032x}"]


def test_what_may_be_repeated_is_repeated_and_what_may_not_fails(bench: Bench) -> None:
    bench.come_in(lunch(3))
    name = Name(LUNCH, 1)
    bench.core.edit(name, "new", version=1)
    bench.core.change_password("old", "new")
    bench.core.react(name, "👍")
    bench.do(bench.core.take())
    bench.cut()
    ((wish, outcome),) = bench.outcomes
    assert isinstance(wish.command, commands.ChangePassword)
    assert isinstance(outcome, OutcomeUnknown)
    assert [command.__class__.__name__ for command in bench.come_in()] == ["History", "Edit", "React"]


def test_no_more_commands_are_under_way_than_the_server_takes(bench: Bench) -> None:
    bench.come_in()
    for number in range(40):
        bench.core.send(LUNCH, str(number))
    written = bench.do(bench.core.take())
    assert len(written) == limits.COMMANDS_UNDER_WAY
    assert len(bench.answer(written[0], wire.Sent, seq=1, sent_at=0)) == 1


def test_unknown_closes_the_connection_and_the_same_id_is_sent_again(bench: Bench) -> None:
    bench.come_in(lunch(0))
    bench.core.send(LUNCH, "a")
    bench.core.send(LUNCH, "b")
    first = bench.do(bench.core.take())
    bench.hear(unknown(first[0]))
    assert bench.closes
    bench.core.send(LUNCH, "c")
    assert bench.do(bench.core.take()) == []  # nothing more goes over this connection
    bench.cut(limits.CLOSE_UNKNOWN_OUTCOME)
    assert [command.id for command in bench.come_in()] == [f"{n:032x}" for n in (1, 2, 3)]
    assert bench.outcomes == []


def test_a_wish_on_which_the_server_fails_again_and_again_is_given_up(bench: Bench) -> None:
    bench.core.send(LUNCH, "poison")
    for _ in range(10):
        (send,) = bench.come_in()
        bench.hear(unknown(send, "server.internal"))
        bench.cut()
    ((_, outcome),) = bench.outcomes
    assert isinstance(outcome, OutcomeUnknown)
    assert outcome.id == f"{1:032x}"


def test_a_refused_send_fails_with_its_code(bench: Bench) -> None:
    bench.come_in()
    bench.core.send(LUNCH, "a")
    (send,) = bench.do(bench.core.take())
    bench.hear(refused(send))
    ((_, outcome),) = bench.outcomes
    assert isinstance(outcome, Refused)
    assert outcome.code == "conversation.muted"


def test_a_refused_send_that_is_seen_later_is_taken_as_sent(bench: Bench) -> None:
    """LOG A7: an earlier attempt lay elsewhere."""
    bench.come_in(lunch(0))
    bench.core.send(LUNCH, "a")
    (send,) = bench.do(bench.core.take())
    bench.hear(refused(send))
    seen = wire.Messages(conversation=LUNCH, after=0, up_to=1, messages=(message(1, ANNA, id=send.id),))
    bench.hear(seen)
    assert bench.events[-1] == events.SentAfterAll(send.id, LUNCH, 1)


def test_a_send_that_is_seen_before_its_answer_is_sent_and_not_repeated(bench: Bench) -> None:
    bench.come_in(lunch(0))
    bench.core.send(LUNCH, "no. 1")
    (send,) = bench.do(bench.core.take())
    bench.cut()
    (hello,) = bench.do(bench.core.connected(0))
    bench.hear(wire.Messages(conversation=LUNCH, after=0, up_to=1, messages=(message(1, ANNA, id=send.id),)))
    ((_, outcome),) = bench.outcomes
    assert isinstance(outcome, wire.Sent)
    assert outcome.seq == 1
    assert hello.request == 1


def test_other_content_under_an_id_of_ones_own_is_not_taken_as_sent(bench: Bench) -> None:
    bench.come_in(lunch(0))
    wish = bench.core.send(LUNCH, "something else", id="ab" * 16)
    bench.do(bench.core.take())
    bench.hear(wire.Messages(conversation=LUNCH, after=0, up_to=1, messages=(message(1, ANNA, id=wish.key),)))
    assert bench.outcomes == []


MINE = "ab" * 16


@pytest.mark.parametrize("is_another_run", [False, True])
def test_the_same_under_an_id_that_still_waits_is_that_wish(bench: Bench, is_another_run: bool) -> None:
    said = TextBody(text="lunch? 午饭?", reply_to=3, mentions=(BEN,))
    wishes = [bench.core.send(LUNCH, said, id=MINE)]
    forwarded = [bench.core.forward(LUNCH, Name(LUNCH, 2), id="cd" * 16)]
    if is_another_run:
        bench = Bench(state=from_bytes(to_bytes(bench.core.state())))
        wishes, forwarded = [], []
    wishes += [bench.core.send(LUNCH, said, id=MINE), bench.core.send(LUNCH, said, id=MINE, keep_draft=True)]
    forwarded += [bench.core.forward(LUNCH, Name(LUNCH, 2), id="cd" * 16)]
    assert list(bench.core.outbox.writes.values()) == [wishes[0], forwarded[0]]
    assert len(set(wishes)) == len(set(forwarded)) == 1


OTHERWISE: dict[str, Callable[[Core], Wish]] = {
    "another text": lambda core: core.send(LUNCH, "two", id=MINE),
    "an answer": lambda core: core.send(LUNCH, TextBody(text="one", reply_to=1), id=MINE),
    "another conversation": lambda core: core.send(CONVERSATIONS[1], "one", id=MINE),
    "a forward": lambda core: core.forward(LUNCH, Name(LUNCH, 1), id=MINE),
    "no message": lambda core: core.favourite(Name(LUNCH, 1), id=MINE),
}


@pytest.mark.parametrize("is_another_run", [False, True])
@pytest.mark.parametrize("otherwise", OTHERWISE)
def test_something_else_under_an_id_that_still_waits_is_a_conflict_and_changes_nothing(
    bench: Bench, otherwise: str, is_another_run: bool
) -> None:
    bench.core.send(LUNCH, "one", id=MINE)
    if is_another_run:
        bench = Bench(state=from_bytes(to_bytes(bench.core.state())))
    before = to_bytes(bench.core.state())
    with pytest.raises(IdConflict) as refused:
        OTHERWISE[otherwise](bench.core)
    assert refused.value.code == "id.conflict"
    assert to_bytes(bench.core.state()) == before


def test_another_favourite_under_an_id_that_still_waits_is_a_conflict(bench: Bench) -> None:
    bench.core.favourite(Name(LUNCH, 1), note="the menu", id=MINE)
    bench.core.favourite(Name(LUNCH, 1), note="the menu", id=MINE)
    with pytest.raises(IdConflict):
        bench.core.favourite(Name(LUNCH, 1), note="the bill", id=MINE)


def test_an_acknowledged_message_is_shown_in_its_place(bench: Bench) -> None:
    bench.come_in(lunch(0))
    bench.core.send(LUNCH, "mine")
    (send,) = bench.do(bench.core.take())
    bench.answer(send, wire.Sent, seq=2, sent_at=7)
    assert bench.received() == []
    bench.hear(new(1))
    assert bench.received() == [1, 2]


def test_the_first_answer_to_a_repeated_send_shows_nothing_for_it_may_have_been_changed_since(bench: Bench) -> None:
    bench.core.send(LUNCH, "mine", id="f" * 32)
    bench.come_in(lunch(0))
    (asked,) = bench.answer(bench.written[-1], wire.Sent, seq=1, sent_at=7)
    assert bench.received() == []
    assert (asked.after, asked.limit) == (0, 1)
    bench.hear(history(asked, 1))
    assert bench.received() == [1]


def test_what_one_changed_oneself_is_fetched_if_no_event_brings_it(bench: Bench) -> None:
    (asked,) = bench.come_in(lunch(1))
    bench.hear(history(asked, 1))
    bench.core.react(Name(LUNCH, 1), "👍")
    (react,) = bench.do(bench.core.take())
    bench.answer(react, wire.Changed, change=1, version=1)
    assert bench.core.next_tick is not None
    (changes,) = bench.do(bench.core.tick(bench.core.next_tick))
    assert isinstance(changes, commands.Changes)


def test_marks_that_wait_are_joined(bench: Bench) -> None:
    wishes = {bench.core.mark(LUNCH, read=read, delivered=9 - read) for read in (1, 5, 3)}
    assert len(wishes) == 1
    (mark,) = bench.come_in()
    assert (mark.read, mark.delivered) == (5, 8)


def test_the_outbox_survives_the_program_in_order(bench: Bench) -> None:
    bench.core.send(LUNCH, {"kind": "location", "latitude": 31.0, "longitude": 121.5})
    bench.core.forward(LUNCH, Name(CONVERSATIONS[1], 7))
    again = Bench(state=from_bytes(to_bytes(bench.core.state())))
    first, second = again.come_in()
    assert MESSAGEPACK.plain(first.body) == {"kind": "location", "latitude": 31.0, "longitude": 121.5}
    assert (first.id, second.id, second.forward.seq) == (f"{1:032x}", f"{2:032x}", 7)


def test_the_state_of_another_login_is_not_used(bench: Bench) -> None:
    bench.come_in()
    bench.core.send(LUNCH, "a")
    other = Bench(Login(DEVICE, name="1002", password="p"), state=bench.core.state())
    assert other.core.session is None
    assert not other.core.outbox.writes


def test_what_the_server_could_not_read_is_refused_before_it_is_sent(bench: Bench) -> None:
    with pytest.raises(FrameTooLarge):
        bench.core.wish(commands.SetDraft(request=0, conversation=LUNCH, text="x" * 100_000))
    with pytest.raises(FrameInvalid):
        bench.core.send("no conversation has such an id", "hi")
    with pytest.raises(BodyInvalid):
        bench.core.send(LUNCH, "")
    with pytest.raises(BodyInvalid):
        bench.core.send(LUNCH, NoteBody(what="joined"))
    assert not bench.core.outbox.writes


def test_reads_are_asked_anew_after_a_cut_and_do_not_hold_up_messages(bench: Bench) -> None:
    bench.come_in()
    for _ in range(20):
        bench.core.ask(commands.ListSessions(request=0))
    bench.core.send(LUNCH, "a")
    written = bench.do(bench.core.take())
    assert [command.__class__ for command in written] == [commands.ListSessions] * 4 + [commands.Send]
    bench.cut()
    assert len(bench.come_in()) == 5
    assert len(bench.core.state().outbox) == 1


def test_typing_is_told_at_once_or_not_at_all(bench: Bench) -> None:
    bench.core.typing(LUNCH)
    assert bench.come_in() == []
    bench.core.typing(LUNCH)
    (typing,) = bench.do(bench.core.take())
    bench.hear(refused(typing, "conversation.not_found"))
    assert bench.outcomes == []


def test_a_read_on_which_the_server_fails_is_no_reason_to_close(bench: Bench) -> None:
    bench.come_in()
    bench.core.ask(commands.ListSessions(request=0))
    (read,) = bench.do(bench.core.take())
    bench.hear(unknown(read, "server.internal"))
    ((_, outcome),) = bench.outcomes
    assert isinstance(outcome, OutcomeUnknown)
    assert not bench.closes


def test_an_answer_to_what_was_not_asked_is_not_believed(bench: Bench) -> None:
    bench.come_in(lunch(1))
    with pytest.raises(ProtocolBroken):
        bench.hear(wire.Done(request=99))
    with pytest.raises(ProtocolBroken):
        bench.answer(bench.written[-1], wire.Done)  # a page of history was asked

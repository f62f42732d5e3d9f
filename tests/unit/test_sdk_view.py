"""What a device knows of one conversation: ranges from anywhere in any order, shown in order (LOG E5, F2 to F4)."""

import msgspec
import pytest

from yizhan import events
from yizhan._protocol.bodies import TextBody
from yizhan.messages import Message
from yizhan.ranges import Ranges
from yizhan.view import Hole, View


def message(seq: int, *, change: int = 0, text: str = "hi", version: int = 1, recalled: bool = False, pinned: bool = False) -> Message:
    body = None if recalled else TextBody(text=text)
    more = {"change": change, "version": version, "recalled": recalled, "pinned": pinned}
    return msgspec.structs.replace(Message(conversation="lunch", seq=seq, sender="anna", sent_at=seq, body=body), **more)


def rows(*seqs: int) -> tuple[Message, ...]:
    return tuple(message(seq) for seq in seqs)


def seqs(shown: list[events.Event]) -> list[int]:
    assert all(isinstance(event, events.MessageReceived) for event in shown), shown
    return [event.message.seq for event in shown if isinstance(event, events.MessageReceived)]


@pytest.fixture
def view() -> View:
    return View("lunch")


def test_ranges_know_their_run_and_their_first_hole() -> None:
    held = Ranges([(1, 3), (7, 9)])
    held.add(11, 11)
    assert (held.run, held.hole(12), held.hole(3), 8 in held, 6 in held) == (3, (4, 6), None, True, False)
    held.add(4, 6)
    assert (held.run, held.hole(20)) == (9, (10, 10))
    held.remove(5)
    assert (held.run, held.hole(20), 6 in held) == (4, (5, 5), True)


def test_a_message_above_a_hole_waits_until_the_hole_is_filled(view: View) -> None:
    assert seqs(view.take_messages(0, 2, rows(1, 2))) == [1, 2]
    assert seqs(view.take_messages(4, 5, rows(5))) == []
    assert view.hole() == Hole(2, 4)
    assert seqs(view.take_messages(2, 4, rows(3, 4))) == [3, 4, 5]
    assert view.hole() is None


def test_an_acknowledgement_makes_its_own_seq_known_and_no_other(view: View) -> None:
    """LOG F2."""
    view.take_messages(0, 1, rows(1))
    assert seqs(view.take_own(message(3))) == []
    assert (view.run.run, view.hole()) == (1, None)  # nobody has told of 2 yet
    assert seqs(view.take_messages(1, 3, rows(2, 3))) == [2, 3]


def test_the_event_for_an_acknowledged_message_shows_it_once(view: View) -> None:
    assert seqs(view.take_own(message(1))) == [1]
    assert seqs(view.take_messages(0, 1, rows(1))) == []


def test_a_change_that_was_overtaken_closes_the_run_without_a_row(view: View) -> None:
    """LOG F3: number 1 was overtaken by number 2."""
    view.take_messages(0, 1, rows(1))
    assert view.take_changes(0, 1, ()) == []
    assert view.hole() is None
    assert view.take_changes(1, 2, (message(1, change=2, version=3),)) == [events.MessageEdited(message(1, change=2, version=3))]


def test_an_older_page_never_replaces_a_newer_row(view: View) -> None:
    view.take_messages(0, 1, rows(1))
    view.take_changes(0, 2, (message(1, change=2, version=2, text="new"),))
    assert view.take_changes(0, 1, (message(1, change=1, text="old"),)) == []
    assert view.take_messages(0, 1, (message(1, change=1, text="old"),)) == []
    assert view.rows[1].text == "new"


def test_an_older_page_says_nothing_of_a_row_that_was_let_go() -> None:
    view = View("lunch", keep=0)
    view.take_messages(0, 1, rows(1))
    assert view.take_changes(8, 9, (message(1, change=9, version=3),))
    assert view.hole() == Hole(0)
    assert view.take_changes(0, 8, (message(1, change=5, version=2),)) == []


def test_a_change_of_a_message_that_is_not_here_yet_is_kept_for_it(view: View) -> None:
    """LOG F3: a recalled message that was never fetched comes as a recall, without its text."""
    view.tell(seq=1)
    assert view.take_changes(0, 1, (message(1, change=1, version=2, recalled=True),)) == []
    (shown,) = view.take_messages(0, 1, rows(1))
    assert isinstance(shown, events.MessageReceived)
    assert shown.message.recalled
    assert shown.message.text == ""


def test_a_range_that_is_not_for_this_viewer_closes_the_run(view: View) -> None:
    """Two stays, 1 … 2 and 6 … 7: between them there is nothing to see (LOG F4)."""
    view.take_messages(0, 2, rows(1, 2))
    view.leave(2)
    view.come_back()
    view.take_messages(5, 7, rows(6, 7))
    assert view.hole() == Hole(2, 5)
    assert seqs(view.take_messages(2, 5, ())) == [6, 7]


def test_a_row_that_a_change_brought_is_dropped_where_its_seq_is_skipped(view: View) -> None:
    view.take_changes(0, 1, (message(2, change=1),))
    assert seqs(view.take_messages(0, 3, rows(1, 3))) == [1, 3]


def test_who_left_asks_for_changes_once(view: View) -> None:
    """LOG F4, E5: the answer is not cut at a number, so it may end below what was told."""
    view.take_messages(0, 3, rows(1, 2, 3))
    view.tell(change=5)
    view.leave(3)
    hole = view.hole()
    assert hole == Hole(0, ending=1)
    view.take_changes(0, 4, (message(2, change=4, recalled=True),))
    view.close(hole.ending)
    assert view.hole() is None


def test_the_answer_for_an_earlier_leaving_does_not_stand_for_a_later_one(view: View) -> None:
    view.leave(3)
    view.take_messages(0, 3, rows(1, 2, 3))
    first = view.hole()
    assert first is not None
    view.come_back()
    view.leave(3)
    view.close(first.ending)
    assert view.closing


def test_hidden_messages_go_and_a_hole_in_the_hidings_is_asked_for(view: View) -> None:
    view.take_messages(0, 3, rows(1, 2, 3))
    assert view.take_hidden(0, 1, (2,)) == [events.MessageHidden("lunch", 2)]
    view.take_hidden(2, 3, (3,))
    assert view.hole() == Hole(0, hidden=1)
    assert view.take_hidden(1, 3, (1, 3)) == [events.MessageHidden("lunch", 1), events.MessageHidden("lunch", 3)]
    assert view.hole() is None


def test_a_message_hidden_while_it_waits_is_never_shown(view: View) -> None:
    view.take_messages(1, 2, rows(2))
    assert view.take_hidden(0, 1, (2,)) == []
    assert seqs(view.take_messages(0, 2, rows(1, 2))) == [1]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (message(1), message(1, change=1, version=2), events.MessageEdited),
        (message(1), message(1, change=1, version=2, recalled=True), events.MessageRecalled),
        (message(1), message(1, change=1, pinned=True), events.MessagePinned),
        (message(1), message(1, change=1), events.ReactionsChanged),
    ],
)
def test_an_event_says_what_happened_to_a_message(view: View, before: Message, after: Message, kind: type[events.Event]) -> None:
    view.take_messages(0, 1, (before,))
    (event,) = view.take_changes(0, 1, (after,))
    assert isinstance(event, kind)

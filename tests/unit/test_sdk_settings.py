"""The core, fed with frames: own settings and drafts, and what was said before them (LOG F2)."""

from typing import Any

from tests.support.sdk_bench import LUNCH, Bench, history, lunch
from yizhan import events
from yizhan._protocol import events as wire
from yizhan.wishes import Name


def test_own_settings_are_known_when_they_are_stored(bench: Bench) -> None:
    bench.come_in(lunch(0))
    bench.core.set_conversation(LUNCH, unread=True, archived=False)
    bench.core.set_draft(LUNCH, "And …")
    for command in bench.do(bench.core.take()):
        bench.answer(command, wire.Done)
    known = bench.core.conversations.known[LUNCH]
    assert (known.marked_unread, known.draft, known.archived) == (True, "And …", False)
    assert bench.events[-1] == events.ConversationUpdated(known)


def test_what_one_hides_is_gone_at_once(bench: Bench) -> None:
    (asked,) = bench.come_in(lunch(1))
    bench.hear(history(asked, 1))
    bench.core.delete_for_me(Name(LUNCH, 1))
    (hide,) = bench.do(bench.core.take())
    bench.answer(hide, wire.Done)
    assert bench.events[-1] == events.MessageHidden(LUNCH, 1)


def acknowledged(bench: Bench, **settings: Any) -> None:
    """This device sets them, and the server says that they are stored."""
    if "draft" in settings:
        bench.core.set_draft(LUNCH, settings["draft"])
    else:
        bench.core.set_conversation(LUNCH, **settings)
    (command,) = bench.do(bench.core.take())
    bench.answer(command, wire.Done)


def shown(bench: Bench) -> list[tuple[str, bool, bool]]:
    """Draft, mute and the flag 'unread', as an application was told them."""
    told = [event.conversation for event in bench.events if isinstance(event, events.ConversationUpdated)]
    return [(one.draft, one.muted, one.marked_unread) for one in told]


def test_a_state_of_before_an_own_setting_does_not_take_it_back_for_a_moment(bench: Bench) -> None:
    bench.come_in(lunch(0))
    acknowledged(bench, muted=True)
    acknowledged(bench, draft="And …")
    acknowledged(bench, unread=True)
    since = len(shown(bench))
    for late in (lunch(0), lunch(0, muted=True), lunch(0, muted=True, draft="And …")):
        bench.hear(wire.ConversationChanged(state=late))
    bench.hear(wire.OwnMarks(conversation=LUNCH, seq=0, read=0, delivered=0))
    bench.hear(wire.ConversationChanged(state=lunch(0, muted=True, draft="And …", marked_unread=True)))
    assert set(shown(bench)[since:]) == {("And …", True, True)}
    bench.hear(wire.ConversationChanged(state=lunch(0, muted=True, draft="of the other device")))
    assert shown(bench)[-1] == ("of the other device", True, False), "the server has said ours: what comes now is newer"


def test_a_setting_that_was_set_twice_outlasts_what_was_said_between(bench: Bench) -> None:
    bench.come_in(lunch(0))
    for draft in ("a", "b", "a"):
        acknowledged(bench, draft=draft)
    since = len(shown(bench))
    for draft in ("a", "b", "a"):
        bench.hear(wire.ConversationChanged(state=lunch(0, draft=draft)))
    assert {draft for draft, _, _ in shown(bench)[since:]} == {"a"}


def test_what_another_device_set_meanwhile_is_believed_when_nothing_else_comes(bench: Bench) -> None:
    bench.come_in(lunch(0))
    acknowledged(bench, draft="mine")
    bench.hear(wire.ConversationChanged(state=lunch(0, draft="theirs")))
    bench.now = 999
    bench.do(bench.core.tick(bench.now))
    assert bench.core.conversations.known[LUNCH].draft == "mine"
    bench.now = 1000
    bench.do(bench.core.tick(bench.now))
    assert shown(bench)[-1][0] == bench.core.conversations.known[LUNCH].draft == "theirs"
    bench.hear(wire.ConversationChanged(state=lunch(0, draft="")))
    assert bench.core.conversations.known[LUNCH].draft == ""


def test_a_setting_that_was_set_again_is_not_given_up_for_what_was_said_before_it(bench: Bench) -> None:
    bench.come_in(lunch(0))
    acknowledged(bench, draft="a")
    bench.hear(wire.ConversationChanged(state=lunch(0, draft="of before")))
    acknowledged(bench, draft="b")
    bench.now = 1000
    bench.do(bench.core.tick(bench.now))
    assert bench.core.conversations.known[LUNCH].draft == "b"


def test_sending_takes_the_draft_away_and_a_look_the_flag(bench: Bench) -> None:
    bench.come_in(lunch(1, read=0, unread=1))
    acknowledged(bench, draft="And …")
    acknowledged(bench, unread=True)
    bench.core.send(LUNCH, "sent")
    sent = bench.do(bench.core.take())[-1]
    bench.answer(sent, wire.Sent, seq=2, sent_at=2, read=2)
    bench.hear(wire.ConversationChanged(state=lunch(2, read=2)))
    known = bench.core.conversations.known[LUNCH]
    assert (known.draft, known.marked_unread, known.unread) == ("", False, 0)


def test_a_page_of_a_new_connection_is_newer_than_own_settings(bench: Bench) -> None:
    bench.come_in(lunch(0))
    acknowledged(bench, draft="mine")
    bench.cut()
    bench.come_in(lunch(0, draft="theirs"))
    assert bench.core.conversations.known[LUNCH].draft == "theirs"


def test_a_state_of_before_an_own_mark_does_not_make_it_unread_for_a_moment(bench: Bench) -> None:
    bench.come_in(lunch(3, unread=3))
    bench.core.mark(LUNCH, read=3)
    mark = bench.do(bench.core.take())[-1]
    bench.answer(mark, wire.Done)
    bench.hear(wire.ConversationChanged(state=lunch(3, unread=3, muted=True)))
    known = bench.core.conversations.known[LUNCH]
    assert (known.read, known.unread, known.muted) == (3, 0, True)

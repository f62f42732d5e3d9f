"""The core, fed with frames: what was missed is fetched, in order and once."""

from tests.support.sdk_bench import LUNCH, ME, Bench, history, lunch, message, new, refused
from tests.support.sdk_peer import BEN
from yizhan import events
from yizhan._protocol import commands
from yizhan._protocol import events as wire
from yizhan.conversations import Policy
from yizhan.state import from_bytes, to_bytes


def test_ten_thousand_missed_messages_are_fetched_page_by_page_and_shown_in_order(bench: Bench) -> None:
    (asked,) = bench.come_in(lunch(10_000))
    bench.hear(new(10_001, 10_002))
    requests = 0
    while asked:
        requests += 1
        (asked,) = bench.hear(history(asked, 10_000)) or (None,)
    assert bench.received() == list(range(1, 10_003))
    assert requests == 50


def test_a_conversation_has_one_fetch_under_way_and_a_connection_a_few(bench: Bench) -> None:
    states = [wire.ConversationState(conversation=f"conv{n:06}", kind="group", seq=300, change=0) for n in range(1_000)]
    first = bench.come_in(*states)
    assert len({asked.conversation for asked in first}) == len(first) == 4
    (second,) = bench.hear(history(first[0], 300))
    assert second.conversation not in {asked.conversation for asked in first[1:]}


def test_of_a_new_conversation_only_the_recent_past_is_fetched_if_that_is_wanted() -> None:
    bench = Bench(policy=Policy(recent=3))
    (asked,) = bench.come_in(lunch(10), snapshot=True)
    assert (asked.after, asked.limit) == (7, 3)


def test_a_robot_that_wants_nothing_of_the_past_gets_what_is_new_since_it_first_came() -> None:
    bench = Bench(policy=Policy(recent=0))
    assert bench.come_in(lunch(10), snapshot=True) == []
    bench.cut()
    direct = wire.ConversationState(conversation="direct----", kind="direct", seq=2, change=0)
    (news, opened) = bench.come_in(lunch(11), direct)  # written, and opened, while it was away
    assert (news.conversation, news.after, opened.conversation, opened.after) == (LUNCH, 10, "direct----", 0)


def test_heads_that_were_told_and_not_fetched_survive_the_program(bench: Bench) -> None:
    """LOG E5: the token covers what was told; what was not fetched is the device's own to remember."""
    (asked,) = bench.come_in(lunch(500))
    bench.hear(history(asked, 500))
    again = Bench(state=from_bytes(to_bytes(bench.core.state())))
    (asked,) = again.come_in()
    assert (again.written[-2].token, asked.after) == ("t1", 200)


def test_a_live_event_above_the_hole_is_fetched_again_after_a_restart(bench: Bench) -> None:
    bench.come_in(lunch(2))
    bench.hear(new(3))
    again = Bench(state=from_bytes(to_bytes(bench.core.state())))
    (asked,) = again.come_in()
    again.hear(history(asked, 3))
    assert again.received() == [1, 2, 3]


def test_an_own_message_that_waits_above_a_hole_is_fetched_again_after_a_restart(bench: Bench) -> None:
    """No event brought it to this connection, and a token may cover it already."""
    bench.come_in(lunch(2))
    bench.core.send(LUNCH, "mine")
    (send,) = bench.do(bench.core.take())
    bench.answer(send, wire.Sent, seq=3, sent_at=0)
    bench.hear(wire.SyncToken(token="t2"))
    again = Bench(state=from_bytes(to_bytes(bench.core.state())))
    (asked,) = again.come_in(token="t3")
    assert (again.written[-2].token, asked.after, asked.limit) == ("t2", 0, 3)


def test_a_snapshot_drops_what_was_known(bench: Bench) -> None:
    """LOG E4: seqs come again."""
    (asked,) = bench.come_in(lunch(2))
    bench.hear(history(asked, 2))
    bench.cut()
    bench.events.clear()
    (asked,) = bench.come_in(lunch(1), snapshot=True)
    assert asked.after == 0
    bench.hear(history(asked, 1))
    assert events.SnapshotStarted() in bench.events
    assert bench.received() == [1]


def test_a_snapshot_that_begins_between_two_pages_starts_over(bench: Bench) -> None:
    bench.come_in(lunch(2))
    bench.cut()
    (hello,) = bench.do(bench.core.connected(0))
    (resume,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    (sync,) = bench.answer(resume, wire.Resumed, session="s1", me=ME)
    (second,) = bench.answer(sync, wire.SyncPage, conversations=(lunch(3),), page="2")
    (third,) = bench.answer(second, wire.SyncPage, conversations=(), token="x", snapshot=True)
    assert (third.token, third.page) == ("", "")


def test_a_cut_between_two_pages_of_sync_keeps_the_old_token(bench: Bench) -> None:
    bench.come_in(token="t1")
    bench.cut()
    (hello,) = bench.do(bench.core.connected(0))
    (resume,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    (sync,) = bench.answer(resume, wire.Resumed, session="s1", me=ME)
    bench.answer(sync, wire.SyncPage, conversations=(lunch(3),), page="2")
    assert bench.core.progress().token == "t1"


def test_who_left_asks_for_the_changes_once(bench: Bench) -> None:
    """LOG F4."""
    (asked,) = bench.come_in(lunch(2))
    bench.hear(history(asked, 2))
    (changes,) = bench.hear(wire.Left(conversation=LUNCH, seq=2, change=4))
    assert isinstance(changes, commands.Changes)
    page = wire.ChangesPage(request=changes.request, conversation=LUNCH, after=0, up_to=3, messages=(message(1, change=3, version=2),))
    assert bench.hear(page) == []
    assert events.LeftConversation(LUNCH, 2) in bench.events
    assert isinstance(bench.events[-1], events.MessageEdited)


def test_a_stay_that_ended_meanwhile_is_an_event_and_asks_for_the_changes(bench: Bench) -> None:
    (asked,) = bench.come_in(lunch(2))
    bench.hear(history(asked, 2))
    bench.cut()
    (changes,) = bench.come_in(lunch(2, change=1, ended=True))
    assert isinstance(changes, commands.Changes)
    assert events.LeftConversation(LUNCH, 2) in bench.events


def test_an_answer_that_brings_nothing_is_not_asked_for_again_and_again(bench: Bench) -> None:
    (asked,) = bench.come_in(lunch(2))
    empty = wire.HistoryPage(request=asked.request, conversation=LUNCH, after=0, up_to=0, messages=())
    assert bench.hear(empty) == []
    assert len(bench.hear(new(3))) == 1  # there is news: once more


def test_a_refused_fetch_is_tried_again_when_the_server_said_so(bench: Bench) -> None:
    (asked,) = bench.come_in(lunch(2))
    assert bench.hear(refused(asked, "server.busy", retry_after_ms=2_000)) == []
    assert bench.core.next_tick == 2_000
    (again,) = bench.do(bench.core.tick(2_000))
    assert again.after == 0


def test_an_application_that_cannot_keep_up_stops_the_fetching(bench: Bench) -> None:
    bench.core.fetches = False
    assert bench.come_in(lunch(500)) == []
    bench.core.fetches = True
    assert len(bench.do(bench.core.take())) == 1


def test_an_event_of_a_conversation_that_nobody_told_of_begins_it(bench: Bench) -> None:
    bench.come_in()
    (asked,) = bench.hear(new(4))
    assert (asked.after, asked.limit) == (0, 3)


def test_one_conversation_is_opened_and_joined(bench: Bench) -> None:
    bench.come_in()
    bench.core.open_direct(number="1001")
    (open_direct,) = bench.do(bench.core.take())
    bench.answer(open_direct, wire.Opened, conversation=lunch(0))
    (event,) = bench.events[-1:]
    assert isinstance(event, events.JoinedConversation)
    bench.hear(wire.IsTyping(conversation=LUNCH, member=BEN), wire.ProfileChanged(member=BEN), wire.FavouritesChanged())
    assert bench.events[-3:] == [events.Typing(LUNCH, BEN), events.ProfileChanged(BEN), events.FavouritesChanged()]


def test_coming_back_into_a_conversation_fetches_what_changed_meanwhile(bench: Bench) -> None:
    """LOG F4: who joins is told the change with the event."""
    (asked,) = bench.come_in(lunch(2))
    bench.hear(history(asked, 2))
    (changes,) = bench.hear(wire.Left(conversation=LUNCH, seq=2, change=0))
    bench.hear(wire.ChangesPage(request=changes.request, conversation=LUNCH, after=0, up_to=0, messages=()))
    (asked,) = bench.hear(wire.ConversationChanged(state=lunch(6, change=3)))
    assert (asked.after, asked.limit) == (2, 4)
    skipped = wire.HistoryPage(
        request=asked.request, conversation=LUNCH, after=2, up_to=6, messages=(message(6),), skipped=(wire.Skipped(3, 5),)
    )
    (changes,) = bench.hear(skipped)
    assert (changes.after, bench.received()) == (0, [1, 2, 6])
    assert isinstance(bench.events[-2], events.JoinedConversation)

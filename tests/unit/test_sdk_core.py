"""The core, fed with frames: coming in, catching up, repeating, and the two kinds of no."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.unit.test_sdk_peer import ANNA, BEN, CONVERSATIONS
from yizhan import events, trace
from yizhan._protocol import commands, limits
from yizhan._protocol import events as wire
from yizhan._protocol.bodies import NoteBody, TextBody
from yizhan._protocol.codec import MESSAGEPACK
from yizhan._protocol.errors import BodyInvalid, FrameInvalid, IdConflict
from yizhan.backoff import Backoff
from yizhan.base import Outcome
from yizhan.conversations import Policy
from yizhan.core import Core, Step
from yizhan.entry import Login
from yizhan.errors import FrameTooLarge, OutcomeUnknown, PasswordChangeRequired, ProtocolBroken, Refused, SignInRefused
from yizhan.outbox import Wish
from yizhan.state import State, from_bytes, to_bytes
from yizhan.wishes import Name

LUNCH = CONVERSATIONS[0]
ME = wire.MemberInfo(member=ANNA, name="Anna")
DEVICE = commands.Device(id="device-00", device_class="desktop")
ROBOT = Login(DEVICE, token="yzr_secret")
ALL = Policy(fetch="all")


class Bench:
    """A core, and everything that it wrote and said."""

    def __init__(self, login: Login = ROBOT, *, policy: Policy = ALL, state: State | None = None) -> None:
        self.ids = 0
        self.notes: list[object] = []
        self.core = Core(login, new_id=self._new_id, jitter=lambda: 1.0, policy=policy, state=state, trace=self.notes.append)
        self.written: list[Any] = []
        self.events: list[events.Event] = []
        self.outcomes: list[Outcome] = []
        self.now = 0
        self.closes = False

    def _new_id(self) -> str:
        self.ids += 1
        return f"{self.ids:032x}"

    def do(self, step: Step) -> list[Any]:
        """What it writes."""
        self.written += step.commands
        self.events += step.events
        self.outcomes += step.outcomes
        self.closes = step.close
        return list(step.commands)

    def hear(self, *frames: wire.Frame) -> list[Any]:
        return [command for frame in frames for command in self.do(self.core.received(frame, self.now))]

    def answer(self, command: Any, kind: Any, **fields: Any) -> list[Any]:
        return self.hear(kind(request=command.request, **fields))

    def come_in(self, *states: wire.ConversationState, token: str = "t1", snapshot: bool = False) -> list[Any]:
        """Connect, sign in or resume, one page of sync; gives what is written once it is live."""
        (hello,) = self.do(self.core.connected(self.now))
        (enter,) = self.answer(hello, wire.Welcome, version=1, server="s", time=0)
        if isinstance(enter, commands.Resume):
            (sync,) = self.answer(enter, wire.Resumed, session="s1", me=ME)
        else:
            (sync,) = self.answer(enter, wire.SignedIn, session="s1", token="yzs_1", me=ME)
        return self.answer(sync, wire.SyncPage, conversations=states, token=token, snapshot=snapshot)

    def cut(self, code: int = 1006) -> int | None:
        self.do(self.core.disconnected(self.now, code))
        return self.core.reconnect_at

    def received(self) -> list[int]:
        return [event.message.seq for event in self.events if isinstance(event, events.MessageReceived)]


def lunch(seq: int, *, change: int = 0, **more: Any) -> wire.ConversationState:
    return wire.ConversationState(conversation=LUNCH, kind="group", seq=seq, change=change, **more)


def message(seq: int, sender: str = BEN, **more: Any) -> wire.Message:
    return wire.Message(seq=seq, sender=sender, sent_at=seq, body=MESSAGEPACK.raw({"kind": "text", "text": f"no. {seq}"}), **more)


def new(*seqs: int) -> wire.Messages:
    return wire.Messages(conversation=LUNCH, after=seqs[0] - 1, up_to=seqs[-1], messages=tuple(map(message, seqs)))


def history(asked: commands.History, last: int) -> wire.HistoryPage:
    after = asked.after or 0
    up_to = min(after + asked.limit, last)
    found = tuple(message(seq) for seq in range(after + 1, up_to + 1))
    return wire.HistoryPage(request=asked.request, conversation=asked.conversation, after=after, up_to=up_to, messages=found)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def refused(command: Any, code: str = "conversation.muted", **more: Any) -> wire.ErrorFrame:
    return wire.ErrorFrame(request=command.request, kind="refused", code=code, text="no", **more)


def unknown(command: Any, code: str = "server.outcome_unknown", **more: Any) -> wire.ErrorFrame:
    return wire.ErrorFrame(request=command.request, kind="unknown", code=code, text="?", **more)


# ---- coming in


def test_a_session_is_resumed_by_its_token_and_the_newest_sync_token(bench: Bench) -> None:
    bench.come_in(snapshot=True)
    bench.hear(wire.SyncToken(token="t2"))
    bench.cut()
    bench.come_in()
    resume, sync = bench.written[-2:]
    assert (resume.token, sync.token) == ("yzs_1", "t2")


def test_a_rotated_token_takes_the_place_of_the_old_one_when_it_has_come(bench: Bench) -> None:
    bench.come_in()
    bench.cut()
    (hello,) = bench.do(bench.core.connected(0))
    (resume,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    saves = bench.core.saves
    bench.answer(resume, wire.Resumed, session="s1", me=ME, token="yzs_2")
    assert bench.core.state().session is not None
    assert bench.core.state().session.token == "yzs_2"  # type: ignore[union-attr]
    assert bench.core.saves > saves  # it is kept before it is used


def test_a_token_that_is_worth_nothing_is_answered_by_signing_in(bench: Bench) -> None:
    bench.come_in()
    bench.cut()
    (hello,) = bench.do(bench.core.connected(0))
    (resume,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    (enter,) = bench.hear(refused(resume, "session.ended"))
    assert isinstance(enter, commands.SignInWithToken)


def test_a_refused_sign_in_is_final(bench: Bench) -> None:
    (hello,) = bench.do(bench.core.connected(0))
    (enter,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    bench.hear(refused(enter, "sign_in.failed"))
    assert isinstance(bench.core.over, SignInRefused)
    assert bench.closes
    assert bench.cut(limits.CLOSE_NOT_AUTHENTICATED) is None


def test_a_busy_server_is_asked_again_not_before_the_time_that_it_named(bench: Bench) -> None:
    (hello,) = bench.do(bench.core.connected(0))
    (enter,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    bench.hear(refused(enter, "server.busy", retry_after_ms=7_000))
    at = bench.cut()
    assert at is not None
    assert 7_000 <= at <= 8_000


def test_an_initial_password_is_replaced_on_the_way_in() -> None:
    bench = Bench(Login(DEVICE, name="1001", password="initial", new_password="my own"))
    (hello,) = bench.do(bench.core.connected(0))
    (enter,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    (change,) = bench.answer(enter, wire.SignedIn, session="s1", token="yzs_1", me=ME, password_change_required=True)
    assert (change.old, change.new) == ("initial", "my own")
    (sync,) = bench.answer(change, wire.Done)
    assert isinstance(sync, commands.Sync)


def test_without_a_new_password_there_is_no_way_in() -> None:
    bench = Bench(Login(DEVICE, name="1001", password="initial"))
    (hello,) = bench.do(bench.core.connected(0))
    (enter,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    bench.answer(enter, wire.SignedIn, session="s1", token="yzs_1", me=ME, password_change_required=True)
    assert isinstance(bench.core.over, PasswordChangeRequired)


@pytest.mark.parametrize("code", [1000, 1001, 1006, limits.CLOSE_RESUME, limits.CLOSE_UNKNOWN_OUTCOME, limits.CLOSE_NOT_AUTHENTICATED])
def test_it_comes_back_after_most_closes(bench: Bench, code: int) -> None:
    bench.come_in()
    assert bench.cut(code) is not None


@pytest.mark.parametrize(
    ("code", "reason"), [(limits.CLOSE_REPLACED, "replaced"), (limits.CLOSE_SESSION_ENDED, "ended"), (limits.CLOSE_TOO_OLD, "too_old")]
)
def test_it_does_not_come_back_when_the_session_is_over(bench: Bench, code: int, reason: str) -> None:
    bench.come_in()
    assert bench.cut(code) is None
    assert events.SessionEnded(reason) in bench.events


def test_a_session_that_somebody_ended_is_not_resumed_and_its_token_is_forgotten(bench: Bench) -> None:
    bench.come_in()
    bench.hear(wire.SessionEnded(reason="replaced"))
    assert bench.cut(limits.CLOSE_REPLACED) is None
    assert bench.core.state().session is None
    assert bench.events.count(events.SessionEnded("replaced")) == 1


def test_a_session_that_only_grew_old_is_made_anew_by_a_robot(bench: Bench) -> None:
    bench.come_in()
    bench.hear(wire.SessionEnded(reason="expired"))
    assert bench.cut(limits.CLOSE_SESSION_ENDED) is not None
    bench.come_in()
    assert isinstance(bench.written[-2], commands.SignInWithToken)


def test_it_comes_back_later_and_later_up_to_half_a_minute() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.delay() for _ in range(8)] == [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
    backoff.was_live(60_000)
    assert backoff.delay() == 500
    assert Backoff(lambda: 0.0).delay() == 0  # full jitter


# ---- catching up


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


# ---- wishes


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


# ---- what one is told beside messages


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


# ---- the rarer turns


def test_a_client_that_is_too_old_does_not_come_back_and_keeps_its_session(bench: Bench) -> None:
    bench.come_in()
    bench.cut()
    (hello,) = bench.do(bench.core.connected(0))
    bench.hear(refused(hello, "client.too_old"))
    assert bench.cut(limits.CLOSE_TOO_OLD) is None
    assert bench.core.state().session is not None
    assert events.SessionEnded("too_old") in bench.events


def test_with_nothing_to_sign_in_with_there_is_no_way_in() -> None:
    bench = Bench(Login(DEVICE))
    (hello,) = bench.do(bench.core.connected(0))
    bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    assert events.SessionEnded("no_credentials") in bench.events


def test_a_suspended_company_is_not_asked_for_its_password_again(bench: Bench) -> None:
    bench.come_in()
    bench.cut()
    (hello,) = bench.do(bench.core.connected(0))
    (resume,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    assert bench.hear(refused(resume, "company.suspended")) == []
    assert bench.cut() is None


def test_another_member_starts_with_nothing(bench: Bench) -> None:
    bench.come_in(lunch(3))
    bench.core.send(LUNCH, "as Anna")
    bench.cut()
    (hello,) = bench.do(bench.core.connected(0))
    (resume,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    (enter,) = bench.hear(refused(resume, "session.ended"))
    somebody = wire.MemberInfo(member=BEN, name="Ben")
    (sync,) = bench.answer(enter, wire.SignedIn, session="s2", token="yzs_2", me=somebody)
    assert sync.token == ""
    assert bench.answer(sync, wire.SyncPage, conversations=(), token="t", snapshot=True) == []
    assert len(bench.outcomes) == 1


def test_a_sync_token_that_the_server_cannot_read_is_not_shown_to_it_again(bench: Bench) -> None:
    bench.come_in()
    bench.cut()
    (hello,) = bench.do(bench.core.connected(0))
    (resume,) = bench.answer(hello, wire.Welcome, version=1, server="s", time=0)
    (sync,) = bench.answer(resume, wire.Resumed, session="s1", me=ME)
    bench.hear(refused(sync, "page.cursor_invalid"))
    assert bench.closes
    bench.cut()
    bench.come_in(snapshot=True)
    assert bench.written[-1].token == ""


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


def test_signing_out_ends_it(bench: Bench) -> None:
    bench.come_in()
    bench.core.sign_out()
    (command,) = bench.do(bench.core.take())
    bench.answer(command, wire.Done)
    assert bench.cut(limits.CLOSE_SESSION_ENDED) is None
    assert bench.core.state().session is None
    assert bench.events.count(events.SessionEnded("signed_out")) == 1


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


# ---- own settings, and what was said before them (LOG F2)


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

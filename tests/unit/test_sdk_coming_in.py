"""The core, fed with frames: coming in, and coming back."""

import pytest

from tests.support.sdk_bench import DEVICE, LUNCH, ME, Bench, lunch, refused
from tests.support.sdk_peer import BEN
from yizhan import events
from yizhan._protocol import commands, limits
from yizhan._protocol import events as wire
from yizhan.backoff import Backoff
from yizhan.entry import Login
from yizhan.errors import PasswordChangeRequired, SignInRefused


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


def test_signing_out_ends_it(bench: Bench) -> None:
    bench.come_in()
    bench.core.sign_out()
    (command,) = bench.do(bench.core.take())
    bench.answer(command, wire.Done)
    assert bench.cut(limits.CLOSE_SESSION_ENDED) is None
    assert bench.core.state().session is None
    assert bench.events.count(events.SessionEnded("signed_out")) == 1

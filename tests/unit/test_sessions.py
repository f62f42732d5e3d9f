"""Rules of sessions: what a new one ends, and what a token that comes back is worth."""

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from server.config.model import Sessions as SessionSettings
from server.sessions.errors import SessionOver, TokenInvalid
from server.sessions.rules import DAY_MS, Limits, Stolen, Worth, ended_by, judge, one_per_class, replacement
from server.sessions.tokens import Token, draw_robot_token, draw_token, following, leads_to, parse, stored, stored_robot_token
from storage.members import Card
from storage.sessions import OpenSession, Resumable
from storage.writer.errors import CompanySuspended

NOW = 1_767_225_600_000
KEY = bytes(range(32))
LIMITS = Limits.of(SessionSettings())
FIRST = Token(77, bytes(32))
CARD = Card(5, 1, "Acme", "company", 9, "person", "active", "1001", "Li Na", "", "", "", "", "", "")
ROW = Resumable(
    card=CARD,
    id=77,
    device_class="desktop",
    address="",
    created_at=NOW,
    last_seen_at=NOW,
    token_hash=stored(FIRST.secret),
    previous_hash=None,
    rotated_at=NOW,
    ended_at=None,
    end_reason="",
    suspended=False,
    device_policy="one_per_class",
    must_change_password=False,
    outdone=False,
)


def row(**changes: object) -> Resumable:
    return msgspec.structs.replace(ROW, **changes)


def worth(token: Token, of: Resumable | None, now: int = NOW) -> Worth:
    return judge(token, of, key=KEY, now=now, limits=LIMITS)


def session(id: int, device: str = "", device_class: str = "desktop", *, created_at: int = NOW, last_seen_at: int = NOW) -> OpenSession:
    return OpenSession(id, 5, device or f"device-{id}", device_class, "", "", "", created_at, last_seen_at)


def ended(*existing: OpenSession, exclusive: bool = True, per_member: int = 20) -> dict[int, str]:
    limits = Limits(LIMITS.idle, LIMITS.total, LIMITS.rotate, per_member)
    return dict(ended_by(existing, device="new", device_class="phone", exclusive=exclusive, now=NOW, limits=limits))


# ---- what a new session ends


def test_the_first_session_ends_nothing() -> None:
    assert ended() == {}


def test_one_of_the_same_class_is_replaced_where_there_may_be_one() -> None:
    there = [session(1, device_class="phone"), session(2, device_class="desktop")]
    assert ended(*there) == {1: "replaced"}
    assert ended(*there, exclusive=False) == {}


def test_the_same_device_is_replaced_under_any_policy_and_class() -> None:
    assert ended(session(1, "new", "web"), exclusive=False) == {1: "replaced"}


def test_what_was_idle_longest_goes_when_there_are_too_many() -> None:
    there = [session(1, last_seen_at=NOW - 1), session(2, last_seen_at=NOW - 3), session(3, last_seen_at=NOW - 2)]
    assert ended(*there, per_member=3) == {2: "too_many"}
    assert ended(*there, per_member=2) == {2: "too_many", 3: "too_many"}


def test_one_whose_time_is_up_takes_no_place() -> None:
    there = [session(1, last_seen_at=NOW - LIMITS.idle), session(2, created_at=NOW - LIMITS.total), session(3)]
    assert ended(*there, per_member=2) == {1: "expired", 2: "expired"}


@given(some.lists(some.tuples(some.sampled_from(["phone", "web"]), some.integers(0, 3), some.integers(0, 9)), max_size=30))
def test_with_the_new_one_there_are_never_more_than_allowed(drawn: list[tuple[str, int, int]]) -> None:
    there = [session(at, f"d{device}", kind, last_seen_at=NOW - idle) for at, (kind, device, idle) in enumerate(drawn)]
    for exclusive in (True, False):
        left = [one for one in there if one.id not in ended(*there, exclusive=exclusive, per_member=4)]
        assert len(left) <= 3
        assert not (exclusive and any(one.device_class == "phone" for one in left))


def test_robots_are_not_one_per_class() -> None:
    assert one_per_class("one_per_class", "person")
    assert not one_per_class("one_per_class", "robot")
    assert not one_per_class("any", "person")


# ---- what a token is worth


def test_the_token_of_now_is_worth_a_session_and_no_new_token() -> None:
    assert worth(FIRST, ROW) is Worth.CURRENT
    assert replacement(FIRST, Worth.CURRENT, KEY) is None
    assert replacement(FIRST, Worth.FIRST_USE, KEY) is None


def test_a_token_is_due_after_a_day() -> None:
    assert worth(FIRST, ROW, NOW + DAY_MS - 1) is Worth.CURRENT
    assert worth(FIRST, ROW, NOW + DAY_MS) is Worth.DUE


def test_the_new_token_and_the_one_before_are_both_worth_a_session_until_the_new_one_is_used() -> None:
    new = following(FIRST, KEY)
    rotated = row(token_hash=stored(new.secret), previous_hash=stored(FIRST.secret))
    assert worth(new, rotated) is Worth.FIRST_USE
    assert worth(FIRST, rotated) is Worth.PREVIOUS
    assert replacement(FIRST, Worth.PREVIOUS, KEY) == replacement(FIRST, Worth.DUE, KEY) == new


def test_an_older_token_is_stolen() -> None:
    new = following(following(FIRST, KEY), KEY)
    with pytest.raises(Stolen):
        worth(FIRST, row(token_hash=stored(new.secret)))


def test_an_invented_token_is_nothing_whatever_the_session() -> None:
    invented = Token(77, b"x" * 32)
    for there in (ROW, row(ended_at=NOW, end_reason="ended"), row(suspended=True), None):
        with pytest.raises(TokenInvalid):
            worth(invented, there)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ended_at": NOW, "end_reason": "replaced"}, "replaced"),
        ({"card": msgspec.structs.replace(CARD, state="disabled")}, "disabled"),
        ({"card": msgspec.structs.replace(CARD, state="deleted"), "suspended": True}, "disabled"),
        ({"last_seen_at": NOW - 30 * DAY_MS}, "expired"),
        ({"created_at": NOW - 180 * DAY_MS}, "expired"),
        ({"outdone": True}, "replaced"),
    ],
)
def test_a_session_that_is_over_says_why(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(SessionOver) as over:
        worth(FIRST, row(**changes))
    assert over.value.reason == reason


def test_an_older_token_of_an_ended_session_says_why_it_ended() -> None:
    new = following(FIRST, KEY)
    with pytest.raises(SessionOver) as over:
        worth(FIRST, row(token_hash=stored(new.secret), ended_at=NOW, end_reason="signed_out"))
    assert over.value.reason == "signed_out"


def test_a_newer_session_of_the_class_counts_only_where_there_may_be_one() -> None:
    assert worth(FIRST, row(outdone=True, device_policy="any")) is Worth.CURRENT
    assert worth(FIRST, row(outdone=True, card=msgspec.structs.replace(CARD, kind="robot"))) is Worth.CURRENT


def test_a_suspended_company_keeps_its_sessions_waiting() -> None:
    with pytest.raises(CompanySuspended):
        worth(FIRST, row(suspended=True))


# ---- tokens


@given(some.integers(0, 2**60 - 1), some.binary(min_size=32, max_size=32))
def test_a_token_is_read_back_as_it_was_written(number: int, secret: bytes) -> None:
    token = Token(number, secret)
    assert parse(str(token)) == token
    assert len(str(token)) == 58


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yzs_",
        "yzr_" + "A" * 54,
        "yzs_" + "A" * 53,
        "yzs_" + "A" * 53 + "!",
        "yzs_" + "A" * 53 + "é",
        "yzs_" + base64.urlsafe_b64encode(b"\xff" * 40).decode().rstrip("="),
    ],
)
def test_what_is_no_token_is_invalid(text: str) -> None:
    with pytest.raises(TokenInvalid):
        parse(text)


@given(some.text(max_size=70))
def test_any_text_is_a_token_or_invalid(text: str) -> None:
    with pytest.raises(TokenInvalid):
        parse("yzs_" + text + "\n")


def test_without_the_key_nobody_knows_the_next_token() -> None:
    assert following(FIRST, KEY) != following(FIRST, bytes(32))
    assert following(FIRST, KEY) == following(FIRST, KEY)
    assert following(FIRST, KEY).secret != following(Token(78, FIRST.secret), KEY).secret


def test_a_token_leads_to_those_after_it_only() -> None:
    second = following(FIRST, KEY)
    third = following(second, KEY)
    assert leads_to(FIRST, (stored(third.secret), None), KEY, steps=2)
    assert not leads_to(FIRST, (stored(third.secret), None), KEY, steps=1)
    assert not leads_to(third, (stored(second.secret), stored(FIRST.secret)), KEY, steps=100)


def test_two_tokens_drawn_are_two() -> None:
    assert draw_token(1) != draw_token(1)
    assert draw_robot_token() != draw_robot_token()
    assert draw_robot_token().startswith("yzr_")
    assert len(stored_robot_token(draw_robot_token())) == 32


def test_a_token_does_not_show_its_secret_by_accident() -> None:
    assert repr(FIRST) == "<Token of session 77>"

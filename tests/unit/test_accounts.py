"""Rules of sign-in: names as they are compared, when failures lock, which member opens, and what a new password may be."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from protocol.errors import MemberNotFound, YizhanError
from protocol.ids import to_wire
from server.accounts import codes, names
from server.accounts.errors import (
    ChooseMember,
    PasswordIsName,
    PasswordTooLong,
    PasswordTooShort,
    PasswordUnchanged,
    PasswordWellKnown,
    SignInWrong,
)
from server.accounts.rules import check_admissible, check_new_password, choose
from server.accounts.throttle import FORGIVEN_AFTER_MS, Throttle, failed, locked_seconds
from storage.accounts import Place
from storage.sign_in_failures import NONE, Failures
from storage.writer.errors import CompanySuspended, MemberDisabled
from tests.support.refusing import refusal

NOW = 1_767_225_600_000
MINUTE = 60_000
FIVE_IN_A_QUARTER = Throttle(failures=5, window_ms=15 * MINUTE, lock_ms=15 * MINUTE)


def place(member: int, company: int = 1, *, state: str = "active", suspended: bool = False) -> Place:
    return Place(member, company, f"Company {company}", f"Member {member}", "person", state, suspended, "one_per_class")


# ---- names


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("1001", "1001"),
        (" 1001 ", "1001"),
        ("\uff11\uff10\uff10\uff11", "1001"),
        ("Li.Na@Example.com", "li.na@example.com"),
        ("13800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("0086 138 0013 8000", "+8613800138000"),
        ("+86-138-0013-8000", "+8613800138000"),
        ("+44 (20) 7946.0958", "+442079460958"),
        ("+012345678", "+012345678"),
        ("12800138000", "12800138000"),
        ("", ""),
    ],
)
def test_a_login_name_is_compared_as_it_is_meant(typed: str, folded: str) -> None:
    assert names.fold(typed) == folded


@given(some.text(max_size=40))
def test_whatever_is_typed_has_a_subject(typed: str) -> None:
    assert len(names.of_name(names.fold(typed))) == 32


def test_subjects_of_names_accounts_and_addresses_do_not_meet() -> None:
    assert len({names.of_name("1001"), names.of_account(1001), names.of_address("1001")}) == 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("unix", "", False),
    ],
)
def test_addresses_of_one_household_count_together(one: str, other: str, same: bool) -> None:
    assert (names.of_address(one) == names.of_address(other)) is same


# ---- throttling


def failures(count: int, *, since: Failures = NONE, now: int = NOW) -> Failures:
    for _ in range(count):
        since = failed(since, now, FIVE_IN_A_QUARTER)
    return since


def test_the_fifth_failure_in_the_window_locks() -> None:
    assert locked_seconds(failures(4), NOW) == 0
    assert locked_seconds(failures(5), NOW) == 900


def test_failures_outside_the_window_do_not_add_up() -> None:
    later = failed(failures(4), NOW + 15 * MINUTE, FIVE_IN_A_QUARTER)
    assert (later.failures, later.window_from) == (1, NOW + 15 * MINUTE)


def test_during_a_lock_nothing_counts() -> None:
    locked = failures(5)
    assert failures(50, since=locked, now=NOW + 14 * MINUTE) is locked


def test_a_lock_that_is_nearly_over_still_has_a_second() -> None:
    assert locked_seconds(failures(5), NOW + 15 * MINUTE - 1) == 1
    assert locked_seconds(failures(5), NOW + 15 * MINUTE) == 0


def test_the_next_lock_is_twice_as_long_up_to_a_day() -> None:
    seconds, count, now = [], NONE, NOW
    for _ in range(10):
        count = failures(5, since=count, now=now)
        seconds.append(locked_seconds(count, now))
        now = count.locked_until
    assert seconds == [900, 1800, 3600, 7200, 14400, 28800, 57600, 86400, 86400, 86400]


def test_a_day_without_failures_after_a_lock_is_forgiven() -> None:
    locked = failures(5)
    assert locked_seconds(failures(5, since=locked, now=locked.locked_until + FORGIVEN_AFTER_MS - 1), locked.locked_until) > 900
    later = locked.locked_until + FORGIVEN_AFTER_MS
    assert locked_seconds(failures(5, since=locked, now=later), later) == 900


@given(some.lists(some.integers(0, 40 * MINUTE), max_size=60))
def test_between_two_locks_there_are_always_five_failures(pauses: list[int]) -> None:
    count, now, counted = NONE, NOW, 0
    for pause in pauses:
        now += pause
        counted += not locked_seconds(count, now)
        after = failed(count, now, FIVE_IN_A_QUARTER)
        if after.locks > count.locks:
            assert counted >= 5
            counted = 0
        count = after


# ---- which member


def test_the_members_own_login_name_opens_that_member() -> None:
    assert choose([place(1), place(2, 2)], named=2, chosen=None, only_company=None) == place(2, 2)


def test_the_only_member_needs_no_choice() -> None:
    assert choose([place(1)], named=None, chosen=None, only_company=None) == place(1)


def test_of_several_members_one_is_chosen() -> None:
    with pytest.raises(ChooseMember) as asked:
        choose([place(1), place(2, 2)], named=None, chosen=None, only_company=None)
    assert [choice.member for choice in asked.value.choices] == [to_wire(1), to_wire(2)]
    assert choose([place(1), place(2, 2)], named=None, chosen=2, only_company=None) == place(2, 2)


def test_members_that_cannot_come_in_are_no_choice() -> None:
    there = [place(1, state="disabled"), place(2, 2, suspended=True), place(3, 3)]
    assert choose(there, named=None, chosen=None, only_company=None) == place(3, 3)


@pytest.mark.parametrize(
    ("there", "options", "refusal"),
    [
        ([], {}, SignInWrong),
        ([place(1)], {"named": 2}, SignInWrong),
        ([place(1, 1)], {"only_company": 2}, SignInWrong),
        ([place(1, 1), place(2, 2)], {"named": 2, "only_company": 1}, SignInWrong),
        ([place(1)], {"chosen": 2}, MemberNotFound),
        ([place(1, state="disabled")], {}, MemberDisabled),
        ([place(1, state="draft")], {}, MemberDisabled),
        ([place(1, state="deleted", suspended=True)], {}, MemberDisabled),
        ([place(1, suspended=True)], {}, CompanySuspended),
        ([place(1), place(2, 2, state="disabled")], {"chosen": 2}, MemberDisabled),
    ],
)
def test_what_does_not_open_is_refused(there: list[Place], options: dict[str, int], refusal: type[YizhanError]) -> None:
    asked = {"named": None, "chosen": None, "only_company": None, **options}
    with pytest.raises(refusal):
        choose(there, **asked)


def test_a_member_in_place_may_come_in() -> None:
    assert refusal(check_admissible, place(1)) is None


# ---- new passwords


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        ("short12", PasswordTooShort),
        ("x" * 201, PasswordTooLong),
        ("the old one!", PasswordUnchanged),
        ("\uff54he old one!", PasswordUnchanged),
        ("LiNa LiNa", PasswordIsName),
        ("13800138000", PasswordIsName),
        ("8001380001", PasswordIsName),
        ("woaini1314", PasswordWellKnown),
        ("Password123", PasswordWellKnown),
        ("a123456789", PasswordWellKnown),
        ("aaaaaaaaaa", PasswordWellKnown),
        ("abcabcabc", PasswordWellKnown),
        ("87654321", PasswordWellKnown),
        ("qwertyui", PasswordWellKnown),
    ],
)
def test_a_bad_new_password_is_refused_with_its_reason(new: str, refusal: type[YizhanError]) -> None:
    with pytest.raises(refusal):
        check_new_password(new, old="the old one!", names=["", "Lina Lina", "8001380001", "+8613800138000"])


@pytest.mark.parametrize("new", ["correct horse battery", "八个字的密码也可以", "Tr0ub4dor&3", "x9" * 3 + "&4"])
def test_a_good_new_password_is_taken(new: str) -> None:
    assert refusal(check_new_password, new, old="the old one!", names=["Li Na", "1001"]) is None


# ---- one-time codes


def test_a_code_is_known_again_and_no_other_is() -> None:
    code = codes.draw_code()
    kept = codes.stored_code(code)
    assert codes.is_code(kept)
    assert codes.matches(kept, code)
    assert codes.matches(kept, f" {code[:6].upper()}-{code[6:]} ")
    assert not codes.matches(kept, codes.draw_code())


def test_the_code_is_not_in_what_is_stored() -> None:
    code = codes.draw_code()
    assert code not in codes.stored_code(code)
    assert hashlib.sha256(code.encode()).hexdigest() not in codes.stored_code(code)
    assert codes.stored_code(code) != codes.stored_code(code)


def test_an_argon2_hash_is_no_code() -> None:
    assert not codes.is_code("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")

"""Signing in (SPEC D1, A4, DESIGN 13 'Sign-in'): who gets in, who does not, and that the answers tell nothing. On both databases."""

import asyncio
import threading

import pytest

from protocol.commands import DeviceClass
from protocol.errors import Busy, MemberNotFound, YizhanError
from protocol.ids import to_wire
from server.accounts.errors import (
    ChooseMember,
    PasswordUnchanged,
    PasswordWrong,
    RobotTokenInvalid,
    SignInLocked,
    SignInWrong,
)
from server.accounts.passwords import Passwords
from server.clock import ManualClock
from server.companies.newcomers import Newcomer
from server.config.model import SignIn
from server.sessions.errors import SessionOver
from storage import accounts
from storage.engine import Storage
from storage.writer.errors import CompanySuspended, MemberDisabled
from tests.support.office import CHEAP, GOOD, HOUR, INSERT_LOGIN, MINUTE, ROOT, Office, laptop, until

KINDS: tuple[DeviceClass, ...] = ("phone", "web")


async def _refusal(office: Office, name: str, password: str = "not this one", address: str = "192.0.2.1") -> YizhanError:
    with pytest.raises(YizhanError) as refused:
        await office.accounts.sign_in(name, password, laptop(), address=address)
    return refused.value


def stopped(passwords: Passwords) -> threading.Event:
    """Its one thread does nothing until the event is set."""
    until = threading.Event()
    passwords._pool.submit(until.wait)
    return until


# ---- who gets in


async def test_one_signs_in_by_account_number(office: Office) -> None:
    lina = await office.member(await office.company(), "Li Na", job_title="Engineer")
    admitted = await office.accounts.sign_in("1001", GOOD, laptop())
    assert (admitted.me.member, admitted.me.name, admitted.me.number) == (to_wire(lina.member), "Li Na", "1001")
    assert admitted.me.job_title == "Engineer"
    assert admitted.token.startswith("yzs_")
    assert not admitted.must_change_password


@pytest.mark.parametrize("typed", ["13800138000", "+86 138-0013-8000", "008613800138000", "138 0013 8000"])
async def test_one_signs_in_by_a_verified_phone_in_any_spelling(office: Office, typed: str) -> None:
    lina = await office.member(await office.company())
    assert await office.verify(lina, "+8613800138000", "phone")
    assert (await office.accounts.sign_in(typed, GOOD, laptop())).member == lina.member


async def test_one_signs_in_by_verified_mail_whatever_the_case(office: Office) -> None:
    lina = await office.member(await office.company())
    assert await office.verify(lina, "li.na@example.com")
    assert (await office.accounts.sign_in("Li.Na@Example.COM ", GOOD, laptop())).member == lina.member


async def test_a_mail_that_only_stands_on_the_card_opens_nothing(office: Office) -> None:
    await office.member(await office.company(), mail="li.na@example.com", phone="13800138000")
    assert isinstance(await _refusal(office, "li.na@example.com", GOOD), SignInWrong)
    assert isinstance(await _refusal(office, "13800138000", GOOD), SignInWrong)


async def test_a_mail_that_waits_for_its_proof_opens_nothing(office: Office) -> None:
    admitted = await office.sign_in(await office.member(await office.company()))
    waiting = {"name": "li.na@example.com", "kind": "mail", "account": admitted.account, "member": None}
    await office.storage.unit(lambda work: work.run(INSERT_LOGIN, **waiting))
    assert isinstance(await _refusal(office, "li.na@example.com", GOOD), SignInWrong)


async def test_the_same_password_typed_in_full_width_is_the_same(office: Office) -> None:
    lina = await office.member(await office.company())
    assert (await office.sign_in(lina, password="\uff43orrect horse battery")).member == lina.member


# ---- several members of one account (DESIGN 4)


async def test_a_number_goes_to_its_own_member(office: Office) -> None:
    lina = await office.member(await office.company("acme"))
    other = await office.join(lina, await office.company("bolt", first_number=5001), "Na", "5001")
    assert (await office.accounts.sign_in("5001", GOOD, laptop())).member == other


async def test_by_mail_one_chooses_the_company_once_the_password_was_right(office: Office) -> None:
    lina = await office.member(await office.company("acme"), "Li Na")
    other = await office.join(lina, await office.company("bolt", first_number=5001), "Na", "5001")
    await office.verify(lina, "li.na@example.com")
    assert isinstance(await _refusal(office, "li.na@example.com"), SignInWrong)
    asked = await _refusal(office, "li.na@example.com", GOOD)
    assert isinstance(asked, ChooseMember)
    assert [(choice.company, choice.name) for choice in asked.choices] == [("acme Ltd", "Li Na"), ("bolt Ltd", "Na")]
    chosen = await office.accounts.sign_in("li.na@example.com", GOOD, laptop(), member=to_wire(other))
    assert chosen.member == other


@pytest.mark.parametrize("member", ["AAAAAAAAAA", "no id"])
async def test_one_cannot_choose_a_member_of_somebody_else(office: Office, member: str) -> None:
    lina = await office.member(await office.company())
    await office.verify(lina, "li.na@example.com")
    with pytest.raises(MemberNotFound):
        await office.accounts.sign_in("li.na@example.com", GOOD, laptop(), member=member)


async def test_an_administrators_reset_opens_only_his_company(office: Office) -> None:
    """DESIGN 4: else the administrator of one company could read in another."""
    lina = await office.member(await office.company("acme"))
    other = await office.join(lina, await office.company("bolt", first_number=5001), "Na", "5001")
    await office.verify(lina, "li.na@example.com")
    code = await office.companies.reset_password(ROOT, "acme", lina.number)
    assert isinstance(await _refusal(office, "5001", code), SignInWrong)
    by_mail = await office.accounts.sign_in("li.na@example.com", code, laptop())
    assert by_mail.member == lina.member
    with pytest.raises(MemberNotFound):
        await office.accounts.sign_in("li.na@example.com", code, laptop(), member=to_wire(other))


async def test_the_limit_stays_when_the_password_is_changed_and_goes_when_the_person_confirms(office: Office) -> None:
    lina = await office.member(await office.company("acme"))
    other = await office.join(lina, await office.company("bolt", first_number=5001), "Na", "5001")
    there = await office.accounts.sign_in("5001", GOOD, laptop("phone", "phone"))
    code = await office.companies.reset_password(ROOT, "acme", lina.number)
    here = await office.accounts.sign_in(lina.number, code, laptop())
    await office.accounts.change_password(here, code, "a new long secret", address="")
    assert isinstance(await _refusal(office, "5001", "a new long secret"), SignInWrong)
    assert await office.sessions.alive([there.session]) == {there.session}
    assert there.account is not None
    account = there.account
    await office.storage.transact(lambda work: accounts.lift_restriction(work, account))
    assert (await office.accounts.sign_in("5001", "a new long secret", laptop())).member == other


# ---- the answers tell nothing


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(office: Office) -> None:
    await office.member(await office.company())
    known, unknown = await _refusal(office, "1001"), await _refusal(office, "9999")
    assert (type(known), known.text(), known.data) == (type(unknown), unknown.text(), unknown.data)


async def test_every_attempt_costs_one_run_of_argon2(office: Office) -> None:
    """So the time tells nothing: unknown, wrong, disabled, one who has only a one-time code, and one whose form is argon2."""
    company = await office.company()
    await office.member(company, "Li Na")
    await office.member(company, "Wang")
    await office.companies.disable(ROOT, company, "1002", "left")
    await office.companies.add_member(ROOT, company, Newcomer(name="Zhao"))
    for name in ("9999", "1001", "1002", "1003"):
        before = office.passwords.runs
        assert isinstance(await _refusal(office, name), SignInWrong)
        assert office.passwords.runs == before + 1, name


async def test_a_disabled_member_is_told_so_only_with_the_right_password(office: Office) -> None:
    company = await office.company()
    await office.member(company)
    await office.companies.disable(ROOT, company, "1001", "left")
    assert isinstance(await _refusal(office, "1001"), SignInWrong)
    assert isinstance(await _refusal(office, "1001", GOOD), MemberDisabled)


async def test_nobody_of_a_suspended_company_comes_in(office: Office) -> None:
    company = await office.company()
    await office.member(company)
    await office.companies.set_suspended(ROOT, company, True)
    assert isinstance(await _refusal(office, "1001"), SignInWrong)
    assert isinstance(await _refusal(office, "1001", GOOD), CompanySuspended)
    await office.companies.set_suspended(ROOT, company, False)
    await office.accounts.sign_in("1001", GOOD, laptop())


async def test_members_of_an_expired_company_come_in(office: Office) -> None:
    """SPEC A1: they read and export, they do not send."""
    await office.companies.create(
        ROOT, "acme", name="Acme", short_name="Acme", seats=5, first_number=1001, expires_at=office.clock.now() - 1
    )
    lina = await office.member("acme")
    assert (await office.sign_in(lina)).member == lina.member


# ---- throttling and lock-out


@pytest.mark.parametrize("name", ["1001", "9999"])
async def test_the_fifth_wrong_password_locks_the_name_whether_it_exists_or_not(office: Office, name: str) -> None:
    await office.member(await office.company())
    for _ in range(4):
        assert isinstance(await _refusal(office, name), SignInWrong)
    locked = await _refusal(office, name)
    assert isinstance(locked, SignInLocked)
    assert locked.data == {"seconds": 900}
    assert locked.retry_after_ms == 900_000


async def test_during_a_lock_the_right_password_opens_nothing_and_nothing_is_hashed(office: Office) -> None:
    await office.member(await office.company())
    for _ in range(5):
        await _refusal(office, "1001")
    before = office.passwords.runs
    office.clock.advance(10 * MINUTE)
    locked = await _refusal(office, "1001", GOOD)
    assert (type(locked), locked.data, office.passwords.runs) == (SignInLocked, {"seconds": 300}, before)
    office.clock.advance(5 * MINUTE)
    await office.accounts.sign_in("1001", GOOD, laptop())


async def test_each_further_lock_is_twice_as_long(office: Office) -> None:
    seconds = []
    for _ in range(3):
        for _ in range(5):
            refused = await _refusal(office, "1001")
        seconds.append(refused.data["seconds"])
        office.clock.advance(24 * HOUR - 1)
    assert seconds == [900, 1800, 3600]


async def test_another_spelling_of_the_name_is_the_same_name(office: Office) -> None:
    for typed in ("lina@example.com", "LINA@example.com", " lina@Example.com", "\uff4cina@example.com", "lina@example.com"):
        refused = await _refusal(office, typed)
    assert isinstance(refused, SignInLocked)


async def test_a_success_clears_the_names_count(office: Office) -> None:
    lina = await office.member(await office.company())
    for _ in range(3):
        for _ in range(4):
            assert isinstance(await _refusal(office, lina.number), SignInWrong)
        await office.sign_in(lina)


async def test_an_address_that_guesses_at_many_names_is_locked(storage: Storage, clock: ManualClock) -> None:
    office = Office(storage, clock, sign_in=SignIn(**CHEAP, failures_per_address=6))
    lina = await office.member(await office.company())
    for number in range(2000, 2006):
        refused = await _refusal(office, str(number), address="2001:db8::1")
    assert isinstance(refused, SignInLocked)
    assert isinstance(await _refusal(office, lina.number, GOOD, address="2001:db8::2"), SignInLocked)  # the same household
    assert (await office.sign_in(lina, address="2001:db8:1::1")).member == lina.member
    office.close()


async def test_forty_guesses_at_the_same_moment_are_answered_no_more_than_one_after_the_other(office: Office) -> None:
    """Counted in the database, atomically; who was not counted before the lock is only told of the lock."""
    await office.member(await office.company())
    refused = await asyncio.gather(*(_refusal(office, "1001", f"guess {number}") for number in range(40)))
    assert sum(isinstance(one, SignInWrong) for one in refused) == 4
    assert sum(isinstance(one, SignInLocked) for one in refused) == 36


async def test_the_right_guess_among_many_at_the_same_moment_is_not_told_behind_the_lock(office: Office) -> None:
    """Two nodes: the name is locked by wrong guesses on one while the right one is still being hashed by the other."""
    await office.member(await office.company())
    other = Office(office.storage, office.clock)
    hashing = stopped(other.passwords)
    right = asyncio.ensure_future(other.accounts.sign_in("1001", GOOD, laptop()))
    await until(lambda: other.passwords.runs)
    for _ in range(5):
        await _refusal(office, "1001")
    hashing.set()
    with pytest.raises(SignInLocked):
        await right
    other.close()


async def test_counts_are_forgotten_after_a_day(office: Office) -> None:
    await _refusal(office, "1001")
    assert await office.accounts.sweep() == 0
    office.clock.advance(24 * HOUR + 1)
    assert await office.accounts.sweep() == 2  # of the name and of the address


# ---- the queue for hashing


async def test_a_queue_that_is_too_long_answers_busy_with_a_time(storage: Storage, clock: ManualClock) -> None:
    """The same for who exists and who does not. One thread, 80 ms a run: behind the second in the line it is more than 100 ms."""
    office = Office(storage, clock, sign_in=SignIn(**CHEAP, queue_seconds=0.1))
    hashing = stopped(office.passwords)
    waiting = [asyncio.ensure_future(_refusal(office, str(number))) for number in range(2001, 2009)]
    await until(lambda: sum(one.done() for one in waiting) == 6)
    hashing.set()
    refused = await asyncio.gather(*waiting)
    assert [one.retry_after_ms for one in refused if isinstance(one, Busy)] == [1000] * 6
    assert sum(isinstance(one, SignInWrong) for one in refused) == 2
    office.close()


async def test_who_goes_away_while_waiting_for_the_hash_takes_no_place_in_the_queue(office: Office) -> None:
    hashing = stopped(office.passwords)
    gone = asyncio.ensure_future(_refusal(office, "2001"))
    await until(lambda: office.passwords.waiting)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert office.passwords.waiting == 0
    hashing.set()


async def test_a_password_under_old_parameters_is_hashed_anew_at_the_next_sign_in(storage: Storage, clock: ManualClock) -> None:
    office = Office(storage, clock)
    lina = await office.member(await office.company())
    newer = Office(storage, clock, sign_in=SignIn(**{**CHEAP, "argon2_time": 2}))
    account = (await newer.sign_in(lina)).account
    assert account is not None
    kept = await storage.read(lambda read: accounts.password(read, account))
    assert kept is not None
    assert kept.stored is not None
    assert "t=2" in kept.stored
    assert (await newer.sign_in(lina)).member == lina.member
    for one in (office, newer):
        one.close()


async def test_two_sign_ins_that_both_hash_anew_both_come_in(storage: Storage, clock: ManualClock) -> None:
    office = Office(storage, clock)
    lina = await office.member(await office.company())
    newer = Office(storage, clock, sign_in=SignIn(**{**CHEAP, "argon2_time": 2}))
    both = await asyncio.gather(*(newer.sign_in(lina, laptop(kind, kind)) for kind in KINDS))
    assert [one.member for one in both] == [lina.member] * 2
    for one in (office, newer):
        one.close()


async def test_a_password_that_is_reset_while_it_is_being_hashed_opens_nothing(office: Office) -> None:
    company = await office.company()
    lina = await office.member(company)
    hashing = stopped(office.passwords)
    before = office.passwords.runs
    late = asyncio.ensure_future(_refusal(office, lina.number, GOOD))
    await until(lambda: office.passwords.runs > before)
    await office.companies.reset_password(ROOT, company, lina.number)
    hashing.set()
    assert isinstance(await late, SignInWrong)


# ---- first passwords and new ones


async def test_a_drawn_first_password_must_be_changed(office: Office) -> None:
    company = await office.company()
    zhao = await office.companies.add_member(ROOT, company, Newcomer(name="Zhao"))
    assert len(zhao.password) == 12
    first = await office.accounts.sign_in(zhao.number, zhao.password, laptop())
    assert first.must_change_password
    assert (await office.sessions.resume(first.token)).must_change_password
    await office.accounts.change_password(first, zhao.password, "a new long secret", address="")
    assert not (await office.sessions.resume(first.token)).must_change_password
    again = await office.accounts.sign_in(zhao.number, "a new long secret", laptop())
    assert not again.must_change_password
    assert isinstance(await _refusal(office, zhao.number, zhao.password), SignInWrong)


async def test_a_drawn_password_may_be_typed_in_groups_and_capitals(office: Office) -> None:
    company = await office.company()
    zhao = await office.companies.add_member(ROOT, company, Newcomer(name="Zhao"))
    typed = "-".join((zhao.password[:4], zhao.password[4:8], zhao.password[8:])).upper()
    assert (await office.accounts.sign_in(zhao.number, typed, laptop())).member == zhao.member


async def test_a_new_password_needs_the_old_one(office: Office) -> None:
    lina = await office.member(await office.company())
    admitted = await office.sign_in(lina)
    with pytest.raises(PasswordWrong):
        await office.accounts.change_password(admitted, "not this one", "a new long secret", address="")
    with pytest.raises(PasswordUnchanged):
        await office.accounts.change_password(admitted, GOOD, GOOD, address="")


async def test_guessing_the_old_password_from_a_session_is_locked_too(office: Office) -> None:
    lina = await office.member(await office.company())
    admitted = await office.sign_in(lina)
    for _ in range(4):
        with pytest.raises(PasswordWrong):
            await office.accounts.change_password(admitted, "not this one", "a new long secret", address="")
    for old in ("not this one", GOOD):
        with pytest.raises(SignInLocked):
            await office.accounts.change_password(admitted, old, "a new long secret", address="")


async def test_a_new_password_ends_the_accounts_other_sessions(office: Office) -> None:
    lina = await office.member(await office.company())
    here, there = await office.sign_in(lina), await office.sign_in(lina, laptop("phone", "phone"))
    await office.accounts.change_password(here, GOOD, "a new long secret", address="")
    assert office.ended() == {there.session: "password_changed"}
    assert (await office.sessions.resume(here.token)).session == here.session
    with pytest.raises(SessionOver) as over:
        await office.sessions.resume(there.token)
    assert over.value.reason == "password_changed"


async def test_a_session_that_was_ended_changes_no_password(office: Office) -> None:
    lina = await office.member(await office.company())
    admitted = await office.sign_in(lina)
    await office.sessions.sign_out(admitted)
    with pytest.raises(SessionOver):
        await office.accounts.change_password(admitted, GOOD, "a new long secret", address="")


async def test_of_two_changes_at_the_same_moment_one_counts(office: Office) -> None:
    lina = await office.member(await office.company())
    admitted = await office.sign_in(lina)
    outcomes = await asyncio.gather(
        *(office.accounts.change_password(admitted, GOOD, f"a new long secret {number}", address="") for number in range(3)),
        return_exceptions=True,
    )
    assert sorted(type(one) is PasswordWrong for one in outcomes) == [False, True, True]


# ---- robots


async def test_a_robot_signs_in_by_its_token_alone(office: Office) -> None:
    robot, token = await office.companies.add_robot(ROOT, await office.company(), "Clock")
    admitted = await office.accounts.sign_in_with_token(token, laptop())
    assert (admitted.member, admitted.me.kind, admitted.account) == (robot, "robot", None)
    assert (await office.sessions.resume(admitted.token)).member == robot
    with pytest.raises(PasswordWrong):
        await office.accounts.change_password(admitted, GOOD, "a new long secret", address="")


async def test_a_robot_may_run_on_two_machines(office: Office) -> None:
    _, token = await office.companies.add_robot(ROOT, await office.company(), "Clock")
    for name in ("one", "two"):
        await office.accounts.sign_in_with_token(token, laptop(name))
    assert office.ended() == {}


async def test_an_unknown_robot_token_is_refused_and_counted_by_address(storage: Storage, clock: ManualClock) -> None:
    office = Office(storage, clock, sign_in=SignIn(**CHEAP, failures_per_address=3))
    _, token = await office.companies.add_robot(ROOT, await office.company(), "Clock")
    for _ in range(3):
        with pytest.raises(RobotTokenInvalid):
            await office.accounts.sign_in_with_token("yzr_nobodys", laptop(), address="192.0.2.7")
    with pytest.raises(SignInLocked):
        await office.accounts.sign_in_with_token(token, laptop(), address="192.0.2.7")
    await office.accounts.sign_in_with_token(token, laptop(), address="192.0.2.8")
    office.close()


async def test_a_disabled_robot_does_not_come_in(office: Office) -> None:
    company = await office.company()
    robot, token = await office.companies.add_robot(ROOT, company, "Clock")
    await office.companies.disable(ROOT, company, to_wire(robot), "")
    with pytest.raises(MemberDisabled):
        await office.accounts.sign_in_with_token(token, laptop())

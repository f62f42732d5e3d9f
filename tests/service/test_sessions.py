"""Sessions (SPEC D2, D6, DESIGN 13 'Sessions'): one per device class, tokens and their rotation, and how they end. On both databases."""

import asyncio
import hashlib
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from protocol.errors import SessionNotFound, YizhanError
from protocol.ids import to_wire
from server.clock import ManualClock
from server.config.model import Sessions as SessionSettings
from server.sessions.errors import SessionOver, TokenInvalid
from server.sessions.resumes import Admitted
from server.sessions.tokens import Token, parse
from storage.engine import Storage
from storage.schema.accounts import sessions
from storage.sessions import OpenSession, find_open, last_sign_ins
from storage.statements import column, statement
from storage.writer.errors import CompanySuspended
from tests.support.office import DAY, GOOD, MINUTE, ROOT, Office, laptop

TOKEN_HASH = statement(sa.select(sessions.c.token_hash).where(sessions.c.id == column("session")))


async def _over(office: Office, token: str) -> str:
    """Why a session cannot be resumed."""
    with pytest.raises(SessionOver) as over:
        await office.sessions.resume(token)
    return over.value.reason


async def _row(office: Office, session: int) -> OpenSession:
    row = await office.storage.read(lambda read: find_open(read, session))
    assert row is not None
    return row


async def _alive(office: Office, *admitted: Admitted) -> list[bool]:
    alive = await office.sessions.alive([one.session for one in admitted])
    return [one.session in alive for one in admitted]


# ---- policy (SPEC D2)


async def test_a_second_device_of_a_class_ends_the_first(office: Office) -> None:
    lina = await office.member(await office.company())
    first = await office.sign_in(lina, laptop("one", "phone"))
    beside = await office.sign_in(lina, laptop("three", "desktop"))
    await office.sign_in(lina, laptop("two", "phone"))
    assert office.ended() == {first.session: "replaced"}
    assert await _over(office, first.token) == "replaced"
    assert await _alive(office, beside) == [True]


async def test_two_sign_ins_at_the_same_moment_leave_exactly_one(office: Office) -> None:
    """From two nodes, each with its own services over the database."""
    lina = await office.member(await office.company())
    other = Office(office.storage, office.clock)
    for round_ in range(5):
        nodes = (office, other) * 3
        admitted = await asyncio.gather(*(node.sign_in(lina, laptop(f"{round_}-{at}")) for at, node in enumerate(nodes)))
        assert sum(await _alive(office, *admitted)) == 1
    other.close()


async def test_under_any_number_the_twenty_first_session_ends_the_one_that_was_idle_longest(office: Office) -> None:
    company = await office.company()
    await office.companies.set_device_policy(ROOT, company, "any")
    lina = await office.member(company)
    admitted = []
    for number in range(20):
        admitted.append(await office.sign_in(lina, laptop(f"{number}")))
        office.clock.advance(MINUTE)
    office.sessions.seen(admitted[0].session, "192.0.2.1")
    await office.sessions.flush()
    await office.sign_in(lina, laptop("one more"))
    assert office.ended() == {admitted[1].session: "too_many"}


async def test_the_same_device_signing_in_again_replaces_its_session_under_any_policy(office: Office) -> None:
    company = await office.company()
    await office.companies.set_device_policy(ROOT, company, "any")
    lina = await office.member(company)
    first, _ = [await office.sign_in(lina, laptop()) for _ in range(2)]
    assert office.ended() == {first.session: "replaced"}


async def test_a_stricter_policy_ends_the_older_session_when_it_resumes(office: Office) -> None:
    company = await office.company()
    await office.companies.set_device_policy(ROOT, company, "any")
    lina = await office.member(company)
    older = await office.sign_in(lina, laptop("one"))
    office.clock.advance(1)
    newer = await office.sign_in(lina, laptop("two"))
    assert (await office.sessions.resume(older.token)).session == older.session
    await office.companies.set_device_policy(ROOT, company, "one_per_class")
    assert await _over(office, older.token) == "replaced"
    assert (await office.sessions.resume(newer.token)).session == newer.session


async def test_members_of_one_account_have_sessions_of_their_own(office: Office) -> None:
    lina = await office.member(await office.company("acme"))
    await office.join(lina, await office.company("bolt", first_number=5001), "Na", "5001")
    here = await office.sign_in(lina)
    there = await office.accounts.sign_in("5001", GOOD, laptop())
    assert await _alive(office, here, there) == [True, True]


# ---- resuming


async def test_a_session_resumes_by_its_token_and_hashes_nothing(office: Office) -> None:
    company = await office.company()
    unit = await office.companies.add_unit(ROOT, company, "Sales")
    lina = await office.member(company, "Li Na", units=(unit,), phone="13800138000")
    signed_in = await office.sign_in(lina)
    before = office.passwords.runs
    resumed = await office.sessions.resume(signed_in.token)
    assert office.passwords.runs == before
    assert (resumed.session, resumed.member, resumed.me, resumed.token) == (signed_in.session, lina.member, signed_in.me, "")
    assert resumed.me.units == ("Sales",)
    assert resumed.me.phone == "13800138000"
    assert resumed.ends_at == signed_in.ends_at == office.clock.now() + 180 * DAY


async def resumed(office: Office, tokens: Sequence[str]) -> list[Admitted | YizhanError]:
    """What each is answered who comes back at the same moment."""
    outcomes = await asyncio.gather(*map(office.sessions.resume, tokens), return_exceptions=True)
    return [one for one in outcomes if isinstance(one, Admitted | YizhanError)]


async def test_many_resume_in_one_read_each_with_an_answer_of_his_own(office: Office) -> None:
    company = await office.company(seats=50)
    people = [await office.member(company, f"Person {number}") for number in range(4)]
    admitted = [await office.sign_in(one) for one in people]
    await office.sessions.sign_out(admitted[1])
    tokens = [admitted[0].token, admitted[1].token, "nonsense", admitted[2].token, admitted[0].token, admitted[3].token]
    outcomes = await resumed(office, tokens)
    codes = [one.me.name if isinstance(one, Admitted) else one.code for one in outcomes]
    assert codes == ["Person 0", "session.ended", "session.token_invalid", "Person 2", "Person 0", "Person 3"]


async def test_a_thousand_resumes_at_once_are_answered(office: Office) -> None:
    lina = await office.member(await office.company())
    token = (await office.sign_in(lina)).token
    outcomes = await resumed(office, [token] * 1001)
    assert {one.member for one in outcomes if isinstance(one, Admitted)} == {lina.member}
    assert len(outcomes) == 1001


async def test_a_disabled_member_does_not_resume(office: Office) -> None:
    company = await office.company()
    lina = await office.member(company)
    admitted = await office.sign_in(lina)
    await office.companies.disable(ROOT, company, lina.number, "left")
    assert office.ended() == {admitted.session: "disabled"}
    assert await _over(office, admitted.token) == "disabled"
    await office.companies.enable(ROOT, company, lina.number)
    assert await _over(office, admitted.token) == "disabled"  # what has ended stays so


async def test_a_session_waits_for_the_end_of_its_companys_suspension(office: Office) -> None:
    company = await office.company()
    admitted = await office.sign_in(await office.member(company))
    await office.companies.set_suspended(ROOT, company, True)
    with pytest.raises(CompanySuspended):
        await office.sessions.resume(admitted.token)
    await office.companies.set_suspended(ROOT, company, False)
    assert (await office.sessions.resume(admitted.token)).session == admitted.session


async def test_a_session_ends_after_thirty_days_without_use(office: Office) -> None:
    admitted = await office.sign_in(await office.member(await office.company()))
    for _ in range(2):
        office.clock.advance(29 * DAY)
        office.sessions.seen(admitted.session, "192.0.2.1")
        await office.sessions.flush()
    office.clock.advance(30 * DAY - 1)
    assert await office.sessions.resume(admitted.token)
    office.clock.advance(1)
    assert await _over(office, admitted.token) == "expired"
    assert await office.sessions.list_own(admitted) == ()


async def test_a_session_ends_after_hundred_and_eighty_days_in_any_case(office: Office) -> None:
    admitted = await office.sign_in(await office.member(await office.company()))
    token = admitted.token
    for _ in range(9):
        office.clock.advance(20 * DAY - 1)
        token = (await office.sessions.resume(token)).token
        await office.sessions.flush()
    office.clock.advance(9)
    assert await _over(office, token) == "expired"


async def test_when_a_session_was_last_seen_is_written_together_and_not_at_each_resume(office: Office) -> None:
    admitted = await office.sign_in(await office.member(await office.company()), address="192.0.2.1")
    signed_in_at = office.clock.now()
    office.clock.advance(4 * MINUTE)
    await office.sessions.resume(admitted.token, "192.0.2.2")
    assert await office.sessions.flush() == 0
    office.clock.advance(MINUTE)
    await office.sessions.resume(admitted.token, "192.0.2.2")
    assert (await _row(office, admitted.session)).last_seen_at == signed_in_at
    assert await office.sessions.flush() == 1
    row = await _row(office, admitted.session)
    assert (row.last_seen_at, row.address) == (signed_in_at + 5 * MINUTE, "192.0.2.2")


# ---- tokens and their rotation (DESIGN 13)


async def _rotated(office: Office) -> tuple[Admitted, str, str]:
    """A session a day later: the token of its beginning, and the one that replaced it and has not been used."""
    admitted = await office.sign_in(await office.member(await office.company()))
    office.clock.advance(DAY)
    new = (await office.sessions.resume(admitted.token)).token
    assert new
    assert new != admitted.token
    return admitted, admitted.token, new


async def test_a_token_is_replaced_once_a_day(office: Office) -> None:
    _, _, new = await _rotated(office)
    assert (await office.sessions.resume(new)).token == ""
    office.clock.advance(DAY - 1)
    assert (await office.sessions.resume(new)).token == ""
    office.clock.advance(1)
    assert (await office.sessions.resume(new)).token not in ("", new)


async def test_who_lost_the_answer_gets_the_same_new_token_again(office: Office) -> None:
    """And so do two tabs that come back together, whichever node each asks."""
    _, old, new = await _rotated(office)
    other = Office(office.storage, office.clock)
    again = await asyncio.gather(office.sessions.resume(old), other.sessions.resume(old), office.sessions.resume(old))
    assert [one.token for one in again] == [new] * 3
    assert (await office.sessions.resume(new)).token == ""
    other.close()


async def test_two_that_come_when_the_token_is_due_get_the_same_one(office: Office) -> None:
    admitted = await office.sign_in(await office.member(await office.company()))
    office.clock.advance(DAY)
    both = await asyncio.gather(*(office.sessions.resume(admitted.token) for _ in range(2)))
    assert both[0].token == both[1].token
    assert (await office.sessions.resume(both[0].token)).session == admitted.session


async def test_the_token_before_is_worth_nothing_once_the_new_one_was_used(office: Office) -> None:
    """An older token that comes back means that two hold it: the session ends, and the member is told why."""
    admitted, old, new = await _rotated(office)
    await office.sessions.resume(new)
    assert await _over(office, old) == "token_stolen"
    assert office.ended() == {admitted.session: "token_stolen"}
    assert await _over(office, new) == "token_stolen"


async def test_a_token_from_weeks_ago_ends_the_session_too(office: Office) -> None:
    admitted = await office.sign_in(await office.member(await office.company()))
    token = admitted.token
    for _ in range(20):
        office.clock.advance(DAY)
        token = (await office.sessions.resume(token)).token
        await office.sessions.flush()
    assert await _over(office, admitted.token) == "token_stolen"


async def test_an_invented_token_ends_nothing(office: Office) -> None:
    """Whoever only learned a session's id, from a list or a log, cannot end it."""
    admitted = await office.sign_in(await office.member(await office.company()))
    for invented in (str(Token(admitted.session, bytes(32))), str(Token(admitted.session + 1, parse(admitted.token).secret)), "yzs_", ""):
        with pytest.raises(TokenInvalid):
            await office.sessions.resume(invented)
    assert office.ended() == {}
    assert (await office.sessions.resume(admitted.token)).session == admitted.session


async def test_of_an_ended_session_only_its_token_learns_the_reason(office: Office) -> None:
    admitted = await office.sign_in(await office.member(await office.company()))
    await office.sessions.sign_out(admitted)
    assert await _over(office, admitted.token) == "signed_out"
    with pytest.raises(TokenInvalid):
        await office.sessions.resume(str(Token(admitted.session, bytes(32))))


async def test_an_older_token_of_an_ended_session_learns_the_reason_too(office: Office) -> None:
    _, old, new = await _rotated(office)
    await office.sessions.sign_out(await office.sessions.resume(new))
    assert await _over(office, old) == "signed_out"


async def test_tokens_are_not_in_the_database(office: Office) -> None:
    admitted = await office.sign_in(await office.member(await office.company()))
    secret = parse(admitted.token).secret
    kept = await office.storage.read(lambda read: read.value(TOKEN_HASH, session=admitted.session))
    assert kept == hashlib.sha256(secret).digest()


# ---- one's own sessions


async def test_a_member_sees_his_sessions(office: Office) -> None:
    lina = await office.member(await office.company())
    phone = await office.sign_in(lina, laptop("phone", "phone"), address="192.0.2.1")
    office.clock.advance(MINUTE)
    here = await office.sign_in(lina, laptop("desk", "desktop"), address="192.0.2.2")
    listed = await office.sessions.list_own(here)
    shown = [(one.session, one.device_class, one.device_name, one.address, one.here) for one in listed]
    assert shown == [
        (to_wire(here.session), "desktop", "desk", "192.0.2.2", True),
        (to_wire(phone.session), "phone", "phone", "192.0.2.1", False),
    ]
    assert listed[0].since - listed[1].since == MINUTE


async def test_a_member_ends_one_of_his_sessions(office: Office) -> None:
    lina = await office.member(await office.company())
    phone = await office.sign_in(lina, laptop("phone", "phone"))
    here = await office.sign_in(lina)
    for _ in range(2):  # what is over already stays so
        await office.sessions.end_own(here, to_wire(phone.session))
    assert office.ended() == {phone.session: "ended"}


async def test_nobody_ends_a_session_of_somebody_else(office: Office) -> None:
    company = await office.company()
    lina, wang = [await office.sign_in(await office.member(company, name)) for name in ("Li Na", "Wang")]
    for name in (to_wire(lina.session), to_wire(lina.session + 1), "no id"):
        with pytest.raises(SessionNotFound):
            await office.sessions.end_own(wang, name)
    assert await _alive(office, lina) == [True]


async def test_an_administrator_ends_any_session_of_his_company(office: Office) -> None:
    company = await office.company("acme")
    lina = await office.member(company)
    admitted = await office.sign_in(lina)
    (listed,) = await office.companies.list_sessions(ROOT, company, lina.number)
    assert listed.id == admitted.session
    await office.companies.end_session(ROOT, company, to_wire(listed.id))
    assert office.ended() == {admitted.session: "ended"}
    assert (await office.trail(company))[-1].act == "session.end"


async def test_an_administrator_ends_no_session_of_another_company(office: Office) -> None:
    admitted = await office.sign_in(await office.member(await office.company("acme")))
    await office.company("bolt", first_number=5001)
    for name in (to_wire(admitted.session), "no id"):
        with pytest.raises(SessionNotFound):
            await office.companies.end_session(ROOT, "bolt", name)
    assert await _alive(office, admitted) == [True]


async def test_when_somebody_signed_in_last_counts_ended_sessions_and_no_coming_back(office: Office) -> None:
    """SPEC B8."""
    company = await office.company()
    lina, wang, zhao = [await office.member(company, name) for name in ("Li Na", "Wang", "Zhao")]
    stays = await office.sign_in(lina, laptop("one", "desktop"))
    office.clock.advance(DAY)
    ended = (await office.sign_in(lina, laptop("two", "phone"))).session
    await office.companies.end_session(ROOT, company, to_wire(ended))
    office.clock.advance(DAY)
    await office.sessions.resume(stays.token)
    await office.sign_in(wang)
    ids = [lina.member, wang.member, zhao.member]
    found = await office.storage.read(lambda read: last_sign_ins(read, ids))
    now = office.clock.now()
    assert found == {lina.member: now - DAY, wang.member: now}


async def test_settings_say_how_long_and_how_many(storage: Storage, clock: ManualClock) -> None:
    office = Office(storage, clock, sessions=SessionSettings(idle_days=1, total_days=2, rotate_hours=1, per_member=1))
    lina = await office.member(await office.company())
    first = await office.sign_in(lina, laptop("one", "phone"))
    second = await office.sign_in(lina, laptop("two", "desktop"))
    assert office.ended() == {first.session: "too_many"}
    clock.advance(DAY)
    assert await _over(office, second.token) == "expired"
    office.close()

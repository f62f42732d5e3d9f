"""Acts on many members are refused before anything is done, or told member by member with nothing lost (SPEC A4, B5, B8; LOG C1, C3)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

import pytest

from protocol.errors import MemberNotFound, OutcomeUnknown, YizhanError
from protocol.ids import to_wire
from server.accounts.errors import SignInWrong
from server.audit.service import Actor
from server.companies.errors import NotAPerson, SeatsExhausted
from server.companies.newcomers import Added, Newcomer
from server.org.batches import BatchStopped, Outcome, finished, refusals
from server.org.errors import LastAdministrator, StateUnfit
from server.org.leaving import TOGETHER
from server.roles.errors import CompanyAdministratorsOnly, NotAllowed
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from storage import people
from tests.support.leaving import administrator, number_of
from tests.support.office import GOOD, ROOT, Office

T = TypeVar("T")
NOBODY = "9999999"


async def states(office: Office, whos: Sequence[Added]) -> list[str]:
    company = await number_of(office)
    there = await office.storage.read(lambda read: people.records(read, company, [one.member for one in whos]))
    return [there[one.member].state for one in whos]


def numbers(whos: Sequence[Added]) -> list[str]:
    return [one.number for one in whos]


async def company_of(office: Office, count: int, *, draft: bool = False, seats: int = 100) -> list[Added]:
    await office.company("acme", seats=seats)
    people = [Newcomer(name=f"Person {nth}") for nth in range(count)]
    return await office.companies.add_many(ROOT, "acme", people, password="" if draft else GOOD, must_change=False, draft=draft)


async def refused_members(kind: type[YizhanError], act: Awaitable[Any]) -> list[tuple[str, str]]:
    """Who was refused, and why."""
    with pytest.raises(kind) as error:
        await act
    return [(one.who, one.error.code) for one in refusals(error.value)]


async def met(told: AsyncIterator[Outcome[T]], meanwhile: Callable[[], Awaitable[object]]) -> AsyncIterator[Outcome[T]]:
    """Something else happens between the first piece and the next one."""
    yield await anext(told)
    await meanwhile()
    async for outcome in told:
        yield outcome


async def signed_in(office: Office, whos: Sequence[Added]) -> bool:
    return all([(await office.sign_in(one, password=one.password)).must_change_password for one in whos])


# ---- refused before anything is done


async def test_of_more_than_fit_one_act_nobody_is_disabled_where_one_is_unknown(office: Office) -> None:
    some = await company_of(office, 2 * TOGETHER)
    known = len(await office.trail("acme"))
    assert await refused_members(MemberNotFound, office.leaving.disable(ROOT, "acme", [*numbers(some), NOBODY], "x")) == [
        (NOBODY, "member.not_found")
    ]
    assert set(await states(office, some)) == {"active"}
    (entry,) = (await office.trail("acme"))[known:]
    assert (entry.act, entry.outcome, entry.details["error"]) == ("member.disable", "refused", "member.not_found")
    assert entry.details["members"] == [*numbers(some), NOBODY]


async def test_more_drafts_than_seats_are_all_drafts_still(office: Office) -> None:
    drafts = await company_of(office, 60, draft=True, seats=55)
    with pytest.raises(SeatsExhausted) as full:
        await office.companies.activate(ROOT, "acme", numbers(drafts))
    assert full.value.data == {"seats": 55, "wanted": 60}
    assert set(await states(office, drafts)) == {"draft"}


async def test_a_reset_of_many_leaves_every_password_where_one_is_unknown(office: Office) -> None:
    some = await company_of(office, 12)
    robot, _ = await office.companies.add_robot(ROOT, "acme", "Clock")
    admitted = await office.sign_in(some[0])
    whos = [*numbers(some), to_wire(robot), NOBODY]
    assert await refused_members(MemberNotFound, office.companies.reset_passwords(ROOT, "acme", whos)) == [
        (to_wire(robot), NotAPerson.code),
        (NOBODY, MemberNotFound.code),
    ]
    assert admitted.session not in office.ended()
    for one in some:
        assert not (await office.sign_in(one)).must_change_password


async def test_of_each_who_is_refused_it_is_said_what_is_wrong(office: Office) -> None:
    """In the order in which they were named; also where all of them fit one act."""
    some = await company_of(office, 3)
    draft = await office.companies.add_member(ROOT, "acme", Newcomer(name="Draft"), draft=True)
    whos = [draft.number, some[0].number, NOBODY, "no number"]
    assert await refused_members(MemberNotFound, office.leaving.enable(ROOT, "acme", whos)) == [
        (draft.number, StateUnfit.code),
        (NOBODY, MemberNotFound.code),
        ("no number", MemberNotFound.code),
    ]
    assert await refused_members(StateUnfit, office.companies.activate(ROOT, "acme", [draft.number, some[1].number])) == [
        (some[1].number, StateUnfit.code)
    ]
    assert await refused_members(MemberNotFound, office.leaving.enable(ROOT, "acme", [NOBODY])) == []  # it is he who was named
    assert await states(office, [draft]) == ["draft"]


async def test_of_whom_the_last_administrator_stays_it_is_said_too(office: Office) -> None:
    some = await company_of(office, 12)
    for one in (some[4], some[11]):
        await administrator(office, one)
    assert await refused_members(LastAdministrator, office.leaving.disable(ROOT, "acme", numbers(some), "")) == [
        (one.number, LastAdministrator.code) for one in (some[4], some[11])
    ]
    assert set(await states(office, some)) == {"active"}


async def test_whoever_may_not_act_on_some_is_told_of_whom(office: Office) -> None:
    """And of who is not found by him as of who is not there (promise V4)."""
    await office.company("acme")
    lab, vault = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Lab", "Vault")]
    some = [await office.member("acme", f"Person {nth}", units=(lab,)) for nth in range(12)]
    boss, hidden = await office.member("acme", "Boss"), await office.member("acme", "Hidden", units=(vault,))
    await administrator(office, boss)
    await administrator(office, some[11])
    await office.members.set_hidden(ROOT, "acme", [hidden.number], True)
    clerk = await office.member("acme", "Clerk", units=(lab,))
    desk = RoleService(office.storage)
    await desk.add(ROOT, "acme", "Clerk", grants={"org.manage": Grant(Scope.OWN_UNIT), "org.view": Grant(Scope.ALL)})
    await desk.give(ROOT, "acme", [clerk.number], "Clerk")
    by = Actor("member", "Clerk", clerk.member)
    told = []
    for who in (hidden.number, NOBODY):
        told.append(await refused_members(MemberNotFound, office.leaving.disable(by, "acme", [*numbers(some), boss.number, who], "")))
    assert told[0] == [
        (some[11].number, CompanyAdministratorsOnly.code),
        (boss.number, NotAllowed.code),
        (hidden.number, MemberNotFound.code),
    ]
    assert [code for _, code in told[0]] == [code for _, code in told[1]]
    assert set(await states(office, [*some, boss, hidden])) == {"active"}


# ---- what changes while a long batch is done


async def test_who_is_deleted_meanwhile_is_left_out_and_the_others_are_done(office: Office) -> None:
    some = await company_of(office, TOGETHER + 3)
    gone = some[TOGETHER + 1]
    told = office.companies.resetting(ROOT, "acme", numbers(some))
    with pytest.raises(BatchStopped) as stopped:
        await finished(met(told, lambda: office.leaving.delete(ROOT, "acme", gone.number)))
    outcome: Outcome[Any] = stopped.value.outcome
    assert [(one.who, one.error.code) for one in outcome.refused] == [(gone.number, MemberNotFound.code)]
    assert numbers(outcome.done) == [one.number for one in some if one is not gone]
    assert await signed_in(office, outcome.done)
    assert (outcome.left, outcome.error, stopped.value.data) == ((), None, {"done": 12, "count": 13, "why": MemberNotFound.code})
    refused = [entry for entry in await office.trail("acme") if entry.outcome == "refused"]
    assert [(entry.act, entry.details["member"]) for entry in refused] == [("member.reset_password", gone.number)]


async def test_seats_that_go_meanwhile_leave_the_rest_and_lose_no_code(office: Office) -> None:
    drafts = await company_of(office, 60, draft=True)
    told = office.companies.activating(ROOT, "acme", numbers(drafts))
    with pytest.raises(BatchStopped) as stopped:
        await finished(met(told, lambda: office.companies.set_seats(ROOT, "acme", 55)))
    outcome: Outcome[Any] = stopped.value.outcome
    assert (numbers(outcome.done), outcome.left) == (numbers(drafts[:50]), tuple(numbers(drafts[50:])))
    assert isinstance(outcome.error, SeatsExhausted)
    assert await signed_in(office, outcome.done[:2])
    assert await states(office, drafts) == ["active"] * 50 + ["draft"] * 10


async def test_a_batch_that_dies_has_told_the_codes_of_what_it_did(office: Office) -> None:
    """The others are as they were: they can be done again."""
    drafts = await company_of(office, 60, draft=True)
    first = await anext(office.companies.activating(ROOT, "acme", numbers(drafts)))
    assert len(first.done) == 50
    assert await signed_in(office, first.done[-2:])
    again = await office.companies.activate(ROOT, "acme", numbers(drafts[50:]))
    assert len({one.password for one in (*first.done, *again)}) == 60


async def test_where_the_database_gives_no_answer_it_is_said_of_whom_nobody_knows(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    some = await company_of(office, 2 * TOGETHER + 1)
    told = office.leaving.disabling(ROOT, "acme", numbers(some), "")

    async def away() -> None:
        async def transact(*_: object, **__: object) -> None:
            raise OutcomeUnknown

        monkeypatch.setattr(office.storage, "transact", transact)

    with pytest.raises(BatchStopped) as stopped:
        await finished(met(told, away))
    outcome: Outcome[Any] = stopped.value.outcome
    assert ([one.number for one in outcome.done], outcome.unknown, outcome.left) == (
        numbers(some[:TOGETHER]),
        tuple(numbers(some[TOGETHER : 2 * TOGETHER])),
        (some[-1].number,),
    )


async def test_who_is_named_twice_is_done_once(office: Office) -> None:
    some = await company_of(office, 2)
    whos = [some[0].number, to_wire(some[0].member), some[1].number, some[0].number]
    assert numbers(await office.companies.reset_passwords(ROOT, "acme", whos)) == numbers(some)


async def test_the_states_that_they_had_are_told(office: Office) -> None:
    some = await company_of(office, 3)
    await office.leaving.disable(ROOT, "acme", [some[1].number], "")
    done = await office.leaving.disable(ROOT, "acme", numbers(some), "")
    assert [(one.number, one.before) for one in done] == list(zip(numbers(some), ["active", "disabled", "active"], strict=True))
    assert [one.before for one in await office.leaving.enable(ROOT, "acme", numbers(some))] == ["disabled"] * 3


async def test_a_first_password_is_good_until_its_owner_chose_one(office: Office) -> None:
    """SPEC A4: a sign-in that was cut short is no lock-out, and each session asks for a new one before anything else."""
    await office.company("acme")
    one = await office.companies.add_member(ROOT, "acme", Newcomer(name="Li Na"))
    before, admitted = [await office.sign_in(one, password=one.password) for _ in range(2)]
    assert before.must_change_password
    assert admitted.must_change_password
    await office.accounts.change_password(admitted, one.password, GOOD, address="")
    with pytest.raises(SignInWrong):
        await office.sign_in(one, password=one.password)
    first, second = [await office.companies.reset_password(ROOT, "acme", one.number) for _ in range(2)]
    with pytest.raises(SignInWrong):
        await office.sign_in(one, password=first)
    assert (await office.sign_in(one, password=second)).must_change_password

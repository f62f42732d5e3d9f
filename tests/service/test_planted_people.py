"""Faults about people, each caught by the test that says what holds: suspension of a company, cards that outsiders open, what a last day
hands on (SPEC A1, B3, B9; promise V4).

Each is planted, and the test that has to catch it is run; on both databases, for some of them are in statements' answers.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest

from protocol.errors import YizhanError
from server.org import days, heading, last_days
from server.org.cards import Changes
from server.sessions import rules as session_rules
from server.sessions.errors import SessionOver
from server.visibility import fields, profiles, service
from server.visibility.evaluator import Evaluator
from server.visibility.know import SHARED
from server.visibility.loading import Pair
from server.visibility.terms import Elsewhere, Ties, Verdict, What, Where
from storage import accounts, companies, company_log, units
from storage import people as stored_people
from storage.people import Record
from storage.sessions import Resumable
from storage.work import Read, Work
from storage.writer import decide
from storage.writer.loaded import Participant
from tests.service import test_accounts as of_accounts
from tests.service import test_org_last_days as of_last_days
from tests.service import test_outsiders_cards as of_cards
from tests.service import test_sessions as of_sessions
from tests.service import test_writer_again as of_writer
from tests.support import leaving
from tests.support.office import DAY, ROOT, Office

Plant = Callable[[pytest.MonkeyPatch], None]
CAUGHT = (AssertionError, YizhanError, IndexError, pytest.fail.Exception)


# ---- suspension (who is connected is put out: ``tests/wire/test_planted_suspension.py``)


def signing_in_does_not_look_at_the_suspension(patch: pytest.MonkeyPatch) -> None:
    real = accounts._place
    patch.setattr(accounts, "_place", lambda row: msgspec.structs.replace(real(row), suspended=False))


def resuming_does_not_look_at_the_suspension(patch: pytest.MonkeyPatch) -> None:
    real = session_rules._check_open
    patch.setattr(session_rules, "_check_open", lambda row, *more: real(msgspec.structs.replace(row, suspended=False), *more))


def a_suspension_ends_the_sessions_for_good(patch: pytest.MonkeyPatch) -> None:
    real = session_rules._check_open

    def check_open(row: Resumable, *more: Any) -> None:
        if row.suspended:
            raise SessionOver("disabled")
        real(row, *more)

    patch.setattr(session_rules, "_check_open", check_open)


def the_writer_does_not_look_at_the_suspension(patch: pytest.MonkeyPatch) -> None:
    real = decide._may_act

    def may_act(who: Participant, *more: Any) -> None:
        suspended, who.suspended = who.suspended, False
        try:
            real(who, *more)
        finally:
            who.suspended = suspended

    patch.setattr(decide, "_may_act", may_act)


def a_suspension_is_not_told(patch: pytest.MonkeyPatch) -> None:
    """The row is written, and no node hears of it."""

    async def set_suspended(work: Work, company: int, suspended: bool) -> None:
        await work.run(companies.SET_SUSPENDED, id=company, set_suspended=suspended)

    patch.setattr(companies, "set_suspended", set_suspended)


async def test_a_suspension_and_its_end_are_told(office: Office) -> None:
    """To the nodes, which put out who is connected."""
    await office.company()
    company = await leaving.number_of(office)
    for suspended in (True, False):
        await office.companies.set_suspended(ROOT, "acme", suspended)
        assert list(office.told[-1].payload.companies) == [company]


# ---- cards that outsiders open


def the_companys_own_business_is_shown_outside(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(profiles, "WITHIN", frozenset())


def units_are_named_outside(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pair, "units", lambda self: ("Sales",))


def outsiders_are_taken_for_colleagues(patch: pytest.MonkeyPatch) -> None:
    """By whoever makes the card: the company's own fields come with it."""
    real = service.access

    async def access(read: Read, viewer: Any, member: int) -> Any:
        card, both = await real(read, viewer, member)
        return msgspec.structs.replace(card, company=viewer.company), both

    patch.setattr(profiles, "access", access)


def privacy_is_not_for_outsiders(patch: pytest.MonkeyPatch) -> None:
    real = Evaluator._outside

    def outside(self: Evaluator, target: Elsewhere, what: What, where: Where, ties: Ties, field: str) -> Verdict:
        return real(self, target, What.KNOW if what is What.FIELD else what, where, ties, field)

    patch.setattr(Evaluator, "_outside", outside)


def the_own_unit_is_everybodys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fields, "is_shown", lambda shown, *, own_unit: shown != "hidden")


def anybody_outside_is_known(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Evaluator, "_outside", lambda self, *asked: SHARED)


def a_conversation_in_which_nobody_wrote_counts(patch: pytest.MonkeyPatch) -> None:
    real = Pair.sees

    def sees(self: Pair, what: What, where: Where = Where.PROFILE, field: str = "") -> Verdict:
        if self.card is not None and self.card.name == "Li Na":
            return Verdict(True, SHARED.by)
        return real(self, what, where, field)

    patch.setattr(Pair, "sees", sees)


# ---- the successor at a last day's end


def nobody_is_chosen_ahead(patch: pytest.MonkeyPatch) -> None:
    async def chosen_ahead(*_: Any) -> dict[int, int]:
        return {}

    patch.setattr(heading, "chosen_ahead", chosen_ahead)


def a_successor_heads_what_he_is_not_in(patch: pytest.MonkeyPatch) -> None:
    async def chosen_ahead(read: Read, leaving: Record, headless: Sequence[int]) -> dict[int, int]:
        return {} if leaving.successor is None else dict.fromkeys(headless, leaving.successor)

    patch.setattr(heading, "chosen_ahead", chosen_ahead)


def a_successor_who_is_disabled_takes_over(patch: pytest.MonkeyPatch) -> None:
    real = stored_people.records

    async def records(read: Read, company: int, wanted: Sequence[int]) -> dict[int, Record]:
        found = await real(read, company, wanted)
        return {id: msgspec.structs.replace(one, state="active") for id, one in found.items()}

    patch.setattr(stored_people, "records", records)


def whoever_becomes_head_is_not_told_of(patch: pytest.MonkeyPatch) -> None:
    real = heading.hand_on

    async def hand_on(*given: Any, **more: Any) -> heading.HandedOn:
        await real(*given, **more)
        return heading.HandedOn()

    patch.setattr(last_days, "hand_on", hand_on)


def he_stays_at_the_head_and_goes_on(patch: pytest.MonkeyPatch) -> None:
    """The successor is named in the entry, and nothing is stored."""

    async def set_heads(*_: Any) -> None:
        return

    patch.setattr(units, "set_heads", set_heads)


def a_day_ends_in_greenwich(patch: pytest.MonkeyPatch) -> None:
    real = days.today
    patch.setattr(days, "today", lambda now, time_zone: real(now, "UTC"))


async def test_a_successor_who_was_disabled_meanwhile_heads_nothing(office: Office) -> None:
    """What he would have headed goes on as it was, and the entry says so. The clients are told of both where he does head it."""
    lina, wang, zhao = await leaving.trio(office)
    sales, lab = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab")]
    for one, unit, successor in ((lina, sales, wang), (zhao, lab, wang)):
        for member in (one, successor):
            await office.members.add_to_unit(ROOT, "acme", [member.number], unit)
        await office.org.set_first_head(ROOT, "acme", unit, one.number)
        await office.members.change(ROOT, "acme", one.number, Changes(successor=successor.member))
    now = office.clock.now()
    today, tomorrow = (days.today(at, "Asia/Shanghai").isoformat() for at in (now, now + DAY))
    await office.members.change(ROOT, "acme", lina.number, Changes(last_day=today))
    await office.members.change(ROOT, "acme", zhao.number, Changes(last_day=tomorrow))
    office.clock.advance(DAY)
    assert await office.last_days.sweep(office.clock.now()) == 1
    company = await leaving.number_of(office)
    log = await office.storage.read(lambda read: company_log.since(read, company, 0, 1000))
    assert log[-1][1].members == (lina.member, wang.member)
    await office.leaving.disable(ROOT, "acme", [wang.number], "")
    office.clock.advance(DAY)
    assert await office.last_days.sweep(office.clock.now()) == 1
    org = await leaving.picture(office)
    assert (org.first_head(sales), org.first_head(lab)) == (wang.member, zhao.member)
    entry = (await office.trail("acme"))[-1].details
    assert (entry["without_successor"], "head of Lab" in entry) == (["Lab"], False)


Catching = Callable[[Office], Awaitable[None]]


async def suspended_members_do_not_write(office: Office) -> None:
    await of_writer.test_who_may_not_send_any_more_still_gets_his_first_answers(office.storage, "suspended")


CARD, HIDDEN_FIELDS = (
    of_cards.test_an_outsider_is_shown_what_is_shown_to_everybody_and_nothing_of_the_companys_own,
    of_cards.test_what_is_hidden_or_for_the_own_unit_is_not_for_outsiders,
)
UNTIED = of_cards.test_an_outsider_without_a_tie_opens_no_card_and_a_conversation_in_which_nobody_wrote_is_none
LAST_DAY = of_last_days.test_the_successor_chosen_ahead_heads_what_he_is_in_at_the_end_of_a_last_day
FAULTS: list[tuple[Catching, Plant]] = [
    (of_accounts.test_nobody_of_a_suspended_company_comes_in, signing_in_does_not_look_at_the_suspension),
    (of_sessions.test_a_session_waits_for_the_end_of_its_companys_suspension, resuming_does_not_look_at_the_suspension),
    (of_sessions.test_a_session_waits_for_the_end_of_its_companys_suspension, a_suspension_ends_the_sessions_for_good),
    (test_a_suspension_and_its_end_are_told, a_suspension_is_not_told),
    (suspended_members_do_not_write, the_writer_does_not_look_at_the_suspension),
    (CARD, the_companys_own_business_is_shown_outside),
    (CARD, units_are_named_outside),
    (CARD, outsiders_are_taken_for_colleagues),
    (CARD, privacy_is_not_for_outsiders),
    (HIDDEN_FIELDS, privacy_is_not_for_outsiders),
    (HIDDEN_FIELDS, the_own_unit_is_everybodys),
    (UNTIED, anybody_outside_is_known),
    (UNTIED, a_conversation_in_which_nobody_wrote_counts),
    (LAST_DAY, nobody_is_chosen_ahead),
    (LAST_DAY, a_successor_heads_what_he_is_not_in),
    (LAST_DAY, he_stays_at_the_head_and_goes_on),
    (of_last_days.test_a_member_is_disabled_by_himself_at_the_end_of_his_last_day, a_day_ends_in_greenwich),
    (test_a_successor_who_was_disabled_meanwhile_heads_nothing, a_successor_who_is_disabled_takes_over),
    (test_a_successor_who_was_disabled_meanwhile_heads_nothing, whoever_becomes_head_is_not_told_of),
]


@pytest.mark.parametrize(("caught_by", "plant"), FAULTS, ids=[f"{plant.__name__}-{test.__name__[:20]}" for test, plant in FAULTS])
async def test_a_planted_fault_is_caught(office: Office, caught_by: Catching, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(CAUGHT):
        await caught_by(office)

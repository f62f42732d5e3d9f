"""Faults about outside contacts, each caught by the test that says what holds (SPEC H1; promise V4).

Each is planted, and the test that has to catch it is run; on both databases, for some of them are in statements' answers.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from protocol.errors import YizhanError
from server.outside import asking, contacts, handover, holding, pages, rules
from server.visibility import know, loading
from storage import outside
from storage import outside_requests as requests
from storage.conversations import Ledger
from storage.outside import Two
from storage.schema.outside import outside_requests
from storage.statements import column, statement
from tests.service import test_outside_contacts as of_contacts
from tests.service import test_outside_requests as of_requests
from tests.support.office import Office

Plant = Callable[[pytest.MonkeyPatch], None]
Catching = Callable[[Office], Awaitable[None]]
CAUGHT = (AssertionError, YizhanError, IndexError, KeyError, StopIteration, RuntimeError, ValueError, pytest.fail.Exception)


async def nothing(*_: Any, **__: Any) -> None:
    pass


async def no(*_: Any, **__: Any) -> bool:
    return False


# ---- requests


def a_block_holds_no_request_back(patch: pytest.MonkeyPatch) -> None:
    real = rules.is_reached

    def is_reached(two: Two, standing: Any) -> bool:
        return real(msgspec.structs.replace(two, theirs=msgspec.structs.replace(two.theirs, blocked=False)), standing)

    patch.setattr(rules, "is_reached", is_reached)


def colleagues_are_reached(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "are_outsiders", lambda one, other: one.member != other.member)


def disabled_members_are_reached(patch: pytest.MonkeyPatch) -> None:
    real = rules.is_reached

    def is_reached(two: Two, standing: Any) -> bool:
        return real(msgspec.structs.replace(two, theirs=msgspec.structs.replace(two.theirs, state="active")), standing)

    patch.setattr(rules, "is_reached", is_reached)


def the_maker_sees_whom_it_reached(patch: pytest.MonkeyPatch) -> None:
    real = pages._made
    patch.setattr(pages, "_made", lambda asked, now: real(msgspec.structs.replace(asked, named=asked.target), now))


def nobody_is_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    """Two statements fewer, which may be timed."""
    real = asking._reached

    async def reached(work: Any, member: int, wanted: int) -> Any:
        return None if wanted == asking.NOBODY else await real(work, member, wanted)

    patch.setattr(asking, "_reached", reached)


def a_refusal_is_told(patch: pytest.MonkeyPatch) -> None:
    real = pages._made

    def made(asked: Any, now: int) -> Any:
        return msgspec.structs.replace(real(asked, now), state="refused") if asked.state == "refused" else real(asked, now)

    patch.setattr(pages, "_made", made)


def a_request_waits_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "waits", lambda state, asked_at, now: state == "waiting")


def a_card_is_shown_for_ever_to_who_was_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(loading, "REQUEST_MS", 1 << 50)


def whoever_knows_the_id_answers(patch: pytest.MonkeyPatch) -> None:
    of_anybody = statement(sa.select(*requests._COLUMNS).where(outside_requests.c.id == column("id")))

    async def to(read: Any, target: int, id: int) -> Any:
        row = await read.one(of_anybody, id=id)
        return None if row is None else requests._request(row)

    patch.setattr(requests, "to", to)


def those_that_reach_nobody_do_not_count(patch: pytest.MonkeyPatch) -> None:
    async def counted(*_: Any, **__: Any) -> int:
        return 0

    patch.setattr(requests, "counted", counted)


def who_asks_is_known_for_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(know, "ASKED", know.OUTSIDE)


def who_asks_shows_no_card(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(know, "outside", know.known)


def a_role_is_not_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "is_permitted", lambda side, standing: side.kind == "person")


def a_company_is_not_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "may", rules.is_permitted)


# ---- contacts


def a_removal_is_one_sided(patch: pytest.MonkeyPatch) -> None:
    async def remove(self: Any, viewer: Any, member: int) -> None:
        async def act(work: Any) -> None:
            there = await outside.find(work, viewer.company, viewer.member, member)
            assert there is not None
            await outside.save(work, viewer.company, viewer.member, msgspec.structs.replace(there, removed=True))

        await self._storage.transact(act)

    patch.setattr(contacts.OutsideContactService, "remove", remove)


def acts_do_not_settle_the_writer(patch: pytest.MonkeyPatch) -> None:
    for module in (asking, contacts):
        patch.setattr(module, "settle", nothing)


def one_lifted_block_lifts_both(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "is_held", lambda two, standing: two.mine.blocked)


def a_lifted_block_makes_an_ended_contact(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outside, "drop", nothing)


def a_block_leaves_what_he_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(requests, "refuse_all", nothing)


def anybody_is_blocked_by_his_id(patch: pytest.MonkeyPatch) -> None:
    real = outside.two

    async def access(read: Any, viewer: Any, member: int) -> Any:
        return await real(read, viewer.member, member) or await real(read, viewer.member, viewer.member)

    patch.setattr(contacts, "access_outsider", access)


# ---- what companies forbid


def nobody_is_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "note", nothing)


def roles_are_not_followed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "WIDE", frozenset({"outside"}))


def what_a_company_settles_is_not_followed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(holding, "_settle", nothing)


def only_one_company_is_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "is_forbidden", lambda two, standing: not rules.may(two.mine, standing))


def only_the_first_page_is_followed(patch: pytest.MonkeyPatch) -> None:
    real = holding._look

    async def look(read: Any, company: int, behind: Any, whose: Any) -> Any:
        return await real(read, company, behind, whose) if behind == (0, 0) else ([], [])

    patch.setattr(holding, "_look", look)


def a_talk_begins_whatever_is_forbidden(patch: pytest.MonkeyPatch) -> None:
    from server.visibility import service

    patch.setattr(service, "is_held", no)


def the_flag_alone_is_lifted(patch: pytest.MonkeyPatch) -> None:
    """A block is forgotten where a company allows again."""
    real = rules.is_held
    patch.setattr(rules, "is_held", lambda two, of: real(two, of) if rules.is_forbidden(two, of) else False)


# ---- who leaves


def a_leaver_hands_on_whom_he_blocked(patch: pytest.MonkeyPatch) -> None:
    real = outside.some

    async def some(*asked: Any) -> Any:
        return [msgspec.structs.replace(one, blocked=False) for one in await real(*asked)]

    patch.setattr(outside, "some", some)


def a_successor_is_a_contact_unasked(patch: pytest.MonkeyPatch) -> None:
    async def ask(work: Any, company: int, leaver: int, successor: int, contact: Any) -> None:
        await handover._keep(work, company, successor, contact)

    patch.setattr(handover, "_ask", ask)


def a_leaver_stays_with_those_who_had_him(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(handover, "_forgotten", no)


def remarks_are_lost(patch: pytest.MonkeyPatch) -> None:
    real = requests.insert

    async def insert(work: Any, request: Any, client_id: Any) -> None:
        await real(work, msgspec.structs.replace(request, remark=""), client_id)

    patch.setattr(requests, "insert", insert)


def a_handover_asks_whomever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "may", lambda side, standing: True)


SECRET = of_requests.test_nobody_learns_whether_an_address_is_somebodys
WAITS = of_requests.test_only_who_was_asked_answers_and_only_as_long_as_it_waits
EARLY = of_requests.test_who_asks_is_not_written_to_nor_kept_before_he_is_accepted
LEAVES = of_contacts.test_a_leavers_contacts_are_asked_by_his_successor_and_each_may_refuse
FAULTS: list[tuple[Catching | Callable[..., Awaitable[None]], Plant]] = [
    (SECRET, a_block_holds_no_request_back),
    (SECRET, colleagues_are_reached),
    (SECRET, disabled_members_are_reached),
    (SECRET, the_maker_sees_whom_it_reached),
    (SECRET, nobody_is_not_looked_for),
    (of_requests.test_a_refusal_is_told_to_nobody_and_a_request_expires_like_one_that_nobody_got, a_refusal_is_told),
    (of_requests.test_who_was_refused_may_ask_again_and_who_was_blocked_reaches_nobody, a_block_holds_no_request_back),
    (WAITS, a_request_waits_for_ever),
    (WAITS, whoever_knows_the_id_answers),
    (of_requests.test_the_card_of_who_asks_is_shown_as_long_as_the_request_waits, a_card_is_shown_for_ever_to_who_was_asked),
    (of_requests.test_requests_are_limited_within_a_day_whether_they_reach_anybody_or_not, those_that_reach_nobody_do_not_count),
    (EARLY, who_asks_is_known_for_everything),
    (of_requests.test_who_is_asked_sees_who_asks_and_accepted_each_has_the_other, who_asks_shows_no_card),
    (of_requests.test_whose_role_does_not_permit_it_neither_asks_nor_accepts, a_role_is_not_asked),
    (of_requests.test_a_company_that_forbids_outside_contacts_neither_asks_nor_is_asked, a_company_is_not_asked),
    (of_contacts.test_who_is_removed_is_so_for_both_and_neither_writes_until_they_are_contacts_again, a_removal_is_one_sided),
    (of_contacts.test_who_is_removed_is_so_for_both_and_neither_writes_until_they_are_contacts_again, acts_do_not_settle_the_writer),
    (of_contacts.test_who_is_blocked_writes_no_more_and_is_not_told_so, acts_do_not_settle_the_writer),
    (of_contacts.test_both_may_block_and_both_must_lift_it, one_lifted_block_lifts_both),
    (of_contacts.test_somebody_from_a_group_is_blocked_without_ever_being_a_contact, a_lifted_block_makes_an_ended_contact),
    (of_contacts.test_a_block_refuses_what_he_asked, a_block_leaves_what_he_asked),
    (of_contacts.test_only_whom_one_has_or_knows_can_be_called_removed_blocked_or_reported, anybody_is_blocked_by_his_id),
    (of_contacts.test_a_company_that_forbids_it_ends_the_talks_that_run_and_both_are_told, nobody_is_told),
    (of_contacts.test_a_company_that_forbids_it_ends_the_talks_that_run_and_both_are_told, what_a_company_settles_is_not_followed),
    (of_contacts.test_a_role_that_loses_the_permission_binds_all_who_have_it, roles_are_not_followed),
    (of_contacts.test_a_talk_is_not_begun_where_either_company_forbids_it, only_one_company_is_asked),
    (of_contacts.test_a_talk_is_not_begun_where_either_company_forbids_it, a_talk_begins_whatever_is_forbidden),
    (of_contacts.test_a_block_outlasts_what_the_company_forbade, the_flag_alone_is_lifted),
    (LEAVES, a_leaver_hands_on_whom_he_blocked),
    (LEAVES, a_successor_is_a_contact_unasked),
    (LEAVES, a_leaver_stays_with_those_who_had_him),
    (LEAVES, remarks_are_lost),
    (of_contacts.test_a_handover_asks_nobody_whom_the_company_may_not_reach, a_handover_asks_whomever),
]
WITH_PATCH = (SECRET, of_contacts.test_many_talks_are_held_piece_by_piece)


@pytest.mark.parametrize(("caught_by", "plant"), FAULTS, ids=[f"{plant.__name__}-{test.__name__[:20]}" for test, plant in FAULTS])
async def test_a_planted_fault_is_caught(office: Office, caught_by: Any, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(CAUGHT):
        await (caught_by(office, monkeypatch) if caught_by in WITH_PATCH else caught_by(office))


async def test_a_follower_that_stops_at_a_page_is_caught(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    only_the_first_page_is_followed(monkeypatch)
    with pytest.raises(CAUGHT):
        await of_contacts.test_many_talks_are_held_piece_by_piece(office, monkeypatch)

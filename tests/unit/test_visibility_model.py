"""The reference model of visibility, row by row: what it says must be right before an evaluator is held against it.

The company: under the root (1) Sales (2) with Sales East (3), and Research (4) with the Lab (5). Wang works in Sales, Li in Sales
East, Chen in Research, Zhao in the Lab; Sun has no unit yet; Ma belongs to another company.
"""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from tests.support.visibility_facts import Company, Conversation, Facts, Member, Parties, Question, Rule, Stay, Unit, What, Where
from tests.support.visibility_model import can_see, may_add_as_contact, shown_in, total
from tests.support.visibility_worlds import history, questions

ROOT, SALES, EAST, RESEARCH, LAB, ELSEWHERE = 1, 2, 3, 4, 5, 9
WANG, LI, CHEN, ZHAO, SUN, MA = 11, 12, 13, 14, 15, 19
DIRECT, GROUP, EMPTY = 21, 22, 23
OUTSIDE_OF_CONVERSATIONS = (
    Where.TREE,
    Where.SEARCH,
    Where.WHOLE,
    Where.MENTION,
    Where.NUMBER,
    Where.COUNTS,
    Where.EXPORTS,
    Where.BROADCAST,
    Where.ACCOUNT_CENTER,
)


def company() -> Facts:
    units = {
        ROOT: Unit(ROOT, 1, None),
        SALES: Unit(SALES, 1, ROOT),
        EAST: Unit(EAST, 1, SALES),
        RESEARCH: Unit(RESEARCH, 1, ROOT),
        LAB: Unit(LAB, 1, RESEARCH),
        ELSEWHERE: Unit(ELSEWHERE, 2, None),
    }
    seated = {WANG: (SALES,), LI: (EAST,), CHEN: (RESEARCH,), ZHAO: (LAB,), SUN: ()}
    members = {id: Member(id, 1, units=at) for id, at in seated.items()}
    return Facts({1: Company(1), 2: Company(2)}, units, {**members, MA: Member(MA, 2, (ELSEWHERE,))})


def having(facts: Facts, member: int, **change: Any) -> Facts:
    return replace(facts, members={**facts.members, member: replace(facts.members[member], **change)})


def with_unit(facts: Facts, unit: int, **change: Any) -> Facts:
    return replace(facts, units={**facts.units, unit: replace(facts.units[unit], **change)})


def with_rule(facts: Facts, kind: Any, bound: Parties, **more: Any) -> Facts:
    return replace(facts, rules=(*facts.rules, Rule(len(facts.rules) + 1, 1, kind, bound, **more)))


def talking(facts: Facts, id: int, *people: int | Stay, direct: bool = False, head: int = 5) -> Facts:
    stays = tuple(one if isinstance(one, Stay) else Stay(one, 1) for one in people)
    return replace(facts, conversations={**facts.conversations, id: Conversation(id, direct, head, stays)})


def units(*ids: int) -> Parties:
    return Parties(units=frozenset(ids))


def people(*ids: int) -> Parties:
    return Parties(members=frozenset(ids))


def ask(facts: Facts, viewer: int, target: int, what: What, where: Where, **more: Any) -> tuple[bool, str]:
    return can_see(facts, Question(viewer, target, what, where, **more))


def finds(facts: Facts, viewer: int, target: int, where: Where = Where.TREE) -> tuple[bool, str]:
    return ask(facts, viewer, target, What.FIND, where)


def sees_in(facts: Facts, conversation: int, viewer: int, target: int, what: What) -> tuple[bool, str]:
    return ask(facts, viewer, target, what, Where.CONVERSATION, conversation=conversation)


CHEN_HIDDEN = having(company(), CHEN, is_hidden=True)


# the rows of the table of hidden members


@pytest.mark.parametrize("where", OUTSIDE_OF_CONVERSATIONS)
@pytest.mark.parametrize("what", list(What))
def test_a_hidden_member_is_not_there_wherever_one_looks_for_people(where: Where, what: What) -> None:
    assert ask(company(), WANG, CHEN, what, where)[0]
    assert ask(CHEN_HIDDEN, WANG, CHEN, what, where) == (False, "hidden_member")


def test_in_a_shared_group_a_hidden_member_is_there_by_name_and_card_without_presence() -> None:
    facts = talking(CHEN_HIDDEN, GROUP, WANG, CHEN)
    assert sees_in(facts, GROUP, WANG, CHEN, What.KNOW) == (True, "shared_conversation")
    assert sees_in(facts, GROUP, WANG, CHEN, What.FIELD) == (True, "shown")
    assert sees_in(facts, GROUP, WANG, CHEN, What.PRESENCE) == (False, "hidden_member")
    assert sees_in(facts, GROUP, WANG, CHEN, What.LAST_SEEN) == (False, "hidden_member")
    assert sees_in(facts, GROUP, LI, CHEN, What.KNOW) == (False, "hidden_member")


@pytest.mark.parametrize("where", [Where.CONVERSATION, Where.RECENT, Where.PROFILE])
def test_in_a_direct_conversation_that_either_began_a_hidden_member_is_there_with_presence(where: Where) -> None:
    facts = talking(CHEN_HIDDEN, DIRECT, WANG, CHEN, direct=True)
    for what in (What.KNOW, What.PRESENCE, What.WRITE):
        assert ask(facts, WANG, CHEN, what, where, conversation=DIRECT) == (True, "direct_conversation")
    assert not ask(facts, LI, CHEN, What.KNOW, where, conversation=DIRECT)[0]


def test_a_direct_conversation_in_which_nothing_was_written_shows_nothing() -> None:
    facts = talking(CHEN_HIDDEN, EMPTY, WANG, CHEN, direct=True, head=0)
    assert sees_in(facts, EMPTY, WANG, CHEN, What.KNOW) == (False, "hidden_member")


def test_among_frequent_contacts_a_hidden_member_stays_with_presence() -> None:
    facts = having(CHEN_HIDDEN, WANG, contacts=frozenset((CHEN,)))
    for what in (What.KNOW, What.PRESENCE):
        assert ask(facts, WANG, CHEN, what, Where.CONTACTS) == (True, "frequent_contact")
    assert finds(facts, WANG, CHEN) == (False, "hidden_member")


def test_hidden_members_are_never_counted_for_who_may_not_find_them() -> None:
    facts = talking(having(CHEN_HIDDEN, WANG, contacts=frozenset((CHEN,))), DIRECT, WANG, CHEN, direct=True)
    assert [total(facts, WANG, unit) for unit in (ROOT, SALES, RESEARCH, LAB)] == [3, 2, 1, 1]
    assert total(company(), WANG, ROOT) == 4


def test_hidden_members_find_each_other() -> None:
    facts = having(CHEN_HIDDEN, WANG, is_hidden=True)
    assert finds(facts, WANG, CHEN) == (True, "colleague")
    assert total(facts, WANG, ROOT) == 4
    assert finds(having(facts, WANG, scope=frozenset((SALES,))), WANG, CHEN) == (False, "information_scope")


def test_an_administrator_finds_a_hidden_member_of_his_units_in_the_account_center_and_its_exports_only() -> None:
    facts = having(CHEN_HIDDEN, WANG, administers=frozenset((RESEARCH,)))
    for where in OUTSIDE_OF_CONVERSATIONS:
        office = where in (Where.ACCOUNT_CENTER, Where.EXPORTS)
        assert finds(facts, WANG, CHEN, where) == ((True, "administrator") if office else (False, "hidden_member"))
    assert not finds(having(facts, WANG, administers=frozenset((ROOT, LAB))), WANG, CHEN, Where.ACCOUNT_CENTER)[0]
    assert not finds(having(facts, WANG, scope=frozenset((SALES,))), WANG, CHEN, Where.ACCOUNT_CENTER)[0]


def test_from_a_shared_conversation_a_hidden_member_can_be_added_as_a_frequent_contact() -> None:
    assert may_add_as_contact(talking(CHEN_HIDDEN, GROUP, WANG, CHEN), WANG, CHEN)
    assert not may_add_as_contact(CHEN_HIDDEN, WANG, CHEN)


# the rows of the table of members who are not simply active


def test_a_draft_is_seen_by_administrators_only() -> None:
    facts = having(having(company(), CHEN, state="draft"), WANG, administers_all=True)
    assert finds(facts, WANG, CHEN, Where.ACCOUNT_CENTER) == (True, "administrator")
    for where in set(Where) - {Where.ACCOUNT_CENTER, Where.EXPORTS, Where.CONVERSATION}:
        assert ask(facts, WANG, CHEN, What.KNOW, where) == (False, "draft")
    assert sees_in(talking(facts, GROUP, WANG, CHEN), GROUP, WANG, CHEN, What.KNOW) == (False, "draft")


def test_a_disabled_member_is_in_conversations_and_contacts_and_nowhere_else() -> None:
    facts = talking(having(company(), CHEN, state="disabled"), DIRECT, WANG, CHEN, direct=True)
    facts = having(facts, WANG, contacts=frozenset((CHEN,)))
    assert sees_in(facts, DIRECT, WANG, CHEN, What.KNOW) == (True, "direct_conversation")
    assert sees_in(facts, DIRECT, WANG, CHEN, What.WRITE) == (True, "direct_conversation")
    assert ask(facts, WANG, CHEN, What.KNOW, Where.CONTACTS) == (True, "frequent_contact")
    assert sees_in(facts, DIRECT, WANG, CHEN, What.PRESENCE) == (False, "disabled")
    assert all(finds(facts, WANG, CHEN, where) == (False, "disabled") for where in OUTSIDE_OF_CONVERSATIONS)
    assert total(facts, WANG, ROOT) == 3


def test_an_unassigned_member_is_found_by_whose_scope_is_the_whole_company() -> None:
    assert finds(company(), WANG, SUN) == (True, "colleague")
    assert finds(having(company(), WANG, scope=frozenset((ROOT,))), WANG, SUN) == (True, "colleague")
    assert finds(having(company(), WANG, scope=frozenset((SALES, RESEARCH))), WANG, SUN) == (False, "information_scope")


def test_a_deleted_member_is_a_name_in_old_messages_and_not_addressable() -> None:
    facts = talking(having(company(), CHEN, state="deleted"), DIRECT, WANG, CHEN, direct=True)
    facts = having(facts, WANG, contacts=frozenset((CHEN,)), administers_all=True)
    assert sees_in(facts, DIRECT, WANG, CHEN, What.KNOW) == (True, "direct_conversation")
    for what in (What.WRITE, What.FIELD, What.PRESENCE):
        assert sees_in(facts, DIRECT, WANG, CHEN, what) == (False, "deleted")
    assert ask(facts, WANG, CHEN, What.KNOW, Where.CONTACTS) == (False, "deleted")
    assert all(finds(facts, WANG, CHEN, where) == (False, "deleted") for where in OUTSIDE_OF_CONVERSATIONS)


def test_who_is_not_active_sees_nothing() -> None:
    assert finds(having(company(), WANG, state="disabled"), WANG, LI) == (False, "viewer_not_active")


# scope, hidden and disabled units


def test_the_information_scope_alone_says_which_part_of_the_tree_is_seen() -> None:
    facts = having(company(), WANG, scope=frozenset((RESEARCH,)))
    assert [finds(facts, WANG, one)[0] for one in (LI, CHEN, ZHAO)] == [False, True, True]
    assert finds(facts, WANG, LI) == (False, "information_scope")
    assert [total(facts, WANG, unit) for unit in (ROOT, SALES, RESEARCH)] == [2, 0, 2]


def test_oneself_one_finds_everywhere_but_in_what_is_made_for_a_whole_view_class() -> None:
    facts = having(company(), WANG, scope=frozenset((RESEARCH,)))
    assert [finds(facts, WANG, WANG, where)[0] for where in (Where.TREE, Where.COUNTS)] == [False, False]
    assert finds(facts, WANG, WANG, Where.SEARCH) == (True, "self")


def test_a_hidden_unit_is_seen_from_inside_only() -> None:
    facts = with_unit(company(), RESEARCH, is_hidden=True)
    assert finds(facts, WANG, CHEN) == (False, "hidden_unit")
    assert finds(facts, WANG, ZHAO) == (False, "hidden_unit")
    assert finds(facts, ZHAO, CHEN) == (True, "colleague")
    assert finds(facts, CHEN, WANG) == (True, "colleague")


def test_of_nested_hidden_units_each_lets_its_own_people_in() -> None:
    facts = with_unit(with_unit(company(), RESEARCH, is_hidden=True), LAB, is_hidden=True)
    assert finds(facts, CHEN, ZHAO) == (False, "hidden_unit")
    assert finds(facts, ZHAO, CHEN) == (True, "colleague")


def test_who_also_sits_elsewhere_is_seen_there_and_counted_nowhere_above_the_hidden_seat() -> None:
    facts = having(with_unit(company(), LAB, is_hidden=True), ZHAO, units=(LAB, EAST))
    assert shown_in(facts, WANG, ZHAO) == {EAST}
    assert [total(facts, WANG, unit) for unit in (ROOT, SALES, RESEARCH)] == [4, 3, 1]


def test_the_members_of_a_disabled_unit_are_unassigned() -> None:
    facts = with_unit(company(), RESEARCH, is_disabled=True)
    assert finds(facts, WANG, ZHAO) == (True, "colleague")
    assert shown_in(facts, WANG, ZHAO) == set()
    assert finds(having(facts, WANG, scope=frozenset((RESEARCH,))), WANG, ZHAO) == (False, "information_scope")


# rules between units


def test_the_members_of_a_bound_unit_see_no_other_units() -> None:
    facts = with_rule(company(), "other_units", units(SALES))
    assert finds(facts, WANG, LI) == (True, "colleague")
    assert finds(facts, LI, WANG) == (True, "colleague")
    assert finds(facts, LI, CHEN) == (False, "rule:1")
    assert finds(facts, LI, SUN) == (False, "rule:1")
    assert finds(facts, CHEN, LI) == (True, "colleague")


def test_who_is_bound_by_name_sees_his_own_units_alone() -> None:
    facts = with_rule(company(), "other_units", people(WANG))
    assert [finds(facts, WANG, one)[0] for one in (LI, CHEN)] == [True, False]
    assert finds(with_rule(company(), "other_units", people(LI)), LI, WANG) == (False, "rule:1")


def test_who_may_see_nobody_sees_nobody_not_even_his_own_unit() -> None:
    facts = with_rule(company(), "nobody", units(SALES))
    assert finds(facts, LI, WANG) == (False, "rule:1")
    assert total(facts, LI, ROOT) == 0
    assert finds(facts, CHEN, WANG) == (True, "colleague")


def test_the_white_list_of_the_bound_is_seen_nevertheless() -> None:
    facts = with_rule(company(), "nobody", units(SALES), white_list=Parties(frozenset((LAB,)), frozenset((WANG,))))
    assert [finds(facts, LI, one)[0] for one in (WANG, CHEN, ZHAO)] == [True, False, True]


def test_exempted_viewers_are_not_bound() -> None:
    facts = with_rule(company(), "nobody", units(ROOT), exempted=Parties(frozenset((EAST,)), frozenset((ZHAO,))))
    assert [finds(facts, viewer, CHEN)[0] for viewer in (WANG, LI, ZHAO, SUN)] == [False, True, True, False]


def test_a_rule_hides_the_bound_from_all_but_each_other_and_the_white_list() -> None:
    facts = with_rule(company(), "hide", units(RESEARCH), white_list=people(WANG), exempted=people(ZHAO))
    assert finds(facts, LI, CHEN) == (False, "rule:1")
    assert finds(facts, LI, ZHAO) == (True, "colleague")
    assert finds(facts, WANG, CHEN) == (True, "colleague")
    assert finds(facts, ZHAO, CHEN) == (True, "colleague")


def test_of_several_rules_each_must_let_one_pass() -> None:
    facts = with_rule(company(), "other_units", units(SALES), white_list=units(RESEARCH))
    facts = with_rule(facts, "nobody", people(LI), white_list=people(WANG))
    assert [finds(facts, LI, one) for one in (WANG, CHEN)] == [(True, "colleague"), (False, "rule:2")]


def test_who_is_hidden_by_a_rule_may_be_written_to_where_he_is_known_and_search_is_not_opened() -> None:
    facts = with_rule(company(), "hide", units(RESEARCH), may_search=True, may_write=True)
    assert [finds(facts, WANG, CHEN, where) for where in (Where.WHOLE, Where.NUMBER)] == [(False, "rule:1")] * 2
    facts = talking(with_rule(company(), "hide", units(RESEARCH)), DIRECT, WANG, CHEN, direct=True)
    assert sees_in(facts, DIRECT, WANG, CHEN, What.WRITE) == (True, "direct_conversation")


def test_may_search_opens_the_search_by_whole_name_or_number_and_no_presence() -> None:
    facts = with_rule(company(), "other_units", units(SALES), may_search=True)
    found = {where for where in Where if where is not Where.CONVERSATION and finds(facts, WANG, CHEN, where)[0]}
    assert found == {Where.WHOLE, Where.NUMBER, Where.PROFILE}
    for where in found:
        assert ask(facts, WANG, CHEN, What.PRESENCE, where) == (False, "rule:1")
        assert ask(facts, WANG, CHEN, What.WRITE, where) == (False, "rule:1")


def test_may_write_opens_a_conversation_by_number() -> None:
    facts = with_rule(company(), "other_units", units(SALES), may_write=True)
    found = {where for where in Where if where is not Where.CONVERSATION and finds(facts, WANG, CHEN, where)[0]}
    assert found == {Where.NUMBER, Where.PROFILE}
    assert ask(facts, WANG, CHEN, What.WRITE, Where.NUMBER) == (True, "colleague")


def test_who_may_not_write_to_others_may_not_in_an_old_conversation_either_but_they_to_him() -> None:
    facts = talking(with_rule(company(), "other_units", units(SALES)), DIRECT, WANG, CHEN, direct=True)
    assert sees_in(facts, DIRECT, WANG, CHEN, What.KNOW) == (True, "direct_conversation")
    assert sees_in(facts, DIRECT, WANG, CHEN, What.PRESENCE) == (True, "direct_conversation")
    assert sees_in(facts, DIRECT, WANG, CHEN, What.WRITE) == (False, "rule:1")
    assert sees_in(facts, DIRECT, CHEN, WANG, What.WRITE) == (True, "colleague")


def test_disabling_a_unit_frees_nobody_from_the_rule_that_binds_it() -> None:
    facts = with_unit(with_rule(company(), "nobody", units(SALES)), SALES, is_disabled=True)
    assert finds(facts, LI, CHEN) == (False, "rule:1")


def test_disabling_a_hidden_unit_shows_nobody_of_it() -> None:
    flagged = with_unit(with_unit(company(), RESEARCH, is_hidden=True), RESEARCH, is_disabled=True)
    assert finds(flagged, WANG, CHEN) == (False, "hidden_unit")
    assert finds(flagged, ZHAO, CHEN) == (True, "colleague")
    ruled = with_unit(with_rule(company(), "hide", units(RESEARCH)), RESEARCH, is_disabled=True)
    assert finds(ruled, WANG, CHEN) == (False, "rule:1")


def test_a_white_list_opens_nothing_through_a_disabled_unit() -> None:
    facts = with_rule(company(), "nobody", units(SALES), white_list=units(RESEARCH))
    assert finds(facts, WANG, CHEN) == (True, "colleague")
    assert finds(with_unit(facts, RESEARCH, is_disabled=True), WANG, CHEN) == (False, "rule:1")


def test_rules_do_not_bind_the_account_center() -> None:
    facts = having(with_rule(company(), "nobody", units(SALES)), WANG, administers_all=True)
    assert finds(facts, WANG, CHEN, Where.ACCOUNT_CENTER) == (True, "administrator")


# privacy, other companies, shared conversations


@pytest.mark.parametrize(
    ("companies", "own", "for_li", "for_chen"),
    [
        ("shown", "shown", True, True),
        ("own_unit", "shown", True, False),
        ("shown", "own_unit", True, False),
        ("hidden", "shown", False, False),
        ("own_unit", "hidden", False, False),
    ],
)
def test_the_stricter_of_the_companys_and_ones_own_privacy_wins(companies: Any, own: Any, for_li: bool, for_chen: bool) -> None:
    facts = having(company(), WANG, privacy={"phone": own}, units=(EAST,))
    facts = replace(facts, companies={**facts.companies, 1: Company(1, privacy={"phone": companies})})
    shown = [ask(facts, viewer, WANG, What.FIELD, Where.PROFILE, field="phone")[0] for viewer in (LI, CHEN, WANG)]
    assert shown == [for_li, for_chen, True]
    assert ask(facts, CHEN, WANG, What.FIELD, Where.PROFILE, field="mail") == (True, "shown")


@pytest.mark.parametrize(("units", "shown"), [((EAST, SALES), False), ((SALES, EAST), True)])
def test_own_unit_means_the_primary_one(units: tuple[int, ...], shown: bool) -> None:
    facts = having(having(company(), WANG, privacy={"phone": "own_unit"}), LI, units=units)
    assert ask(facts, LI, WANG, What.FIELD, Where.PROFILE, field="phone") == (shown, "own_unit")


def test_a_disabled_unit_is_nobodys_own() -> None:
    facts = having(having(company(), WANG, privacy={"phone": "own_unit"}), LI, units=(SALES,))
    assert ask(facts, LI, WANG, What.FIELD, Where.PROFILE, field="phone") == (True, "own_unit")
    assert ask(with_unit(facts, SALES, is_disabled=True), LI, WANG, What.FIELD, Where.PROFILE, field="phone") == (False, "own_unit")


def test_in_the_account_center_an_administrator_reads_all_fields() -> None:
    facts = having(having(company(), CHEN, privacy={"phone": "hidden"}), WANG, administers=frozenset((RESEARCH,)))
    assert ask(facts, WANG, CHEN, What.FIELD, Where.ACCOUNT_CENTER, field="phone") == (True, "administrator")
    assert ask(facts, WANG, CHEN, What.FIELD, Where.PROFILE, field="phone") == (False, "hidden")


def test_last_seen_needs_presence_and_privacy() -> None:
    facts = having(company(), CHEN, privacy={"last_seen": "hidden"})
    assert ask(company(), WANG, CHEN, What.LAST_SEEN, Where.TREE) == (True, "shown")
    assert ask(facts, WANG, CHEN, What.LAST_SEEN, Where.TREE) == (False, "hidden")
    assert ask(facts, WANG, CHEN, What.PRESENCE, Where.TREE) == (True, "colleague")


def test_of_another_company_one_knows_who_shares_a_conversation_and_finds_nobody() -> None:
    facts = having(talking(company(), DIRECT, WANG, MA, direct=True), WANG, administers_all=True)
    assert all(finds(facts, WANG, MA, where) == (False, "other_company") for where in OUTSIDE_OF_CONVERSATIONS)
    assert sees_in(facts, DIRECT, WANG, MA, What.KNOW) == (True, "direct_conversation")
    assert sees_in(facts, DIRECT, WANG, MA, What.PRESENCE) == (False, "other_company")
    assert not sees_in(facts, DIRECT, LI, MA, What.KNOW)[0]


@pytest.mark.parametrize(
    ("his", "knows"), [(Stay(CHEN, 1, 4), False), (Stay(CHEN, 1, 5), True), (Stay(CHEN, 7), True), (Stay(CHEN, 9), False)]
)
def test_a_conversation_is_shared_where_stays_overlap_also_when_they_have_ended(his: Stay, knows: bool) -> None:
    facts = talking(CHEN_HIDDEN, GROUP, his, Stay(WANG, 5, 8), head=9)
    assert sees_in(facts, GROUP, WANG, CHEN, What.KNOW)[0] is knows


def test_nobody_knows_of_somebody_who_does_not_exist() -> None:
    assert finds(company(), WANG, 999) == (False, "unknown")


# the worlds


def test_a_seed_gives_the_same_history_again() -> None:
    assert list(history(5, 12)) == list(history(5, 12))


def test_the_worlds_bring_every_rule_and_rules_change_between_two_looks() -> None:
    met: Counter[tuple[bool, str]] = Counter()
    changed = 0
    for seed in range(40):
        random = Random(seed)
        for before, after in pairwise(moment.facts for moment in history(seed, 15)):
            asked = questions(random, before, 40)
            changed += sum(can_see(before, one).yes != can_see(after, one).yes for one in asked)
            met.update((yes, rule.split(":")[0]) for yes, rule in (can_see(before, one) for one in asked))
    ties = ("colleague", "self", "administrator", "shared_conversation", "direct_conversation", "frequent_contact", "shown", "own_unit")
    walls = ("hidden_member", "hidden_unit", "information_scope", "rule", "draft", "disabled", "deleted", "other_company", "own_unit")
    assert min(met[True, rule] for rule in ties) > 5, met
    assert min(met[False, rule] for rule in (*walls, "hidden", "viewer_not_active")) > 5, met
    assert changed > 100


def test_in_every_world_presence_tells_nothing_of_who_is_not_known() -> None:
    for seed in range(25):
        random = Random(seed)
        for moment in history(seed, 10):
            for one in questions(random, moment.facts, 20):
                if can_see(moment.facts, replace(one, what=What.PRESENCE)).yes:
                    assert can_see(moment.facts, replace(one, what=What.KNOW)).yes, one

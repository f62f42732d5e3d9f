"""Who sees whom: the evaluator says what the reference model says, in random companies whose rules change between two looks (promise V4).

The evaluator keeps its caches over the whole of a history. What a comparison would miss is in ``test_visibility_faults``.
"""

from itertools import product

import pytest

from server.org.organisation import Organisation, Person
from server.presence.typing import heard_by
from server.visibility import evaluator, fields
from server.visibility.classes import ViewClass
from server.visibility.evaluator import Evaluator
from server.visibility.ground import Ground
from server.visibility.policy import Policy
from server.visibility.terms import By, Verdict, What, Where
from storage.units import Place, Unit
from tests.support.visibility_beside import asked, moments, policy_of
from tests.support.visibility_facts import Facts, Question
from tests.support.visibility_facts import What as AskedWhat
from tests.support.visibility_facts import Where as AskedWhere
from tests.support.visibility_model import can_see, hears_typing, shown_in

PIECES = 10
WORLDS = 40  # in each piece: 10 pieces of 40 worlds of 21 moments of 12 questions are 100,800 pairs

REASONS = {
    "viewer_not_active": {By.VIEWER},
    "unknown": {By.UNKNOWN},
    "draft": {By.STATE},
    "disabled": {By.STATE},
    "deleted": {By.STATE},
    "other_company": {By.OTHER_COMPANY, By.STATE},  # of another company and deleted
    "hidden_member": {By.HIDDEN_MEMBER},
    "information_scope": {By.SCOPE},
    "hidden_unit": {By.HIDDEN_UNIT},
    "hidden": {By.COMPANY_FIELD, By.OWN_FIELD, By.OTHER_COMPANY},
    "own_unit": {By.COMPANY_FIELD, By.OWN_FIELD, By.OTHER_COMPANY},
}


@pytest.mark.parametrize("piece", range(PIECES))
def test_the_evaluator_says_what_the_model_says_and_why(piece: int) -> None:
    pairs = 0
    for question, meant, said in asked(range(piece * WORLDS, (piece + 1) * WORLDS)):
        pairs += 1
        assert said.is_yes == meant.yes, (question, meant, said)
        if meant.rule.startswith("rule:"):
            assert (said.by, said.subject) == (By.RULE, int(meant.rule[5:])), (question, meant, said)
        elif not meant.yes:
            assert said.by in REASONS[meant.rule], (question, meant, said)
    assert pairs >= 100_000 / PIECES


def test_who_hears_typing_is_whom_the_model_lets() -> None:
    """In random companies whose rules change: everybody of the company who is in the conversation now."""
    heard = unheard = 0
    for random, beside in moments(range(WORLDS)):
        talks = [one for one in beside.facts.conversations.values() if one.head or not one.is_direct]
        talk = random.choice(talks) if talks else None
        there = [stay.member for stay in talk.stays if stay.to_seq is None] if talk else []
        if talk is None or not there:
            continue
        typist = random.choice(there)
        company = beside.facts.members[typist].company
        others = [one for one in there if one != typist and beside.facts.members[one].company == company]
        meant = [one for one in others if hears_typing(beside.facts, one, typist, talk.id)]
        assert heard_by(beside.evaluator(typist), typist, others, is_direct=talk.is_direct) == meant, (typist, talk)
        heard += len(meant)
        unheard += len(others) - len(meant)
    assert min(heard, unheard) > 50, (heard, unheard)


def test_lists_and_counts_take_whom_the_model_shows_in_a_unit() -> None:
    seen = 0
    for random, beside in moments(range(WORLDS)):
        viewer, target = (random.choice(list(beside.facts.members)) for _ in range(2))
        meant = shown_in(beside.facts, viewer, target)
        assert beside.shown_in(viewer, target) == meant, (viewer, target)
        seen += bool(meant)
    assert seen > 100


def test_a_list_has_whom_one_finds_one_by_one() -> None:
    found = 0
    for random, beside in moments(range(WORLDS)):
        viewer = random.choice(list(beside.facts.members))
        view = beside.evaluator(viewer).view_class(viewer)
        listed = set() if view is None else set(beside.evaluator(viewer).sight(view).everybody())
        assert listed == {target for target in beside.facts.members if finds(beside.facts, viewer, target)}
        found += len(listed)
    assert found > 1000


def finds(facts: Facts, viewer: int, target: int) -> bool:
    return can_see(facts, Question(viewer, target, AskedWhat.FIND, AskedWhere.TREE)).yes


def test_viewers_of_one_view_class_see_the_same_of_the_tree() -> None:
    shared = 0
    for random, beside in moments(range(WORLDS)):
        members = [one for one in beside.facts.members.values() if one.state == "active"]
        by_class: dict[ViewClass | None, set[frozenset[int]]] = {}
        for viewer in random.sample(members, min(4, len(members))):
            seen = frozenset(target for target in beside.facts.members if finds(beside.facts, viewer.id, target))
            pictures = by_class.setdefault(beside.evaluator(viewer.id).view_class(viewer.id), set())
            shared += bool(pictures)
            pictures.add(seen)
        assert all(len(pictures) == 1 for pictures in by_class.values())
    assert shared > 100


# ---- what the worlds do not bring

ROOT, SALES, NORTH = 1, 2, 3
LI, CHEN, WANG = 11, 12, 13


def small() -> Organisation:
    """Li in sales, Chen in north, which is below sales, Wang in nothing."""
    units = [Unit(ROOT, None, "Acme"), Unit(SALES, ROOT, "Sales"), Unit(NORTH, SALES, "North")]
    people = [Person(LI, "active", places=(Place(SALES),)), Person(CHEN, "active", places=(Place(NORTH),)), Person(WANG, "active")]
    return Organisation(7, units, people)


def test_nobody_is_found_who_is_not_there_and_the_answer_says_nothing_else() -> None:
    assert Evaluator(small(), Policy()).can_see(LI, 99, What.FIND, Where.NUMBER) == Verdict(False, By.UNKNOWN)


def test_who_is_not_active_or_not_there_has_no_view_class() -> None:
    org = small()
    org.put_person(Person(CHEN, "disabled", places=(Place(NORTH),)))
    real = Evaluator(org, Policy())
    assert [real.view_class(member) is None for member in (LI, CHEN, 99)] == [False, True, True]


def test_a_scope_whose_units_are_gone_shows_nothing_rather_than_everything() -> None:
    org = small()
    org.put_person(Person(LI, "active", places=(Place(SALES),), scope=(99,)))
    assert Evaluator(org, Policy()).can_see(LI, CHEN, What.FIND, Where.TREE) == Verdict(False, By.SCOPE)


def test_the_way_to_a_unit_that_is_seen_is_known_by_name_alone() -> None:
    org = small()
    org.put_person(Person(LI, "active", places=(Place(SALES),), scope=(NORTH,)))
    real = Evaluator(org, Policy())
    view = real.view_class(LI)
    assert view is not None
    sight = real.sight(view)
    assert (set(sight.units), set(sight.ways)) == ({NORTH}, {ROOT, SALES})


def test_a_company_without_a_tree_shows_its_members_to_each_other() -> None:
    org = Organisation(7, (), [Person(LI, "active"), Person(CHEN, "active")])
    real = Evaluator(org, Policy())
    view = real.view_class(LI)
    assert view is not None
    assert (real.sight(view).units, set(real.sight(view).everybody())) == (frozenset(), {LI, CHEN})


def test_a_card_shows_the_fields_that_company_and_member_show() -> None:
    policy = Policy(fields={"mail": "own_unit"}, narrowed={CHEN: {"phone": "hidden"}})
    real = Evaluator(small(), policy)
    for viewer, shown in ((LI, ["name"]), (CHEN, ["name", "phone", "mail"])):
        fields = [name for name in ("name", "phone", "mail") if real.can_see(viewer, CHEN, What.FIELD, Where.PROFILE, field=name)]
        assert fields == shown
    assert (real.reads(LI, CHEN, "name"), real.reads(LI, CHEN, "mail"), real.reads(LI, 99, "name")) == (True, False, False)


def test_nobody_far_has_a_field_that_is_read_although_it_is_not_shown_to_everybody() -> None:
    """A search asks about those who are near alone."""
    read = 0
    for random, beside in moments(range(WORLDS)):
        viewer = random.choice(list(beside.facts.members))
        real, policy = beside.evaluator(viewer), policy_of(beside.facts, beside.facts.members[viewer].company)
        for target, field in product(beside.facts.members, ("phone", "mail", "number")):
            settled = {policy.fields.get(field, "shown"), policy.narrowed.get(target, {}).get(field, "shown")}
            if settled != {"shown"} and real.reads(viewer, target, field):
                assert target in real.near(viewer), (viewer, target, field)
                read += viewer != target
    assert read > 50


def test_no_more_sights_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "SIGHTS", 2)
    org = small()
    for member, unit in ((LI, SALES), (CHEN, NORTH), (WANG, ROOT)):
        org.put_person(Person(member, "active", places=(Place(unit),), scope=(unit,)))
    real = Evaluator(org, Policy())
    found = [[bool(real.can_see(viewer, CHEN, What.FIND, Where.TREE)) for viewer in (LI, CHEN, WANG)] for _ in range(2)]
    assert found == [[True, True, True], [True, True, True]]


@pytest.mark.parametrize(("units", "near"), [((5,), True), ((5, 6), True), ((6, 5), False), ((), False)])
def test_the_own_unit_of_a_cards_privacy_is_the_primary_one(units: tuple[int, ...], near: bool) -> None:
    """SPEC B9: sharing another unit shows nothing."""
    org = Organisation(1, [Unit(1, None, "Acme", "root"), Unit(5, 1, "Lab"), Unit(6, 1, "Hall")], [])
    one, other = (Person(id, "active", "A", "a", places=tuple(map(Place, places))) for id, places in ((7, (5, 6)), (8, units)))
    ground = Ground(org)
    assert fields.shares_own_unit(ground, one, other) is near

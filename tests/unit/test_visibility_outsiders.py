"""Rules between units are about a company's own directory: of members of other companies they change nothing (``policy.Rule``)."""

from dataclasses import replace

from server.org.organisation import Organisation, Person
from server.visibility.evaluator import Evaluator
from server.visibility.policy import Parties, Policy, Rule
from server.visibility.terms import By, Elsewhere, Ties, Verdict, What, Where
from storage.units import Place, Unit
from tests.support.visibility_beside import Beside, moments
from tests.support.visibility_facts import Question
from tests.support.visibility_facts import What as AskedWhat
from tests.support.visibility_facts import Where as AskedWhere
from tests.support.visibility_model import can_see
from tests.support.visibility_worlds import questions

LI, SMITH = 11, 99
ELSEWHERE = Elsewhere(8, "active")
WORLDS = 60


def bound() -> Evaluator:
    """Li may see nobody, nor write to anybody."""
    org = Organisation(7, [Unit(1, None, "Acme")], [Person(LI, "active", places=(Place(1),))])
    return Evaluator(org, Policy((Rule(5, "nobody", Parties(members=frozenset([LI]))),)))


def test_who_may_see_nobody_writes_to_an_outsider_in_their_conversation_and_as_a_contact() -> None:
    direct, contact = Ties(has_direct=True, is_here=True, is_here_direct=True), Ties(is_contact=True)
    for where, ties, by in ((Where.CONVERSATION, direct, By.DIRECT), (Where.PROFILE, contact, By.CONTACT)):
        assert bound().can_see(LI, SMITH, What.WRITE, where, ties=ties, elsewhere=ELSEWHERE) == Verdict(True, by)
    assert bound().rule_against_writing(LI, SMITH) == 0
    assert bound().can_see(LI, SMITH, What.WRITE, Where.NUMBER, elsewhere=ELSEWHERE) == Verdict(False, By.OTHER_COMPANY)


def test_no_rule_changes_an_answer_about_an_outsider() -> None:
    """Of evaluator and model, in random companies with rules, and with the rules taken away."""
    asked = written = 0
    for random, beside in moments(range(WORLDS)):
        if not beside.facts.rules:
            continue
        free = replace(beside.facts, rules=())
        without = Beside(free)
        for question in (*questions(random, beside.facts, 30), *towards_outsiders(beside)):
            one, other = (beside.facts.members[member] for member in (question.viewer, question.target))
            if one.company != other.company:
                assert beside.asked(question) == without.asked(question), question
                assert can_see(beside.facts, question) == can_see(free, question), question
                asked += 1
                written += question.what is AskedWhat.WRITE and can_see(free, question).yes
    assert asked > 5000
    assert written > 100


def towards_outsiders(beside: Beside) -> list[Question]:
    """Everything about the two of each conversation that goes over the border."""
    facts = beside.facts
    pairs = {
        (one.member, other.member, conversation.id)
        for conversation in facts.conversations.values()
        for one in conversation.stays
        for other in conversation.stays
        if facts.members[one.member].company != facts.members[other.member].company
    }
    return [
        Question(one, other, what, AskedWhere.CONVERSATION, conversation)
        for one, other, conversation in sorted(pairs)
        for what in AskedWhat
    ]


def seen(ties: Ties, state: str = "active") -> set[tuple[What, Where]]:
    """What of Smith, and where, Li sees by these ties; of fields one that his company shows."""
    elsewhere = Elsewhere(8, state, {"mail": "hidden"})
    return {
        (what, where)
        for what in What
        for where in Where
        if bound().can_see(LI, SMITH, what, where, ties=ties, field="phone", elsewhere=elsewhere)
    }


def test_an_outside_contact_is_known_where_contacts_are_and_who_asks_shows_his_card_alone() -> None:
    places = (Where.CONTACTS, Where.PROFILE)
    card = {(what, where) for what in (What.KNOW, What.FIELD) for where in places}
    assert seen(Ties(is_outside=True)) == card | {(What.WRITE, where) for where in places}
    assert seen(Ties(has_asked=True)) == card
    assert seen(Ties(is_outside=True, has_asked=True)) == seen(Ties(is_outside=True))
    assert seen(Ties()) == set()
    for ties in (Ties(is_outside=True), Ties(has_asked=True)):
        assert seen(ties, "draft") == seen(ties, "deleted") == set()
        hidden = bound().can_see(
            LI, SMITH, What.FIELD, Where.PROFILE, ties=ties, field="mail", elsewhere=Elsewhere(8, "active", {"mail": "hidden"})
        )
        assert hidden == Verdict(False, By.OTHER_COMPANY)
    assert bound().can_see(LI, SMITH, What.KNOW, Where.PROFILE, ties=Ties(has_asked=True), elsewhere=ELSEWHERE).by is By.ASKED
    assert bound().can_see(LI, SMITH, What.KNOW, Where.PROFILE, ties=Ties(is_outside=True), elsewhere=ELSEWHERE).by is By.OUTSIDE

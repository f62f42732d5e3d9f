"""The evaluator beside the reference model: it is given the same facts, in its own shapes, and told of each change as the server is told.

It keeps its caches from one moment to the next, so that what is not forgotten in time is noticed.
"""

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from server.org.organisation import Organisation, Person
from server.visibility import policy as real
from server.visibility.evaluator import Evaluator
from server.visibility.fields import stricter_of_each
from server.visibility.terms import Elsewhere, Ties, Verdict, What, Where
from storage import units as rows
from tests.support.visibility_facts import Conversation, Facts, Member, Parties, Question, Rule, Stay, Unit
from tests.support.visibility_model import Verdict as Meant
from tests.support.visibility_model import can_see
from tests.support.visibility_worlds import history, questions

ACTS = 20
PER_MOMENT = 12


class Beside:
    """An evaluator for each company of a world, kept in step with its facts."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.orgs = {company: Organisation(company, units_of(facts, company), people_of(facts, company)) for company in facts.companies}
        self.evaluators = {company: Evaluator(org, policy_of(facts, company)) for company, org in self.orgs.items()}

    def follow(self, facts: Facts) -> None:
        """What differs is put into the pictures, as ``server.org.loading.refresh`` does, and the evaluators are told of it."""
        before, self.facts = self.facts, facts
        for company, org in self.orgs.items():
            old_units, new_units = ({unit.id: unit for unit in units_of(one, company)} for one in (before, facts))
            old_people, new_people = ({person.id: person for person in people_of(one, company)} for one in (before, facts))
            moved, changed = list(different(old_units, new_units)), list(different(old_people, new_people))
            for unit in moved:
                org.put(new_units[unit])
            for member in changed:
                org.drop_person(member)
                if member in new_people:
                    org.put_person(new_people[member])
            policies = policy_of(before, company), policy_of(facts, company)
            policy = policies[1] if policies[0] != policies[1] else None
            self.evaluators[company].changed(members=changed, tree=bool(moved), policy=policy)

    def evaluator(self, viewer: int) -> Evaluator:
        return self.evaluators[self.facts.members[viewer].company]

    def asked(self, question: Question) -> Verdict:
        target = self.facts.members.get(question.target)
        return self.evaluator(question.viewer).can_see(
            question.viewer,
            question.target,
            What(question.what),
            Where(question.where),
            ties=ties_of(self.facts, question),
            field=question.field,
            elsewhere=None if target is None else elsewhere_of(self.facts, target),
        )

    def shown_in(self, viewer: int, target: int) -> set[int]:
        """The units in which the viewer's class sees him."""
        evaluator = self.evaluator(viewer)
        view, person = evaluator.view_class(viewer), self.orgs[self.facts.members[viewer].company].person(target)
        return set() if view is None or person is None else set(evaluator.sight(view).shown_in(person))


def moments(worlds: Iterable[int]) -> Iterator[tuple[Random, Beside]]:
    """Every moment of these worlds, with the evaluators that were told of what happened."""
    for seed in worlds:
        random, beside = Random(-seed - 1), None
        for moment in history(seed, ACTS):
            if beside is None:
                beside = Beside(moment.facts)
            beside.follow(moment.facts)
            yield random, beside


def asked(worlds: Iterable[int]) -> Iterator[tuple[Question, Meant, Verdict]]:
    for random, beside in moments(worlds):
        for question in questions(random, beside.facts, PER_MOMENT):
            yield question, can_see(beside.facts, question), beside.asked(question)


def different(old: Mapping[int, object], new: Mapping[int, object]) -> Iterable[int]:
    return (id for id in {**old, **new} if old.get(id) != new.get(id))


def units_of(facts: Facts, company: int) -> list[rows.Unit]:
    return [_unit(unit) for unit in facts.units.values() if unit.company == company]


def _unit(unit: Unit) -> rows.Unit:
    return rows.Unit(unit.id, unit.parent, str(unit.id), is_disabled=unit.is_disabled, is_hidden=unit.is_hidden)


def people_of(facts: Facts, company: int) -> list[Person]:
    return [_person(one) for one in facts.members.values() if one.company == company and one.state != "deleted"]


def _person(member: Member) -> Person:
    places = tuple(rows.Place(unit) for unit in member.units)
    return Person(member.id, member.state, is_hidden=member.is_hidden, places=places, scope=tuple(sorted(member.scope)))


def policy_of(facts: Facts, company: int) -> real.Policy:
    members = [one for one in facts.members.values() if one.company == company and one.state != "deleted"]
    return real.Policy(
        rules=tuple(_rule(rule) for rule in facts.rules if rule.company == company),
        fields=facts.companies[company].privacy,
        narrowed={one.id: one.privacy for one in members if one.privacy},
        administrators={one.id: real.Reach(one.administers, one.administers_all) for one in members},
    )


def _rule(rule: Rule) -> real.Rule:
    bound, white_list, exempted = map(_parties, (rule.bound, rule.white_list, rule.exempted))
    return real.Rule(rule.id, rule.kind, bound, white_list, exempted, rule.may_search, rule.may_write)


def _parties(parties: Parties) -> real.Parties:
    return real.Parties(parties.units, parties.members)


def elsewhere_of(facts: Facts, target: Member) -> Elsewhere:
    return Elsewhere(target.company, target.state, stricter_of_each(facts.companies[target.company].privacy, target.privacy))


def ties_of(facts: Facts, question: Question) -> Ties:
    viewer, target = question.viewer, question.target
    shared = {one.id for one in facts.conversations.values() if is_shared(one, viewer, target)}
    here = question.conversation if question.conversation in shared else 0
    return Ties(
        is_contact=target in facts.members[viewer].contacts,
        has_direct=any(facts.conversations[one].is_direct for one in shared),
        has_shared=bool(shared),
        is_here=bool(here),
        is_here_direct=bool(here) and facts.conversations[here].is_direct,
    )


def is_shared(conversation: Conversation, one: int, other: int) -> bool:
    """At the same time in it; in a direct one somebody wrote."""
    if conversation.is_direct and not conversation.head:
        return False
    stays: dict[int, list[Stay]] = {one: [], other: []}
    for stay in conversation.stays:
        stays.get(stay.member, []).append(stay)
    return any(_overlap(mine, theirs) for mine in stays[one] for theirs in stays[other])


def _overlap(one: Stay, other: Stay) -> bool:
    return (one.to_seq is None or other.from_seq <= one.to_seq) and (other.to_seq is None or one.from_seq <= other.to_seq)

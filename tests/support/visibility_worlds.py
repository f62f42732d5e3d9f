"""Random companies with rules and histories, in which the rules change between two looks: for holding an evaluator against the model.

``history`` gives the facts after each act; whoever keeps caches is told of the act and asked again. Everything hangs on the seed alone.
Acts are legal ones: at most three units in a scope, contacts only of who is known, nobody deleted comes back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple, TypeVar

from tests.support.visibility_facts import (
    Company,
    Conversation,
    Facts,
    Member,
    Parties,
    Question,
    Rule,
    Shown,
    Stay,
    Unit,
    What,
    Where,
)
from tests.support.visibility_model import may_add_as_contact

T = TypeVar("T")
FIELDS = ("name", "phone", "mail", "last_seen")
LEVELS: tuple[Shown, ...] = ("shown", "own_unit", "hidden")
NEXT_STATES: Mapping[str, tuple[str, ...]] = {
    "draft": ("active", "deleted"),
    "active": ("disabled", "disabled", "deleted"),
    "disabled": ("active", "active", "deleted"),
}


class Moment(NamedTuple):
    """``act`` names what has just happened, ``subject`` the id of what it happened to."""

    act: str
    subject: int
    facts: Facts


def history(seed: int, acts: int) -> Iterator[Moment]:
    """A world as it begins, then after each of ``acts`` acts."""
    random = Random(seed)
    facts = world(random)
    yield Moment("begin", 0, facts)
    for _ in range(acts):
        act = random.choice(ACTS)
        subject, facts = act(random, facts)
        yield Moment(act.__name__, subject, facts)


def questions(random: Random, facts: Facts, count: int) -> list[Question]:
    return [question(random, facts) for _ in range(count)]


def question(random: Random, facts: Facts) -> Question:
    """Mostly by active members, within one company, and often about somebody to whom there is a tie: all else is dull."""
    awake = [one for one in facts.members.values() if one.state == "active" or random.random() < 0.05]
    viewer = random.choice(awake or list(facts.members.values()))
    tied = [conversation for conversation in facts.conversations.values() if any(stay.member == viewer.id for stay in conversation.stays)]
    where = random.choice(list(Where))
    if where is Where.CONVERSATION and not facts.conversations:
        where = Where.TREE
    if tied and random.random() < 0.3:
        shared = random.choice(tied)
        conversation: Conversation | None = shared
        others = [stay.member for stay in shared.stays]
    else:
        conversation = random.choice(list(facts.conversations.values())) if facts.conversations else None
        others = [one.id for one in facts.members.values() if one.company == viewer.company or random.random() < 0.1]
    if viewer.contacts and random.random() < 0.2:
        others = sorted(viewer.contacts)
    return Question(
        viewer.id,
        random.choice(others),
        random.choice(list(What)),
        where,
        conversation.id if conversation is not None and where is Where.CONVERSATION else 0,
        random.choice(FIELDS),
    )


def world(random: Random) -> Facts:
    """Two companies, the second a small one; half of their settings come at the beginning, the others as acts."""
    facts = Facts({}, {}, {})
    for company, size in ((1, random.randint(3, 22)), (2, 3)):
        facts = replace(facts, companies={**facts.companies, company: Company(company)})
        facts = _with_tree(random, facts, company, random.randint(1, 9))
        for _ in range(size):
            facts = add_member(random, facts, company)[1]
    for _ in range(random.randint(0, 60)):
        facts = random.choice(ACTS)(random, facts)[1]
    return facts


def _with_tree(random: Random, facts: Facts, company: int, size: int) -> Facts:
    units = dict(facts.units)
    first = 100 * company
    for id in range(first, first + size):
        units[id] = Unit(id, company, None if id == first else random.randrange(first, id))
    return replace(facts, units=units)


def add_member(random: Random, facts: Facts, company: int = 0) -> tuple[int, Facts]:
    company = company or random.choice(list(facts.companies))
    member = Member(max(facts.members, default=1000) + 1, company, _some(random, _units(facts, company), 3))
    if random.random() < 0.05:
        member = replace(member, state="draft")
    return member.id, replace(facts, members={**facts.members, member.id: member})


def move_member(random: Random, facts: Facts) -> tuple[int, Facts]:
    member = _anybody(random, facts)
    return _change(facts, member, units=_some(random, _units(facts, member.company), 3))


def hide_or_show_member(random: Random, facts: Facts) -> tuple[int, Facts]:
    member = _anybody(random, facts)
    return _change(facts, member, is_hidden=not member.is_hidden)


def set_scope(random: Random, facts: Facts) -> tuple[int, Facts]:
    member = _anybody(random, facts)
    return _change(facts, member, scope=frozenset(_some(random, _units(facts, member.company), 3)))


def set_role(random: Random, facts: Facts) -> tuple[int, Facts]:
    member = _anybody(random, facts)
    units = frozenset(_some(random, _units(facts, member.company), 4))
    return _change(facts, member, administers=units, administers_all=random.random() < 0.3)


def set_state(random: Random, facts: Facts) -> tuple[int, Facts]:
    """A deleted one leaves units, contacts and conversations (SPEC B4)."""
    member = _anybody(random, facts)
    state = random.choice(NEXT_STATES.get(member.state, ("deleted",)))
    if state != "deleted" or member.state == "deleted":
        return _change(facts, member, state=state)
    for conversation in facts.conversations.values():
        if not conversation.is_direct:
            facts = _leave(facts, conversation, member)
    members = {one.id: replace(one, contacts=one.contacts - {member.id}) for one in facts.members.values()}
    return _change(replace(facts, members=members), member, state=state, units=(), contacts=frozenset())


def narrow_privacy(random: Random, facts: Facts) -> tuple[int, Facts]:
    member = _anybody(random, facts)
    return _change(facts, member, privacy={**member.privacy, random.choice(FIELDS): random.choice(LEVELS)})


def set_company_privacy(random: Random, facts: Facts) -> tuple[int, Facts]:
    company = random.choice(list(facts.companies.values()))
    company = replace(company, privacy={**company.privacy, random.choice(FIELDS): random.choice(LEVELS)})
    return company.id, replace(facts, companies={**facts.companies, company.id: company})


def add_contact(random: Random, facts: Facts) -> tuple[int, Facts]:
    member = _anybody(random, facts)
    known = [one for one in facts.members if may_add_as_contact(facts, member.id, one)]
    return _change(facts, member, contacts=member.contacts | set(_some(random, known, 3)))


def remove_contact(random: Random, facts: Facts) -> tuple[int, Facts]:
    member = _anybody(random, facts)
    return _change(facts, member, contacts=member.contacts - set(_some(random, sorted(member.contacts), 1)))


def hide_or_show_unit(random: Random, facts: Facts) -> tuple[int, Facts]:
    """Never the root."""
    return _change_unit(random, facts, lambda unit: replace(unit, is_hidden=not unit.is_hidden))


def disable_or_enable_unit(random: Random, facts: Facts) -> tuple[int, Facts]:
    return _change_unit(random, facts, lambda unit: replace(unit, is_disabled=not unit.is_disabled))


def move_unit(random: Random, facts: Facts) -> tuple[int, Facts]:
    """Under a unit with a smaller id, so that there is no circle."""
    return _change_unit(random, facts, lambda unit: replace(unit, parent=random.randrange(100 * unit.company, unit.id)))


def add_rule(random: Random, facts: Facts) -> tuple[int, Facts]:
    """At most four in force, else nobody sees anybody."""
    if len(facts.rules) >= 4:
        return remove_rule(random, facts)
    company = random.choice((1, 1, 1, 2))
    rule = Rule(
        max((one.id for one in facts.rules), default=0) + 1,
        company,
        random.choice(("hide", "other_units", "nobody")),
        _parties(random, facts, company, 2),
        _parties(random, facts, company, 1),
        _parties(random, facts, company, 1),
        random.random() < 0.4,
        random.random() < 0.4,
    )
    return rule.id, replace(facts, rules=(*facts.rules, rule))


def remove_rule(random: Random, facts: Facts) -> tuple[int, Facts]:
    if not facts.rules:
        return 0, facts
    gone = random.choice(facts.rules)
    return gone.id, replace(facts, rules=tuple(rule for rule in facts.rules if rule != gone))


def open_direct(random: Random, facts: Facts) -> tuple[int, Facts]:
    one, other = _anybody(random, facts), _anybody(random, facts)
    if one == other:
        return 0, facts
    return _put(facts, Conversation(_next_conversation(facts), True, random.choice((0, 3)), (Stay(one.id, 1), Stay(other.id, 1))))


def open_group(random: Random, facts: Facts) -> tuple[int, Facts]:
    people = _some(random, [one.id for one in facts.members.values() if one.state != "deleted"], 6)
    return _put(facts, Conversation(_next_conversation(facts), False, 1, tuple(Stay(one, 1) for one in people)))


def write(random: Random, facts: Facts) -> tuple[int, Facts]:
    if not facts.conversations:
        return 0, facts
    conversation = random.choice(list(facts.conversations.values()))
    return _put(facts, replace(conversation, head=conversation.head + 1))


def join_or_leave(random: Random, facts: Facts) -> tuple[int, Facts]:
    """Either is a system message, so the stay begins or ends with a seq of its own."""
    groups = [one for one in facts.conversations.values() if not one.is_direct]
    member = _anybody(random, facts)
    if not groups or member.state == "deleted":
        return 0, facts
    group = random.choice(groups)
    if any(stay.member == member.id and stay.to_seq is None for stay in group.stays):
        return group.id, _leave(facts, group, member)
    head = group.head + 1
    return _put(facts, replace(group, head=head, stays=(*group.stays, Stay(member.id, head))))


ACTS: tuple[Callable[[Random, Facts], tuple[int, Facts]], ...] = (
    add_member,
    move_member,
    move_member,
    hide_or_show_member,
    hide_or_show_member,
    set_scope,
    set_role,
    set_state,
    narrow_privacy,
    set_company_privacy,
    add_contact,
    add_contact,
    add_contact,
    remove_contact,
    hide_or_show_unit,
    disable_or_enable_unit,
    move_unit,
    add_rule,
    add_rule,
    remove_rule,
    open_direct,
    open_direct,
    open_direct,
    open_group,
    write,
    join_or_leave,
    join_or_leave,
)


def _leave(facts: Facts, group: Conversation, member: Member) -> Facts:
    head = group.head + 1
    stays = tuple(replace(stay, to_seq=head) if stay.member == member.id and stay.to_seq is None else stay for stay in group.stays)
    return facts if stays == group.stays else _put(facts, replace(group, head=head, stays=stays))[1]


def _put(facts: Facts, conversation: Conversation) -> tuple[int, Facts]:
    return conversation.id, replace(facts, conversations={**facts.conversations, conversation.id: conversation})


def _change(facts: Facts, member: Member, **change: Any) -> tuple[int, Facts]:
    changed = replace(facts.members[member.id], **change)
    return member.id, replace(facts, members={**facts.members, member.id: changed})


def _change_unit(random: Random, facts: Facts, change: Callable[[Unit], Unit]) -> tuple[int, Facts]:
    below = [unit for unit in facts.units.values() if unit.parent is not None]
    if not below:
        return 0, facts
    unit = change(random.choice(below))
    return unit.id, replace(facts, units={**facts.units, unit.id: unit})


def _parties(random: Random, facts: Facts, company: int, most: int) -> Parties:
    people = [one.id for one in facts.members.values() if one.company == company]
    return Parties(frozenset(_some(random, _units(facts, company), most)), frozenset(_some(random, people, most)))


def _anybody(random: Random, facts: Facts) -> Member:
    return random.choice(list(facts.members.values()))


def _units(facts: Facts, company: int) -> list[int]:
    return [unit.id for unit in facts.units.values() if unit.company == company]


def _next_conversation(facts: Facts) -> int:
    return max(facts.conversations, default=0) + 1


def _some(random: Random, these: Sequence[T], most: int) -> tuple[T, ...]:
    return tuple(random.sample(these, min(len(these), random.randint(0, most))))

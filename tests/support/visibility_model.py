"""The reference model of visibility: who may see whom, as obviously as it can be said (SPEC B1, B3, B6, B9, C2, G1 to G6; DESIGN 8).

It is made of sets and loops over plain facts and knows nothing of the evaluator, which is held against it. Where SPEC and the
conventions of WeCom and DingTalk are silent, this holds:

- **Seats.** A member sits in each of his units that is neither disabled nor below a disabled one; who has none is unassigned and
  sits, for scope and rules, directly under the root. He is found if one seat is seen, shown in the seats that are seen, and counted in
  them and above them, nowhere else: a seat in a hidden unit must not show in the totals above it.
- **Scope.** It alone says which part is seen: one's own unit is not added to it. A scope that names the root is the whole company.
- **Hidden units** are seen by who sits in them or below. Of nested ones each must let the viewer in. A member who also sits elsewhere
  is seen there.
- **Rule `hide`** (WeCom 1, DingTalk hide_dept): the bound are seen only by each other and by the white list; exempted ones are not
  hidden. **`other_units`** (WeCom 2): the bound see, of the tree, the bound units in which they are, with all below (a member who is bound
  by name: his own units); of others the white list. **`nobody`** (WeCom 3): only the white list. In these two the white list is who may
  be seen nevertheless, and exempted viewers are not bound.
- Several rules: each must let the seat pass (the stricter wins; a white list opens its own rule only). Heads and superiors are no
  exception: put them on the white list.
- **Disabling a unit frees nobody and shows nobody**: rules bind viewers through disabled units too, and who is unassigned because his
  units are disabled stays hidden as these units are, by flag or by rule. It opens nothing either: white lists want a seat.
- `may_search` lifts the last two kinds for the whole name or number; `may_write` for opening by number and for writing; neither for
  presence. Without `may_write` the bound cannot write to whom the rule forbids, in old conversations neither; he may write to them.
  Rules between units bind within the company only: theirs are directories of a company, in which no outsider can be named.
- **Oneself** one may see everywhere but in tree and counts: these are made once for all of a view class.
- **Administrators** are like everyone in clients. In account center and exports they find whom they administer within their scope,
  whatever the rules say, with all fields.
- **Other companies**: known where a conversation is shared or he is a frequent contact, never found, no presence, no last seen.
- A direct conversation counts from its first message on. Conversations are shared where two stays overlap; this lasts when they ended.
- Of who is disabled or deleted there is no presence. A deleted one keeps his name in conversations, without fields, and leaves contacts.
- Invisible members (G3) are seen like others: what is seen of them is 'offline'.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tests.support.visibility_facts import Conversation, Facts, Member, Parties, Question, Rule, What, Where

Seat = int | None  # a unit; None: unassigned
OFFICE = (Where.ACCOUNT_CENTER, Where.EXPORTS)
LIFTING = (Where.WHOLE, Where.NUMBER, Where.PROFILE)  # where a rule may be lifted
STRICTNESS = ("shown", "own_unit", "hidden")


class Verdict(NamedTuple):
    yes: bool
    rule: str


def can_see(facts: Facts, question: Question) -> Verdict:
    """Yes or no, and the name of the rule that decided (``rule:7`` is the rule between units with the id 7)."""
    viewer, target = facts.members.get(question.viewer), facts.members.get(question.target)
    if viewer is None or target is None:
        return Verdict(False, "unknown")
    if viewer.state != "active":
        return Verdict(False, "viewer_not_active")
    match question.what:
        case What.FIND:
            return find(facts, viewer, target, question.where)
        case What.KNOW:
            return know(facts, viewer, target, question)
        case What.PRESENCE:
            return presence(facts, viewer, target, question)
        case What.LAST_SEEN:
            seen = presence(facts, viewer, target, question)
            return privacy(facts, viewer, target, "last_seen", question.where) if seen.yes else seen
        case What.FIELD:
            known = know(facts, viewer, target, question)
            if known.yes and target.state == "deleted":
                return Verdict(False, "deleted")
            return privacy(facts, viewer, target, question.field, question.where) if known.yes else known
        case What.WRITE:
            return write(facts, viewer, target, question)


def find(facts: Facts, viewer: Member, target: Member, where: Where) -> Verdict:
    if viewer == target and where not in (Where.TREE, Where.COUNTS):
        return Verdict(True, "self")
    if viewer.company != target.company:
        return Verdict(False, "other_company")
    if where in OFFICE and target.state != "deleted" and administers(facts, viewer, target):
        return Verdict(True, "administrator")
    if target.state != "active":
        return Verdict(False, target.state)
    if target.is_hidden and not viewer.is_hidden:
        return Verdict(False, "hidden_member")
    return Verdict(*pass_seats(facts, viewer, target, where)[1:])


def know(facts: Facts, viewer: Member, target: Member, question: Question) -> Verdict:
    found = find(facts, viewer, target, question.where)
    if found.yes or target.state == "draft":
        return found
    if any(not one.is_direct and together(one, viewer, target) for one in conversations_at(facts, question)):
        return Verdict(True, "shared_conversation")
    return by_tie(facts, viewer, target, question) or found


def presence(facts: Facts, viewer: Member, target: Member, question: Question) -> Verdict:
    if viewer.company != target.company:
        return Verdict(False, "other_company")
    if target.state != "active":
        return Verdict(False, target.state)
    unlifted = Where.TREE if question.where in LIFTING and viewer != target else question.where
    found = find(facts, viewer, target, unlifted)
    return found if found.yes else by_tie(facts, viewer, target, question) or found


def write(facts: Facts, viewer: Member, target: Member, question: Question) -> Verdict:
    known = know(facts, viewer, target, question)
    if not known.yes or viewer == target:
        return known
    if target.state == "deleted":
        return Verdict(False, "deleted")
    if viewer.company != target.company:
        return known
    forbidding = pass_rules(facts, viewer, target, seats(facts, target), lambda rule: rule.kind == "hide" or rule.may_write)[1]
    return Verdict(False, forbidding) if forbidding else known


def privacy(facts: Facts, viewer: Member, target: Member, field: str, where: Where) -> Verdict:
    """The stricter of the company's and the member's own choice wins (SPEC B9)."""
    if viewer == target:
        return Verdict(True, "self")
    if where in OFFICE and administers(facts, viewer, target):
        return Verdict(True, "administrator")
    company = facts.companies[target.company]
    level = max(company.privacy.get(field, "shown"), target.privacy.get(field, "shown"), key=STRICTNESS.index)
    if level == "own_unit":
        own = [set(one.units[:1]) for one in (viewer, target)]
        return Verdict(bool(own[0] & own[1] & set(seats(facts, target))), "own_unit")
    return Verdict(level == "shown", level)


def by_tie(facts: Facts, viewer: Member, target: Member, question: Question) -> Verdict | None:
    """What a direct conversation or being a frequent contact opens, there."""
    if any(one.is_direct and one.head > 0 and together(one, viewer, target) for one in conversations_at(facts, question)):
        return Verdict(True, "direct_conversation")
    if question.where in (Where.CONTACTS, Where.PROFILE) and target.id in viewer.contacts and target.state != "deleted":
        return Verdict(True, "frequent_contact")
    return None


def may_add_as_contact(facts: Facts, viewer: int, target: int) -> bool:
    """Whoever is known from somewhere may be made a frequent contact, also while he is hidden."""
    known = can_see(facts, Question(viewer, target, What.KNOW, Where.PROFILE)).yes
    return known and viewer != target and facts.members[target].state != "deleted"


def may_be_addressed(facts: Facts, viewer: int, target: int) -> bool:
    """A conversation with him may be opened, also one that is there: of who is deleted only the name stays. Rules are WRITE's."""
    return can_see(facts, Question(viewer, target, What.KNOW, Where.PROFILE)).yes and facts.members[target].state != "deleted"


def hears_typing(facts: Facts, listener: int, typist: int, conversation: int) -> bool:
    """Both are in it now. It shows that he is there; and who may not write to him alone is not shown as if he were about to."""
    if not can_see(facts, Question(listener, typist, What.PRESENCE, Where.CONVERSATION, conversation)).yes:
        return False
    may_write = can_see(facts, Question(typist, listener, What.WRITE, Where.CONVERSATION, conversation)).yes
    return may_write or not facts.conversations[conversation].is_direct


def conversations_at(facts: Facts, question: Question) -> Iterable[Conversation]:
    if question.where is Where.CONVERSATION:
        return [facts.conversations[question.conversation]]
    if question.where is Where.RECENT:
        return [one for one in facts.conversations.values() if one.is_direct]
    return facts.conversations.values() if question.where is Where.PROFILE else ()


def together(conversation: Conversation, one: Member, other: Member) -> bool:
    """Whether both were ever in it at the same time."""
    return any(
        mine.member == one.id
        and his.member == other.id
        and (his.to_seq is None or mine.from_seq <= his.to_seq)
        and (mine.to_seq is None or his.from_seq <= mine.to_seq)
        for mine in conversation.stays
        for his in conversation.stays
    )


def pass_seats(facts: Facts, viewer: Member, target: Member, where: Where = Where.TREE) -> tuple[list[Seat], bool, str]:
    """The seats of ``target`` that ``viewer`` sees, whether there is one, and what decided."""
    left = [seat for seat in seats(facts, target) if in_scope(facts, viewer, seat)]
    if not left:
        return [], False, "information_scope"
    left = [seat for seat in left if is_let_in(facts, viewer, target, seat)]
    if not left:
        return [], False, "hidden_unit"
    left, forbidding = pass_rules(facts, viewer, target, left, lambda rule: is_lifted(rule, where))
    return left, bool(left), forbidding or "colleague"


def pass_rules(facts: Facts, viewer: Member, target: Member, left: list[Seat], lifted: Callable[[Rule], bool]) -> tuple[list[Seat], str]:
    for rule in facts.rules:
        if not lifted(rule):
            left = [seat for seat in left if allows(facts, rule, viewer, target, seat)]
            if not left:
                return [], f"rule:{rule.id}"
    return left, ""


def is_lifted(rule: Rule, where: Where) -> bool:
    if rule.kind == "hide":
        return False
    if where in (Where.NUMBER, Where.PROFILE):
        return rule.may_search or rule.may_write
    return where is Where.WHOLE and rule.may_search


def allows(facts: Facts, rule: Rule, viewer: Member, target: Member, seat: Seat) -> bool:
    if rule.kind == "hide":
        there = through(facts, target, seat)
        hides = covers(rule.bound, target, there) and not covers(rule.exempted, target, there)
        return not hides or belongs(facts, rule.bound, viewer) or belongs(facts, rule.white_list, viewer)
    if not belongs(facts, rule.bound, viewer) or belongs(facts, rule.exempted, viewer):
        return True
    if covers(rule.white_list, target, path(facts, target.company, seat)):
        return True
    own = {unit for unit in rule.bound.units if belongs(facts, Parties(units=frozenset((unit,))), viewer)}
    if viewer.id in rule.bound.members:
        own |= set(viewer.units)
    return rule.kind == "other_units" and bool(path(facts, viewer.company, seat) & own)


def covers(parties: Parties, member: Member, units: set[int]) -> bool:
    return member.id in parties.members or bool(units & parties.units)


def belongs(facts: Facts, parties: Parties, member: Member) -> bool:
    return any(covers(parties, member, path(facts, member.company, unit)) for unit in member.units or (None,))


def through(facts: Facts, member: Member, seat: Seat) -> set[int]:
    """The units that he is in by this seat; by the seat of who is unassigned the disabled ones too."""
    units = path(facts, member.company, seat)
    for unit in member.units if seat is None else ():
        units |= path(facts, member.company, unit)
    return units


def in_scope(facts: Facts, viewer: Member, seat: Seat) -> bool:
    return not viewer.scope or bool(path(facts, viewer.company, seat) & viewer.scope)


def is_let_in(facts: Facts, viewer: Member, target: Member, seat: Seat) -> bool:
    """Into every hidden unit that ``target`` is in by this seat."""
    inside: set[int] = set()
    for own in seats(facts, viewer):
        inside |= through(facts, viewer, own)
    return all(unit in inside for unit in through(facts, target, seat) if facts.units[unit].is_hidden)


def administers(facts: Facts, viewer: Member, target: Member) -> bool:
    return viewer.company == target.company and any(
        (viewer.administers_all or unit in viewer.administers) and in_scope(facts, viewer, unit) for unit in target.units or (None,)
    )


def seats(facts: Facts, member: Member) -> list[Seat]:
    enabled: list[Seat] = [
        unit for unit in member.units if not any(facts.units[one].is_disabled for one in path(facts, member.company, unit))
    ]
    return enabled or [None]


def path(facts: Facts, company: int, seat: Seat) -> set[int]:
    """The unit and all above it; of the unassigned the root."""
    if seat is None:
        return {unit.id for unit in facts.units.values() if unit.company == company and unit.parent is None}
    above = facts.units[seat].parent
    return {seat} | (path(facts, company, above) if above is not None else set())


def shown_in(facts: Facts, viewer: int, target: int) -> set[int]:
    """The units in which ``viewer`` sees ``target`` in the tree."""
    question = Question(viewer, target, What.FIND, Where.TREE)
    if not can_see(facts, question).yes:
        return set()
    return {seat for seat in pass_seats(facts, facts.members[viewer], facts.members[target])[0] if seat is not None}


def total(facts: Facts, viewer: int, unit: int) -> int:
    """How many ``viewer`` counts in ``unit`` and below it, each once (SPEC G2, DESIGN 9)."""
    company = facts.units[unit].company
    return sum(any(unit in path(facts, company, seat) for seat in shown_in(facts, viewer, one)) for one in facts.members)

"""The one answer to who may see whom, what of him, and where (DESIGN 8; SPEC B3, B6, B9, C2, G1 to G6), and what decided it.

It puts together what its neighbours decide: ``find`` (tree and rules), ``know`` (ties), ``fields`` (privacy). It does no I/O: the picture
of the company, its policy and the ties of the two are given. Whoever changes picture or policy tells it (``changed``).
"""

from collections.abc import Iterable

import msgspec

from server.org.organisation import Organisation, Person
from server.visibility import fields, know
from server.visibility.classes import LIFTED, ViewClass, lifted, view_class
from server.visibility.find import Sight, passes
from server.visibility.ground import Ground
from server.visibility.policy import NO_REACH, Policy
from server.visibility.terms import NO_TIES, OFFICE, By, Elsewhere, Ties, Verdict, What, Where

SIGHTS = 256  # kept; a company with a rule that binds each unit to itself has as many classes as units
ONESELF = Verdict(True, By.ONESELF)
ADMINISTERED = Verdict(True, By.ADMINISTERED)
NO_VIEWER = Verdict(False, By.VIEWER)
UNKNOWN = Verdict(False, By.UNKNOWN)
STATE = Verdict(False, By.STATE)
OTHER_COMPANY = Verdict(False, By.OTHER_COMPANY)
MADE_FOR_A_CLASS = frozenset({Where.TREE, Where.COUNTS})


class Evaluator:
    """For the viewers of one company."""

    def __init__(self, org: Organisation, policy: Policy) -> None:
        self._org = org
        self._policy = policy
        self._ground = Ground(org)
        self._classes: dict[int, ViewClass] = {}
        self._sights: dict[ViewClass, Sight] = {}

    # ---- what changed

    def changed(self, *, members: Iterable[int] = (), tree: bool = False, policy: Policy | None = None) -> None:
        """The picture was brought up to date: these members are new, changed or gone; ``tree``: a unit is."""
        for member in members:
            self._classes.pop(member, None)
        rules_changed = policy is not None and policy.rules != self._policy.rules
        self._policy = policy or self._policy
        if tree:
            self._ground = Ground(self._org)
        if tree or rules_changed:
            self._classes.clear()
            self._sights.clear()

    # ---- classes

    def view_class(self, viewer: int) -> ViewClass | None:
        """Viewers with equal values see the same of the tree; None for who is not in the company, or not active."""
        view = self._classes.get(viewer)
        if view is None:
            person = self._org.person(viewer)
            if person is None or person.state != "active":
                return None
            view = self._classes[viewer] = view_class(self._ground, self._policy.rules, person)
        return view

    def sight(self, view: ViewClass) -> Sight:
        """What a class sees, for lists, counts and search; not to be kept over a change."""
        sight = self._sights.get(view)
        if sight is None:
            while len(self._sights) >= SIGHTS:
                del self._sights[next(iter(self._sights))]
            sight = self._sights[view] = Sight(self._ground, self._policy.rules, view)
        return sight

    def sight_of_whole(self, view: ViewClass) -> Sight:
        """What a class finds by the whole name or number."""
        return self.sight(lifted(view, self._policy.rules, Where.WHOLE))

    # ---- the question

    def can_see(
        self,
        viewer: int,
        target: int,
        what: What,
        where: Where,
        *,
        ties: Ties = NO_TIES,
        field: str = "",
        elsewhere: Elsewhere | None = None,
    ) -> Verdict:
        """``ties``: what there is between the two beside the tree. ``field``: which, where ``what`` is FIELD.

        ``elsewhere``: the target, if he is not in the picture; without it such a one is unknown.
        """
        who, person = self._org.person(viewer), self._org.person(target)
        if who is None or who.state != "active":
            return NO_VIEWER
        if viewer == target and where not in MADE_FOR_A_CLASS:
            return ONESELF
        if person is None:
            return UNKNOWN if elsewhere is None else self._outside(elsewhere, what, where, ties, field)
        match what:
            case What.FIND:
                return self._find(who, person, where)
            case What.KNOW:
                return self._know(who, person, where, ties)
            case What.PRESENCE:
                return self._presence(who, person, where, ties)
            case What.FIELD:
                return self._know(who, person, where, ties) and self._field(who, person, where, field)
            case What.LAST_SEEN:
                return self._presence(who, person, where, ties) and self._field(who, person, where, fields.LAST_SEEN)
            case What.WRITE:
                return self._write(who, person, where, ties)

    def units_of_card(self, viewer: int, target: int) -> list[int]:
        """Of the units that a member is in, whose names a card may tell: those that the viewer sees, whether he finds him there or not."""
        who, person = self._org.person(viewer), self._org.person(target)
        return [] if who is None or person is None else self.sight(self._view(who)).units_of(person)

    def reads(self, viewer: int, target: int, name: str) -> bool:
        """Privacy alone, for a search that has asked already whether he is found (SPEC B9)."""
        who, person = self._org.person(viewer), self._org.person(target)
        return who is not None and person is not None and bool(self._field(who, person, Where.SEARCH, name))

    def near(self, viewer: int) -> set[int]:
        """Whose fields ``reads`` may show although they are not shown to everybody: who shares a unit with him, and himself."""
        return {viewer, *(member for unit in self._org.units_of(viewer) for member in self._org.members(unit))}

    def rule_against_writing(self, viewer: int, target: int) -> int:
        """The rule between units that keeps ``viewer`` from writing to ``target``, whoever of the two began; 0 where none does.

        None does where ``target`` is a member of another company: see ``policy.Rule``.
        """
        who, person = self._org.person(viewer), self._org.person(target)
        return 0 if who is None or person is None or who is person else self._rule_against_writing(who, person)

    def administers(self, viewer: Person, target: Person) -> bool:
        """Whether he manages the organisation or reads logs over a unit that the target is in, within his own scope (SPEC B6, C2).

        A disabled unit is as good here, else nobody could tidy it up. Who is in none is for those whose permission reaches all.
        """
        reach, ground = self._policy.administrators.get(viewer.id, NO_REACH), self._ground
        units = [place.unit for place in target.places] or ([self._org.root] if reach.is_all else [])
        return any((reach.is_all or unit in reach.units) and (not viewer.scope or ground.is_within(unit, viewer.scope)) for unit in units)

    # ---- parts of it

    def _find(self, viewer: Person, target: Person, where: Where) -> Verdict:
        found = self._see(viewer, target, where)
        if found.by is By.RULE and where in LIFTED:
            nevertheless = self.sight(lifted(self._view(viewer), self._policy.rules, where)).verdict(target)
            return Verdict(True, By.LIFTED, found.subject) if nevertheless else nevertheless
        return found

    def _see(self, viewer: Person, target: Person, where: Where) -> Verdict:
        """Found without what rules leave to searching and writing."""
        if where in OFFICE and self.administers(viewer, target):
            return ADMINISTERED
        return self.sight(self._view(viewer)).verdict(target)

    def _know(self, viewer: Person, target: Person, where: Where, ties: Ties) -> Verdict:
        found = self._find(viewer, target, where)
        return found if found or target.state == "draft" else know.known(where, ties) or found

    def _presence(self, viewer: Person, target: Person, where: Where, ties: Ties) -> Verdict:
        if target.state != "active":
            return STATE
        seen = self._see(viewer, target, where)
        return seen or know.followed(where, ties) or seen

    def _field(self, viewer: Person, target: Person, where: Where, name: str) -> Verdict:
        if viewer is target:
            return ONESELF
        if where in OFFICE and self.administers(viewer, target):
            return ADMINISTERED
        return fields.field(self._policy, self._ground, viewer, target, name)

    def _write(self, viewer: Person, target: Person, where: Where, ties: Ties) -> Verdict:
        """Whoever is known there, unless a rule between units binds the viewer, also in conversations of before it."""
        known = self._know(viewer, target, where, ties)
        rule = self._rule_against_writing(viewer, target) if known else 0
        return Verdict(False, By.RULE, rule) if rule else known

    def _rule_against_writing(self, viewer: Person, target: Person) -> int:
        left = self._ground.spots(target)
        for rule, bond in zip(self._policy.rules, self._view(viewer).bonds, strict=True):
            if rule.binds_viewers and not rule.may_write:
                left = [spot for spot in left if passes(self._ground, rule, bond, target.id, spot)]
                if not left:
                    return rule.id
        return 0

    def _outside(self, target: Elsewhere, what: What, where: Where, ties: Ties, field: str) -> Verdict:
        """A member of another company is known where a conversation is shared, or as a contact; of who is deleted the name stays.

        Who asks to become a contact shows his card, and is not written to before he is one.
        """
        refused = STATE if target.company == self._org.company else OTHER_COMPANY
        if target.state == "deleted":
            ties = msgspec.structs.replace(ties, is_contact=False)
            return (what is What.KNOW and know.known(where, ties)) or STATE
        if target.state == "draft":
            return refused
        tied = know.outside(where, ties)
        if what is What.WRITE and tied.by is By.ASKED:
            return refused
        if what in (What.KNOW, What.WRITE) or not tied:
            return tied or refused
        if what is What.FIELD and fields.is_shown(target.shown.get(field, "shown"), own_unit=False):
            return tied
        return refused

    def _view(self, viewer: Person) -> ViewClass:
        view = self._classes.get(viewer.id)
        if view is None:
            view = self._classes[viewer.id] = view_class(self._ground, self._policy.rules, viewer)
        return view

"""The evaluator over two members alone: what their answer hangs on, as one snapshot of the database has it (DESIGN 8).

However large the company is, this is eight statements, and nothing in memory can be stale. Whoever lists, counts or searches has the
whole company in memory instead, and the same evaluator over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from server.org.loading import people_of
from server.org.organisation import Organisation, Person
from server.outside.rules import REQUEST_MS
from server.visibility.evaluator import Evaluator
from server.visibility.fields import LAST_SEEN, stricter_of_each
from server.visibility.in_force import rules_of
from server.visibility.policy import Policy
from server.visibility.rules import are_colleagues
from server.visibility.terms import Elsewhere, Shown, Ties, Verdict, What, Where
from storage import members
from storage import visibility as stored
from storage.members import Card
from storage.work import Read

NOBODY = 0  # no member and no company has this id
STAND_IN = -1
"""Is looked at where there is no such colleague, so that an unknown id takes no less time than somebody who is hidden (promise V4)."""
UNLESS_SAID: Mapping[str, Shown] = {"phone": "hidden", "mail": "hidden"}
"""What a company shows of these until it says otherwise (SPEC B9)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A viewer and a target, and all that decides what the one sees of the other. ``card`` is None where there is no such member."""

    viewer: int
    target: int
    card: Card | None
    org: Organisation
    evaluator: Evaluator
    ties: Ties
    elsewhere: Elsewhere | None

    def sees(self, what: What, where: Where = Where.PROFILE, field: str = "") -> Verdict:
        if self.org.person(self.target) is None:
            self.evaluator.can_see(self.viewer, STAND_IN, what, where, ties=self.ties, field=field)
        away = self.elsewhere if self.card is not None else None
        return self.evaluator.can_see(self.viewer, self.target, what, where, ties=self.ties, field=field, elsewhere=away)

    def units(self) -> tuple[str, ...]:
        """The names of the target's units that the viewer may know of; of another company's none."""
        return tuple(self.org[unit].name for unit in self.evaluator.units_of_card(self.viewer, self.target))


async def pair(read: Read, company: int, viewer: int, target: int) -> Pair:
    """As many statements for a member who is not there as for one who is."""
    card = await members.find(read, target)
    other = (card.company, card.id) if card is not None else (NOBODY, target)
    org, named = await _organisation(read, company, (viewer, target), card)
    tied = await stored.tied(read, (company, viewer), other, after=read.now - REQUEST_MS)
    own = narrowed(tied.is_phone_private, tied.last_seen_shown)
    shown = fields_of(await stored.privacy(read, other[0]))
    settled = Policy(rules_of(await stored.rules(read, company, named)), fields=shown, narrowed={target: own})
    away = Elsewhere(other[0], card.state if card is not None else "", stricter_of_each(shown, own))
    ties = Ties(
        tied.is_contact,
        tied.has_direct,
        tied.has_direct or tied.has_shared,
        is_outside=tied.is_outside,
        has_asked=tied.has_asked,
    )
    return Pair(viewer, target, card, org, Evaluator(org, settled), ties, away)


async def _organisation(read: Read, company: int, two: tuple[int, int], card: Card | None) -> tuple[Organisation, list[int]]:
    """The company as if nobody but the two were in it, and all that rules could name of them: units and members.

    Who is no colleague is not in it: of the built-in companies everybody but oneself (DESIGN 4).
    """
    viewer, target = two
    there = await people_of(read, company, two)
    wanted = {place.unit for one in there for place in one.places} | {unit for one in there for unit in one.scope}
    way = await stored.paths(read, company, sorted(wanted))
    with_target = target == viewer or (card is not None and are_colleagues(company, card))
    everybody = [one for one in there if one.id == viewer or with_target]
    if not with_target:
        mine = next((one.places for one in there if one.id == viewer), ())
        everybody.append(Person(STAND_IN, "active", is_hidden=True, places=mine))
    return Organisation(company, way, everybody), [*two, *(unit.id for unit in way)]


def narrowed(is_phone_private: bool, last_seen_shown: str) -> Mapping[str, Shown]:
    """What a member shows less of than his company does, by field."""
    own: dict[str, Shown] = {"phone": "hidden"} if is_phone_private else {}
    if last_seen_shown in ("own_unit", "hidden"):
        own[LAST_SEEN] = cast(Shown, last_seen_shown)
    return own


def fields_of(rows: Mapping[str, str]) -> Mapping[str, Shown]:
    """With what holds for fields of which the company has said nothing."""
    return {**UNLESS_SAID, **cast(Mapping[str, Shown], rows)}

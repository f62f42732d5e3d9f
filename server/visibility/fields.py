"""Which fields of a profile are shown to whom: the company's rule for each field and the member's own, the stricter wins (SPEC B9).

Whether the viewer knows of the member at all was decided before.
"""

from collections.abc import Mapping

from server.org.organisation import Person
from server.visibility.ground import Ground
from server.visibility.policy import Policy
from server.visibility.terms import By, Shown, Verdict

LAST_SEEN = "last_seen"
STRICTNESS: tuple[Shown, ...] = ("shown", "own_unit", "hidden")
SHOWN = Verdict(True, By.NOTHING_AGAINST)
COMPANY_FIELD = Verdict(False, By.COMPANY_FIELD)
OWN_FIELD = Verdict(False, By.OWN_FIELD)


def stricter(one: Shown, other: Shown) -> Shown:
    return max(one, other, key=STRICTNESS.index)


def stricter_of_each(company: Mapping[str, Shown], own: Mapping[str, Shown]) -> dict[str, Shown]:
    """Of all fields that either names."""
    return {field: stricter(company.get(field, "shown"), own.get(field, "shown")) for field in {*company, *own}}


def is_shown(shown: Shown, *, own_unit: bool) -> bool:
    return shown == "shown" or (shown == "own_unit" and own_unit)


def field(policy: Policy, ground: Ground, viewer: Person, target: Person, name: str) -> Verdict:
    """Whether a field of a colleague is shown."""
    company = policy.fields.get(name, "shown")
    own = policy.narrowed.get(target.id, {}).get(name, "shown")
    if company == own == "shown":
        return SHOWN
    near = shares_own_unit(ground, viewer, target)
    if not is_shown(company, own_unit=near):
        return COMPANY_FIELD
    return SHOWN if is_shown(own, own_unit=near) else OWN_FIELD


def shares_own_unit(ground: Ground, one: Person, other: Person) -> bool:
    """Whether both have the same primary unit, which 'own unit' means, here as in roles (SPEC B9, C2); a disabled one is nobody's."""
    return not _own_units(ground, one).isdisjoint(_own_units(ground, other))


def _own_units(ground: Ground, person: Person) -> set[int]:
    return {place.unit for place in person.places[:1] if not ground.is_off(place.unit)}

"""What a rule between units may say, and how one is named (SPEC B6, B9; what it then means is ``policy``). Pure."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from protocol.ids import from_wire
from server.companies import rules as companies
from server.org.rules import same_name
from server.visibility.errors import (
    UnitRuleBindsNobody,
    UnitRuleKindUnknown,
    UnitRuleNameTaken,
    UnitRuleNotFound,
    UnitRulesLimit,
    UnitRuleTooLong,
    UnitRuleUnfit,
)
from server.visibility.policy import HIDE, NOBODY, OTHER_UNITS, Parties
from storage.unit_rules import Kept, Party

KINDS = (OTHER_UNITS, NOBODY, HIDE)
PARTS = ("bound", "white_list", "exempted")
MOST_RULES = 50
MOST_PARTIES = 100


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a rule; what is not set stays, or is as the product has it. ``is_off``: kept, and not in force."""

    name: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    bound: Parties | UnsetType = UNSET
    white_list: Parties | UnsetType = UNSET
    exempted: Parties | UnsetType = UNSET
    may_search: bool | UnsetType = UNSET
    may_write: bool | UnsetType = UNSET
    is_off: bool | UnsetType = UNSET


def find(there: Sequence[Kept], wanted: str) -> Kept:
    """By its name, or its id on the wire. Raises: UnitRuleNotFound."""
    found = next((rule for rule in there if same_name(rule.name) == same_name(wanted)), None)
    if found is None:
        try:
            id = from_wire(wanted)
        except ValueError:
            raise UnitRuleNotFound from None
        found = next((rule for rule in there if rule.id == id), None)
    if found is None:
        raise UnitRuleNotFound
    return found


def new(there: Sequence[Kept], id: int, said: Said) -> Kept:
    """It is named behind all others. Raises: UnitRulesLimit, and as ``changed``."""
    if len(there) >= MOST_RULES:
        raise UnitRulesLimit(MOST_RULES)
    sort = max((rule.sort for rule in there), default=0) + 1
    return changed(there, Kept(id, "", OTHER_UNITS, False, False, False, sort, ()), said)


def changed(there: Sequence[Kept], rule: Kept, said: Said) -> Kept:
    """Raises: NameInvalid, UnitRuleNameTaken, UnitRuleKindUnknown, UnitRuleBindsNobody, UnitRuleTooLong, UnitRuleUnfit."""
    flags = {name: value for name in ("kind", "may_search", "may_write", "is_off") if (value := getattr(said, name)) is not UNSET}
    name = companies.name("name", rule.name if said.name is UNSET else said.name)
    made = msgspec.structs.replace(rule, **flags, name=name, parties=_parties(rule, said))
    if any(same_name(one.name) == same_name(name) for one in there if one.id != rule.id):
        raise UnitRuleNameTaken(name)
    if made.kind not in KINDS:
        raise UnitRuleKindUnknown(", ".join(KINDS), made.kind)
    if not any(part == "bound" for part, _, _ in made.parties):
        raise UnitRuleBindsNobody
    if len(made.parties) > MOST_PARTIES:
        raise UnitRuleTooLong(MOST_PARTIES)
    if made.kind == HIDE and (made.may_search or made.may_write):
        raise UnitRuleUnfit
    return made


def named(rule: Kept, part: str, kind: str) -> list[int]:
    """The units, or members, that it names in one part."""
    return [party for its_part, its_kind, party in rule.parties if (its_part, its_kind) == (part, kind)]


def _parties(rule: Kept, said: Said) -> tuple[Party, ...]:
    found: list[Party] = []
    for part in PARTS:
        parties: Parties | UnsetType = getattr(said, part)
        if isinstance(parties, UnsetType):
            found += [party for party in rule.parties if party[0] == part]
        else:
            found += [(part, "unit", unit) for unit in parties.units] + [(part, "member", member) for member in parties.members]
    return tuple(sorted(found))

"""Who may have outside contacts, whom a request reaches, where nobody writes: each fact alone decides (SPEC H1)."""

from typing import Any

import msgspec
import pytest

from server.outside.rules import REQUEST_MS, are_outsiders, is_held, is_permitted, is_reached, may, waits
from storage.outside import Side, Two

ROLE, LESS, FIRST, GIVEN, TAKEN = 1, 2, 3, 4, 5
STANDING: dict[int, tuple[str, str, str | None]] = {
    ROLE: ("ordinary", "", None),
    LESS: ("custom", "invited", None),
    FIRST: ("company_administrator", "", "none"),
    GIVEN: ("custom", "", "self"),
    TAKEN: ("ordinary", "", "none"),
}


def side(member: int, company: int, **more: Any) -> Side:
    plain: dict[str, Any] = {"company_kind": "company", "kind": "person", "state": "active", "role": ROLE, "no_outside": False}
    none = {"is_known": False, "removed": False, "blocked": False}
    return Side(member=member, company=company, **(plain | none | more))


LI, SMITH, WANG = side(1, 7), side(2, 8), side(3, 7)
HAS: dict[str, Any] = {"is_known": True}


def of(**more: Any) -> Side:
    return msgspec.structs.replace(SMITH, **more)


@pytest.mark.parametrize(
    ("one", "permitted"),
    [
        (LI, True),
        (of(role=LESS), False),
        (of(role=FIRST), True),
        (of(role=GIVEN), True),
        (of(role=TAKEN), False),
        (of(role=None), False),
        (of(role=99), False),
        (of(kind="robot"), False),
        (of(company_kind="personal", role=None), True),
        (of(company_kind="personal", kind="robot"), False),
        (of(company_kind="operator"), False),
    ],
)
def test_a_role_permits_it_and_a_person_of_his_own_needs_none(one: Side, permitted: bool) -> None:
    assert is_permitted(one, STANDING) is permitted
    assert may(one, STANDING) is permitted
    assert not may(msgspec.structs.replace(one, no_outside=True), STANDING)


def test_members_of_one_company_are_colleagues_and_persons_of_their_own_are_not() -> None:
    ming, hong = side(4, 1, company_kind="personal"), side(5, 1, company_kind="personal")
    assert not are_outsiders(LI, WANG)
    assert are_outsiders(LI, SMITH)
    assert are_outsiders(ming, hong)
    assert not are_outsiders(ming, ming)


AGAINST: list[dict[str, Any]] = [{"no_outside": True}, {"role": LESS}, {"blocked": True, **HAS}]


@pytest.mark.parametrize("against", [*AGAINST, {"removed": True, **HAS}])
def test_each_fact_on_either_side_holds_both(against: dict[str, Any]) -> None:
    assert not is_held(Two(LI, SMITH), STANDING)
    assert not is_held(Two(msgspec.structs.replace(LI, **HAS), of(**HAS)), STANDING)
    assert is_held(Two(LI, of(**against)), STANDING)
    assert is_held(Two(msgspec.structs.replace(LI, **against), SMITH), STANDING)


@pytest.mark.parametrize("against", [*AGAINST, HAS, {"state": "disabled"}, {"state": "deleted"}, {"state": "draft"}, {"company": 7}])
def test_each_fact_of_who_is_asked_keeps_a_request_from_him(against: dict[str, Any]) -> None:
    assert is_reached(Two(LI, SMITH), STANDING)
    assert is_reached(Two(LI, of(removed=True, **HAS)), STANDING), "who ended it may be asked again"
    assert not is_reached(Two(LI, of(**against)), STANDING)


def test_a_request_waits_until_it_is_answered_or_expires() -> None:
    assert waits("waiting", 1, REQUEST_MS)
    assert not waits("waiting", 0, REQUEST_MS)
    for state in ("accepted", "refused", "withdrawn"):
        assert not waits(state, 1, REQUEST_MS)

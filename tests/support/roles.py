"""Acme in memory, for the rules of permissions: units, the roles that every company has, and one of its own."""

from typing import Any

from protocol.errors import YizhanError
from server.audit.service import Actor
from server.org.organisation import Organisation, Person
from server.roles.giving import check_give, check_put
from server.roles.grants import Grant, Role, role_of
from server.roles.rules import Picture, Target, allowed
from storage.roles import SYSTEM, Stored
from storage.units import Place, Unit

ROOT, SALES, NORTH, LAB, HALL = range(1, 6)  # North below Sales; Hall is disabled
UNITS = (Unit(ROOT, None, "Acme"), Unit(SALES, ROOT, "Sales"), Unit(NORTH, SALES, "North"), Unit(LAB, ROOT, "Lab"))
DISABLED = Unit(HALL, ROOT, "Hall", is_disabled=True)
LINA, WANG, ZHAO, MEI, EMMA, NOBODY = range(11, 17)
ADMINISTRATOR, SYSTEM_ADMINISTRATOR, INFORMATION, ORDINARY = range(101, 105)
CUSTOM = 200
VIEW = "attendance.view"  # goes from oneself to everybody, and by headship


def system_roles() -> dict[int, Role]:
    return {100 + at: role_of(Stored(100 + at, kind, "", "", "", {})) for at, kind in enumerate(SYSTEM, 1)}


def person(id: int, *units: int, role: int | None = CUSTOM, scope: tuple[int, ...] = (), **more: Any) -> Person:
    return Person(id, more.pop("state", "active"), role=role, scope=scope, places=tuple(map(Place, units)), **more)


def company(*people: Person, **grants: Grant) -> Picture:
    """The custom role has these permissions: ``attendance__view`` for attendance.view."""
    custom = Role(CUSTOM, "custom", name="Custom", grants={name.replace("__", "."): grant for name, grant in grants.items()})
    return Picture(Organisation(1, (*UNITS, DISABLED), people), {**system_roles(), CUSTOM: custom})


def as_member(id: int) -> Actor:
    return Actor("member", "", id)


def ruled(picture: Picture, target: Target, permission: str = VIEW, actor: int = LINA) -> str:
    decision = allowed(picture, as_member(actor), permission, target)
    return decision.rule if decision.allowed else f"no: {decision.rule}"


def put(picture: Picture, role: int, actor: int = LINA, **grants: Grant) -> type[YizhanError] | None:
    """What comes of putting these permissions into a role."""
    wanted = {name.replace("__", "."): grant for name, grant in grants.items()}
    try:
        check_put(picture, as_member(actor), picture.roles[role], wanted)
    except YizhanError as refused:
        return type(refused)
    return None


def give(picture: Picture, target: int, role: int, actor: int = LINA) -> type[YizhanError] | None:
    there = picture.org.person(target)
    assert there is not None
    try:
        check_give(picture, as_member(actor), there, picture.roles[role])
    except YizhanError as refused:
        return type(refused)
    return None

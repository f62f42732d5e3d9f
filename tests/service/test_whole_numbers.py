"""Whole numbers that administrators give have bounds: beyond them each act is refused by its error, and nothing is done (promise V8)."""

import ast
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.errors import YizhanError
from server.audit.trail import Asked, TrailService
from server.org.fields import FieldService
from server.roles.service import RoleService
from server.rosters.service import RosterService
from tests.support.acts import SERVER
from tests.support.office import ROOT, Office

NUMBERS: list[Any] = [-(2**63) - 1, -1, 0, 2**31, 2**63 - 1, 2**63, 2**64, 10**30, True, 1.5]
OURS = ("storage.", "server.", "audit.")  # faults of ours, not of what was asked for
IDS = {"unit", "parent", "before", "to", "out_of", "field"}
"""Parameters that are ids: whoever names one on the wire cannot name more than 60 bits."""


class Acme:
    def __init__(self, office: Office) -> None:
        self.office = office

    async def build(self) -> "Acme":
        office = self.office
        await office.company("acme")
        self.lab = await office.companies.add_unit(ROOT, "acme", "Lab")
        self.lina = await office.member("acme", units=(self.lab,))
        self.field = await FieldService(office.storage).add(ROOT, "acme", "Locker")
        return self

    def create(self, **numbers: Any) -> Awaitable[object]:
        numbers = {"seats": 5, "first_number": 50001} | numbers
        return self.office.companies.create(ROOT, "bolt", name="Bolt", short_name="Bolt", **numbers)

    def rosters(self) -> RosterService:
        return RosterService(self.office.storage, self.office.clock, self.office.passwords, database="")


Call = Callable[[Acme, Any], Awaitable[object]]
CALLS: dict[str, Call] = {
    "CompanyService.create(seats)": lambda a, n: a.create(seats=n),
    "CompanyService.create(first_number)": lambda a, n: a.create(first_number=n),
    "CompanyService.create(last_number)": lambda a, n: a.create(last_number=n),
    "CompanyService.create(expires_at)": lambda a, n: a.create(expires_at=n),
    "CompanyService.set_seats(seats)": lambda a, n: a.office.companies.set_seats(ROOT, "acme", n),
    "CompanyService.set_expiry(expires_at)": lambda a, n: a.office.companies.set_expiry(ROOT, "acme", n),
    "CompanyService.list_companies(limit)": lambda a, n: a.office.companies.list_companies(ROOT, limit=n),
    "CompanyService.list_members(limit)": lambda a, n: a.office.companies.list_members(ROOT, "acme", limit=n),
    "CompanyService.list_members(after)": lambda a, n: a.office.companies.list_members(ROOT, "acme", after=("1001", n)),
    "CompanySettingsService.add_segment(first)": lambda a, n: a.office.settings.add_segment(ROOT, "acme", n, 70010),
    "CompanySettingsService.add_segment(last)": lambda a, n: a.office.settings.add_segment(ROOT, "acme", 70001, n),
    "CompanySettingsService.offer_numbers(count)": lambda a, n: a.office.settings.offer_numbers(ROOT, "acme", n),
    "OrgService.set_sort(sort)": lambda a, n: a.office.org.set_sort(ROOT, "acme", a.lab, a.lina.number, n),
    "OrgService.set_limits(root_units)": lambda a, n: a.office.org.set_limits(ROOT, "acme", root_units=n, unit_members=None),
    "OrgService.set_limits(unit_members)": lambda a, n: a.office.org.set_limits(ROOT, "acme", root_units=None, unit_members=n),
    "FieldService.change(sort)": lambda a, n: FieldService(a.office.storage).change(ROOT, "acme", msgspec.structs.replace(a.field, sort=n)),
    "RoleService.list_members(limit)": lambda a, n: RoleService(a.office.storage).list_members(ROOT, "acme", "ordinary", limit=n),
    "RoleService.list_members(after)": lambda a, n: RoleService(a.office.storage).list_members(ROOT, "acme", "ordinary", after=("", n)),
    "RosterService.workbooks(limit)": lambda a, n: a.rosters().workbooks(ROOT, "acme", limit=n),
    "TrailService.read(limit)": lambda a, n: TrailService(a.office.storage).read(ROOT, "acme", Asked(), limit=n),
    "TrailService.read(before)": lambda a, n: TrailService(a.office.storage).read(ROOT, "acme", Asked(), before=n),
    "TrailService.follow(behind)": lambda a, n: TrailService(a.office.storage).follow(ROOT, "acme", Asked(), behind=n, following="x"),
}
WITHIN = {"CompanyService.list_members(after)", "RoleService.list_members(after)", "FieldService.change(sort)"}  # parts of other things
COMPARED = {"RosterService.check(listed)", "RosterService.begin(confirmed)"}  # they reach no database
TAKEN: dict[str, tuple[int, ...]] = {
    "CompanyService.create(expires_at)": (0,),
    "CompanyService.set_expiry(expires_at)": (0, 2**31),
    "CompanyService.list_members(after)": (0, 2**31, 2**63 - 1),
    "RoleService.list_members(after)": (0, 2**31, 2**63 - 1),
    "TrailService.read(before)": (0, 2**31, 2**63 - 1),
    "TrailService.follow(behind)": (0, 2**31, 2**63 - 1),
    "CompanyService.create(first_number)": (2**31,),
    "CompanyService.create(last_number)": (2**31,),
    "CompanySettingsService.add_segment(last)": (2**31,),
    "OrgService.set_sort(sort)": (0,),
    "FieldService.change(sort)": (0,),
}
"""What is in bounds."""


def numbers_of(path: Path) -> set[str]:
    """The parameters of acts and looks that are whole numbers, and no ids."""
    found = set()
    classes = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    for node in classes:
        for method in node.body:
            if not isinstance(method, ast.AsyncFunctionDef | ast.FunctionDef) or method.name.startswith("_"):
                continue
            every = (*method.args.args, *method.args.kwonlyargs)
            typed = {one.arg: ast.unparse(one.annotation) for one in every if one.annotation is not None}
            if "Actor" in typed.values():
                found |= {
                    f"{node.name}.{method.name}({name})"
                    for name, kind in typed.items()
                    if "int" in kind.split(" | ") and (name not in IDS or (method.name, name) == ("read", "before"))
                }
    return found


def test_every_whole_number_of_an_act_is_tried() -> None:
    found = {name for path in SERVER.glob("**/*.py") for name in numbers_of(path)}
    assert found - COMPARED == CALLS.keys() - WITHIN


@pytest.mark.parametrize("name", CALLS)
async def test_a_number_out_of_bounds_is_refused_by_its_error(office: Office, name: str) -> None:
    acme = await Acme(office).build()
    for number in NUMBERS:
        if type(number) is int and (number in TAKEN.get(name, ()) or ("expires_at" in name and number in (0, 2**31))):
            continue
        with pytest.raises(YizhanError) as error:
            await CALLS[name](acme, number)
        assert error.value.kind == "refused", number
        assert not error.value.code.startswith(OURS), number
        assert error.value.text("zh") != error.value.text("en")


@pytest.mark.parametrize("name", TAKEN)
async def test_a_number_in_bounds_is_taken(office: Office, name: str) -> None:
    built = await Acme(office).build()
    for number in TAKEN[name]:
        await CALLS[name](built, number)

"""Every administrative use case leaves its entry, done and refused (promise V6): who, from where, what, about whom.

The use cases are read from the code: whatever public method takes an ``Actor`` is one. One without a case here fails.
"""

import ast
import io
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import xlsxwriter

from protocol.errors import YizhanError
from protocol.ids import to_wire
from server.accounts.errors import PasswordTooShort
from server.audit.service import Actor, operator
from server.clock import ManualClock
from server.companies.newcomers import Added, Newcomer
from server.companies.welcome import WelcomeService
from server.directory.seen import SeenService
from server.org.cards import Changes
from server.org.fields import FieldService
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from server.rosters.errors import RosterRefused
from server.rosters.plan import Wish
from server.rosters.service import RosterService
from storage.audit import Entry
from storage.companies import Profile
from storage.engine import Storage, connect
from storage.fields import Field
from tests.support.office import ROOT, Office, laptop

SERVER = Path(__file__).parents[2] / "server"
WITHIN = {"audit"}  # what writes the entries itself
PLACE = "192.0.2.7"
OPERATOR = operator("ops", PLACE)
NUMBERS = {"Li Na": "1001", "Wang": "1002", "Zhao": "1003", "Mei": "1004"}
LINA, WANG, ZHAO, MEI = NUMBERS.values()


class World:
    """Acme: Li Na is its company administrator; Wang heads Sales, where Zhao is, too; Mei is a draft. Hall is empty."""

    def __init__(self, office: Office, database: str) -> None:
        self.office = office
        self.rosters = RosterService(office.storage, office.clock, office.passwords, database=database)
        self.roles = RoleService(office.storage)
        self.fields = FieldService(office.storage)
        self.ids: dict[str, int] = {}
        self.session = ""
        self.others: list[str] = []

    async def build(self) -> None:
        office = self.office
        await office.company("acme", seats=5)
        self.sales, self.lab, self.hall = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab", "Hall")]
        for name, number in NUMBERS.items():
            units = {"Wang": (self.sales,), "Zhao": (self.sales,)}.get(name, ())
            newcomer = Newcomer(name=name, number=number, units=units)
            added = await office.companies.add_member(ROOT, "acme", newcomer, draft=name == "Mei")
            self.ids[number] = added.member
            if name == "Zhao":
                self.session = to_wire((await office.accounts.sign_in(number, added.password, laptop())).session)
        await office.org.set_first_head(ROOT, "acme", self.sales, WANG)
        await self.roles.give(ROOT, "acme", [LINA], "company_administrator")
        self.field = await self.fields.add(ROOT, "acme", "Locker")
        self.lina = Actor("member", "Li Na", self.ids[LINA], PLACE)

    async def entries(self) -> list[Entry]:
        """Of what was done from the place of the test, in whatever trail; setting up was done elsewhere."""
        trails = [await self.office.trail(company) for company in ("operator", "acme", *self.others)]
        return [entry for trail in trails for entry in trail if entry.details.get("from") == PLACE]


Call = Callable[[World, Actor], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """``act``: what the entry says; ``done`` and ``refused``: two calls of the use case, the second only where anything is refused.

    Some are the operator's.
    """

    act: str
    done: Call
    refused: Call | None
    is_operators: bool = False


def profile(name: str) -> Profile:
    return Profile(name=name, short_name="Acme")


async def create(w: World, by: Actor, number: str) -> None:
    await w.office.companies.create(by, number, name="Bolt", short_name="Bolt", seats=5, first_number=5001)
    w.others.append(number)


def workbook(phone: str = "13800138000") -> bytes:
    """A newcomer."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("成员")
        sheet.write_row(0, 0, ["姓名", "组织", "手机"])
        sheet.write_row(1, 0, ["张三", "acme", phone])
    return made.getvalue()


FAULTY = workbook("1.38E+10")


async def kept(w: World) -> str:
    """The workbook of an import that failed."""
    with pytest.raises(RosterRefused):
        await w.rosters.begin(ROOT, "acme", FAULTY, wish=WISH, name="roster.xlsx")
    return (await w.rosters.workbooks(ROOT, "acme"))[0].id


async def fetch(w: World, by: Actor) -> None:
    await w.rosters.workbook(by, "acme", await kept(w))


def field(w: World, **changes: Any) -> Field:
    return msgspec.structs.replace(w.field, **changes)


WISH = Wish(mode="update")
ALL = {"org.view": Grant(Scope.ALL)}
SELF = {"org.view": Grant(Scope.SELF)}  # as far as which it does not go
CASES: dict[str, Case] = {
    # ---- companies
    "CompanyService.create": Case("company.create", lambda w, by: create(w, by, "bolt"), lambda w, by: create(w, by, "acme"), True),
    "CompanyService.set_suspended": Case(
        "company.suspend",
        lambda w, by: w.office.companies.set_suspended(by, "acme", True),
        lambda w, by: w.office.companies.set_suspended(by, "nowhere", True),
        True,
    ),
    "CompanyService.set_seats": Case(
        "company.seats",
        lambda w, by: w.office.companies.set_seats(by, "acme", 50),
        lambda w, by: w.office.companies.set_seats(by, "acme", 0),
        True,
    ),
    "CompanyService.set_expiry": Case(
        "company.expiry",
        lambda w, by: w.office.companies.set_expiry(by, "acme", 1_800_000_000_000),
        lambda w, by: w.office.companies.set_expiry(by, "nowhere", None),
        True,
    ),
    "CompanySettingsService.show": Case(
        "company.show",
        lambda w, by: w.office.settings.show(by, "acme"),
        lambda w, by: w.office.settings.show(by, "nowhere"),
    ),
    "CompanyService.set_device_policy": Case(
        "company.device_policy",
        lambda w, by: w.office.companies.set_device_policy(by, "acme", "any"),
        lambda w, by: w.office.companies.set_device_policy(by, "nowhere", "any"),
    ),
    "CompanyService.add_unit": Case(
        "unit.add",
        lambda w, by: w.office.companies.add_unit(by, "acme", "Board"),
        lambda w, by: w.office.companies.add_unit(by, "acme", "Sales"),
    ),
    "CompanyService.add_member": Case(
        "member.add",
        lambda w, by: w.office.companies.add_member(by, "acme", Newcomer(name="Emma")),
        lambda w, by: w.office.companies.add_member(by, "acme", Newcomer(name="Emma", number=WANG)),
    ),
    "CompanyService.add_many": Case(
        "member.add",
        lambda w, by: w.office.companies.add_many(by, "acme", [Newcomer(name="Emma")]),
        lambda w, by: w.office.companies.add_many(by, "acme", [Newcomer(name=name) for name in "abcde"]),
    ),
    "CompanyService.activate": Case(
        "member.activate",
        lambda w, by: w.office.companies.activate(by, "acme", [MEI]),
        lambda w, by: w.office.companies.activate(by, "acme", [ZHAO]),
    ),
    "CompanyService.add_robot": Case(
        "robot.add",
        lambda w, by: w.office.companies.add_robot(by, "acme", "Bot"),
        lambda w, by: w.office.companies.add_robot(by, "acme", ""),
    ),
    "CompanyService.disable": Case(
        "member.disable",
        lambda w, by: w.office.companies.disable(by, "acme", ZHAO, "left"),
        lambda w, by: w.office.companies.disable(by, "acme", LINA, ""),
    ),
    "CompanyService.enable": Case(
        "member.enable",
        lambda w, by: after(w.office.companies.disable(ROOT, "acme", ZHAO, ""), lambda: w.office.companies.enable(by, "acme", ZHAO)),
        lambda w, by: w.office.companies.enable(by, "acme", "9999"),
    ),
    "CompanyService.reset_password": Case(
        "member.reset_password",
        lambda w, by: w.office.companies.reset_password(by, "acme", ZHAO),
        lambda w, by: w.office.companies.reset_password(by, "acme", "9999"),
    ),
    "CompanyService.reset_passwords": Case(
        "member.reset_password",
        lambda w, by: w.office.companies.reset_passwords(by, "acme", [ZHAO]),
        lambda w, by: w.office.companies.reset_passwords(by, "acme", ["9999"]),
    ),
    "CompanyService.end_session": Case(
        "session.end",
        lambda w, by: w.office.companies.end_session(by, "acme", w.session),
        lambda w, by: w.office.companies.end_session(by, "acme", to_wire(7)),
    ),
    "CompanyService.list_companies": Case(
        "company.list",
        lambda w, by: w.office.companies.list_companies(by),
        None,
        True,
    ),
    "CompanyService.list_members": Case(
        "member.list",
        lambda w, by: w.office.companies.list_members(by, "acme"),
        lambda w, by: w.office.companies.list_members(by, "nowhere"),
    ),
    "CompanyService.list_sessions": Case(
        "session.list",
        lambda w, by: w.office.companies.list_sessions(by, "acme", ZHAO),
        lambda w, by: w.office.companies.list_sessions(by, "acme", "9999"),
    ),
    "CompanySettingsService.set_profile": Case(
        "company.profile",
        lambda w, by: w.office.settings.set_profile(by, "acme", profile("Acme & Co")),
        lambda w, by: w.office.settings.set_profile(by, "acme", profile("")),
    ),
    "CompanySettingsService.set_time_zone": Case(
        "company.time_zone",
        lambda w, by: w.office.settings.set_time_zone(by, "acme", "Europe/Berlin"),
        lambda w, by: w.office.settings.set_time_zone(by, "acme", "Moon/Crater"),
    ),
    "CompanySettingsService.set_needs_phone_or_mail": Case(
        "company.needs_phone_or_mail",
        lambda w, by: w.office.settings.set_needs_phone_or_mail(by, "acme", True),
        lambda w, by: w.office.settings.set_needs_phone_or_mail(by, "nowhere", True),
    ),
    "CompanySettingsService.set_first_password": Case(
        "company.first_password",
        lambda w, by: w.office.settings.set_first_password(by, "acme", ""),
        lambda w, by: w.office.settings.set_first_password(by, "nowhere", ""),
    ),
    "CompanySettingsService.add_segment": Case(
        "segment.add",
        lambda w, by: w.office.settings.add_segment(by, "acme", 8000, 8999),
        lambda w, by: w.office.settings.add_segment(by, "acme", 1001, 1002),
        True,
    ),
    "CompanySettingsService.list_segments": Case(
        "segment.list",
        lambda w, by: w.office.settings.list_segments(by, "acme"),
        lambda w, by: w.office.settings.list_segments(by, "nowhere"),
    ),
    "CompanySettingsService.offer_numbers": Case(
        "number.offer",
        lambda w, by: w.office.settings.offer_numbers(by, "acme", 3),
        lambda w, by: w.office.settings.offer_numbers(by, "nowhere", 3),
    ),
    "WelcomeService.send": Case(
        "member.welcome",
        lambda w, by: WelcomeService(w.office.storage, {}).send(by, "acme", [Added(w.ids[ZHAO], ZHAO, "")]),
        lambda w, by: WelcomeService(w.office.storage, {}).send(by, "nowhere", [Added(w.ids[ZHAO], ZHAO, "")]),
    ),
    # ---- fields
    "FieldService.list_fields": Case(
        "field.list",
        lambda w, by: w.fields.list_fields(by, "acme"),
        lambda w, by: w.fields.list_fields(by, "nowhere"),
    ),
    "FieldService.add": Case(
        "field.add",
        lambda w, by: w.fields.add(by, "acme", "Shoe size"),
        lambda w, by: w.fields.add(by, "acme", "Locker"),
    ),
    "FieldService.change": Case(
        "field.change",
        lambda w, by: w.fields.change(by, "acme", field(w, name="Lockers")),
        lambda w, by: w.fields.change(by, "acme", field(w, kind="number")),
    ),
    "FieldService.delete": Case(
        "field.delete",
        lambda w, by: w.fields.delete(by, "acme", w.field.id),
        lambda w, by: w.fields.delete(by, "acme", 7),
    ),
    "FieldService.set_values": Case(
        "member.change",
        lambda w, by: w.fields.set_values(by, "acme", ZHAO, {w.field.id: "12"}),
        lambda w, by: w.fields.set_values(by, "acme", ZHAO, {7: "12"}),
    ),
    "FieldService.set_privacy": Case(
        "field.privacy",
        lambda w, by: w.fields.set_privacy(by, "acme", "phone", "hidden"),
        lambda w, by: w.fields.set_privacy(by, "acme", "phone", "sometimes"),
    ),
    # ---- going
    "LeavingService.disable": Case(
        "member.disable",
        lambda w, by: w.office.leaving.disable(by, "acme", [ZHAO, WANG], "left"),
        lambda w, by: w.office.leaving.disable(by, "acme", [ZHAO, LINA], "left"),
    ),
    "LeavingService.enable": Case(
        "member.enable",
        lambda w, by: after(w.office.leaving.disable(ROOT, "acme", [ZHAO], ""), lambda: w.office.leaving.enable(by, "acme", [ZHAO])),
        lambda w, by: w.office.leaving.enable(by, "acme", ["9999"]),
    ),
    "LeavingService.delete": Case(
        "member.delete",
        lambda w, by: w.office.leaving.delete(by, "acme", ZHAO),
        lambda w, by: w.office.leaving.delete(by, "acme", WANG),
    ),
    "LeavingService.delete_many": Case(
        "member.delete",
        lambda w, by: w.office.leaving.delete_many(by, "acme", [WANG]),
        lambda w, by: w.office.leaving.delete_many(by, "acme", [LINA]),
    ),
    "LeavingService.reassign": Case(
        "number.reassign",
        lambda w, by: w.office.leaving.reassign(by, "acme", ZHAO, Newcomer(name="Emma")),
        lambda w, by: w.office.leaving.reassign(by, "acme", LINA, Newcomer(name="Emma")),
    ),
    # ---- members
    "MemberService.place": Case(
        "member.place",
        lambda w, by: w.office.members.place(by, "acme", ZHAO, [w.lab]),
        lambda w, by: w.office.members.place(by, "acme", WANG, [w.lab]),
    ),
    "MemberService.move_many": Case(
        "member.move",
        lambda w, by: w.office.members.move_many(by, "acme", [ZHAO], w.lab),
        lambda w, by: w.office.members.move_many(by, "acme", [ZHAO], 7),
    ),
    "MemberService.add_to_unit": Case(
        "member.add_to_unit",
        lambda w, by: w.office.members.add_to_unit(by, "acme", [ZHAO], w.lab),
        lambda w, by: w.office.members.add_to_unit(by, "acme", [ZHAO], 7),
    ),
    "MemberService.change": Case(
        "member.change",
        lambda w, by: w.office.members.change(by, "acme", ZHAO, Changes(name="Zhao Min")),
        lambda w, by: w.office.members.change(by, "acme", ZHAO, Changes(name="")),
    ),
    "MemberService.set_hidden": Case(
        "member.hide",
        lambda w, by: w.office.members.set_hidden(by, "acme", [ZHAO], True),
        lambda w, by: w.office.members.set_hidden(by, "acme", ["9999"], True),
    ),
    "MemberService.set_scope": Case(
        "member.scope",
        lambda w, by: w.office.members.set_scope(by, "acme", ZHAO, [w.lab]),
        lambda w, by: w.office.members.set_scope(by, "acme", ZHAO, [7]),
    ),
    # ---- units
    "OrgService.list_units": Case(
        "unit.list",
        lambda w, by: w.office.org.list_units(by, "acme"),
        lambda w, by: w.office.org.list_units(by, "nowhere"),
    ),
    "SeenService.tree": Case(
        "org.seen",
        lambda w, by: SeenService(w.office.storage).tree(by, "acme", ZHAO),
        lambda w, by: SeenService(w.office.storage).tree(by, "acme", "9999"),
    ),
    "OrgService.add": Case(
        "unit.add",
        lambda w, by: w.office.org.add(by, "acme", "Board"),
        lambda w, by: w.office.org.add(by, "acme", "Lab"),
    ),
    "OrgService.rename": Case(
        "unit.rename",
        lambda w, by: w.office.org.rename(by, "acme", w.lab, "Laboratory"),
        lambda w, by: w.office.org.rename(by, "acme", w.lab, "Sales"),
    ),
    "OrgService.describe": Case(
        "unit.describe",
        lambda w, by: w.office.org.describe(by, "acme", w.lab, code="L"),
        lambda w, by: w.office.org.describe(by, "acme", w.lab, kind="kingdom"),
    ),
    "OrgService.set_disabled": Case(
        "unit.disable",
        lambda w, by: w.office.org.set_disabled(by, "acme", w.lab, True),
        lambda w, by: w.office.org.set_disabled(by, "acme", 7, True),
    ),
    "OrgService.set_hidden": Case(
        "unit.hide",
        lambda w, by: w.office.org.set_hidden(by, "acme", w.lab, True),
        lambda w, by: w.office.org.set_hidden(by, "acme", 7, True),
    ),
    "OrgService.move": Case(
        "unit.move",
        lambda w, by: w.office.org.move(by, "acme", w.lab, w.sales),
        lambda w, by: w.office.org.move(by, "acme", w.lab, w.lab),
    ),
    "OrgService.delete": Case(
        "unit.delete",
        lambda w, by: w.office.org.delete(by, "acme", w.hall),
        lambda w, by: w.office.org.delete(by, "acme", w.sales),
    ),
    "OrgService.set_first_head": Case(
        "unit.first_head",
        lambda w, by: w.office.org.set_first_head(by, "acme", w.sales, ZHAO),
        lambda w, by: w.office.org.set_first_head(by, "acme", w.lab, ZHAO),
    ),
    "OrgService.set_other_heads": Case(
        "unit.other_heads",
        lambda w, by: w.office.org.set_other_heads(by, "acme", w.sales, [ZHAO]),
        lambda w, by: w.office.org.set_other_heads(by, "acme", w.sales, [WANG]),
    ),
    "OrgService.set_sort": Case(
        "member.sort",
        lambda w, by: w.office.org.set_sort(by, "acme", w.sales, ZHAO, 5),
        lambda w, by: w.office.org.set_sort(by, "acme", w.lab, ZHAO, 5),
    ),
    "OrgService.set_limits": Case(
        "company.limits",
        lambda w, by: w.office.org.set_limits(by, "acme", root_units=9, unit_members=9),
        lambda w, by: w.office.org.set_limits(by, "acme", root_units=0, unit_members=9),
    ),
    # ---- rosters
    "RosterService.check": Case(
        "roster.check",
        lambda w, by: w.rosters.check(by, "acme", workbook(), wish=WISH),
        lambda w, by: w.rosters.check(by, "acme", b"no workbook", wish=WISH),
    ),
    "RosterService.export": Case(
        "roster.export",
        lambda w, by: w.rosters.export(by, "acme"),
        lambda w, by: w.rosters.export(by, "nowhere"),
    ),
    "RosterService.template": Case(
        "roster.template",
        lambda w, by: w.rosters.template(by, "acme"),
        lambda w, by: w.rosters.template(by, "nowhere"),
    ),
    "RosterService.begin": Case(
        "roster.import",
        lambda w, by: w.rosters.begin(by, "acme", workbook(), wish=WISH),
        lambda w, by: w.rosters.begin(by, "acme", FAULTY, wish=WISH),
    ),
    "RosterService.workbooks": Case(
        "roster.workbooks",
        lambda w, by: w.rosters.workbooks(by, "acme"),
        lambda w, by: w.rosters.workbooks(by, "nowhere"),
    ),
    "RosterService.workbook": Case("roster.workbook", fetch, lambda w, by: w.rosters.workbook(by, "acme", to_wire(7))),
    # ---- roles
    "RoleService.list_roles": Case(
        "role.list",
        lambda w, by: w.roles.list_roles(by, "acme"),
        lambda w, by: w.roles.list_roles(by, "nowhere"),
    ),
    "RoleService.list_members": Case(
        "role.members",
        lambda w, by: w.roles.list_members(by, "acme", "ordinary"),
        lambda w, by: w.roles.list_members(by, "acme", "king"),
    ),
    "RoleService.explain": Case(
        "role.explain",
        lambda w, by: w.roles.explain(by, "acme", ZHAO, "org.manage"),
        lambda w, by: w.roles.explain(by, "acme", ZHAO, "org.fly"),
    ),
    "RoleService.add": Case(
        "role.add",
        lambda w, by: w.roles.add(by, "acme", "Looker", grants=ALL),
        lambda w, by: w.roles.add(by, "acme", "Looker", grants=SELF),
    ),
    "RoleService.edit": Case(
        "role.edit",
        lambda w, by: w.roles.edit(by, "acme", "staff", grants=ALL),
        lambda w, by: w.roles.edit(by, "acme", "company_administrator", name="King"),
    ),
    "RoleService.delete": Case(
        "role.delete",
        lambda w, by: w.roles.delete(by, "acme", "staff"),
        lambda w, by: w.roles.delete(by, "acme", "ordinary"),
    ),
    "RoleService.give": Case(
        "role.give",
        lambda w, by: w.roles.give(by, "acme", [ZHAO], "system_administrator"),
        lambda w, by: w.roles.give(by, "acme", [LINA], "ordinary"),
    ),
}


async def after(first: Awaitable[object], then: Callable[[], Awaitable[object]]) -> None:
    await first
    await then()


def use_cases() -> set[str]:
    """Public methods with an ``Actor``, and public functions that take an ``Actor`` and the storage."""
    return {name for path in SERVER.glob("**/*.py") if path.relative_to(SERVER).parts[0] not in WITHIN for name in _in_module(path)}


def _in_module(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for method in node.body:
                if isinstance(method, ast.AsyncFunctionDef | ast.FunctionDef) and "Actor" in _taken(method):
                    yield f"{node.name}.{method.name}"
        elif isinstance(node, ast.AsyncFunctionDef) and {"Actor", "Storage"} <= _taken(node):
            yield f"{path.stem}.{node.name}"


def _taken(function: ast.AsyncFunctionDef | ast.FunctionDef) -> set[str]:
    """The types of the parameters of what is public."""
    if function.name.startswith("_"):
        return set()
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return {word for one in every if one.annotation is not None for word in ast.unparse(one.annotation).split(" | ")}


def test_every_use_case_has_a_case_here() -> None:
    found = use_cases()
    assert found - CASES.keys() == set(), "a use case without a case: add it to CASES"
    assert CASES.keys() - found == set(), "a case without a use case"
    assert len(found) > 50


def test_a_use_case_that_is_added_is_found(tmp_path: Path) -> None:
    """Whatever it is called, and in whatever module."""
    module = tmp_path / "tea.py"
    module.write_text(
        "class TeaService:\n"
        "    async def boil(self, actor: Actor, company: str) -> None: ...\n"
        "    async def pour(self, company: str, *, by: Actor | None) -> None: ...\n"
        "    async def _clean(self, actor: Actor) -> None: ...\n"
        "async def drink(storage: Storage, actor: Actor) -> None: ...\n"
        "def owner(actor: Actor) -> str: ...\n"
    )
    assert list(_in_module(module)) == ["TeaService.boil", "TeaService.pour", "tea.drink"]


@pytest.fixture
def office(storage: Storage, clock: ManualClock) -> Iterator[Office]:
    opened = Office(storage, clock)
    yield opened
    opened.close()


IN_WORKERS = [name for name in CASES if name.startswith("RosterService.")]  # each call starts a process: on one database


@pytest.mark.parametrize("name", [name for name in CASES if name not in IN_WORKERS])
async def test_it_leaves_an_entry_done_and_refused(office: Office, database: str, name: str) -> None:
    await walk(World(office, database), CASES[name])


@pytest.mark.parametrize("name", IN_WORKERS)
async def test_what_works_in_a_process_of_its_own_leaves_an_entry_done_and_refused(
    fresh_sqlite: str, clock: ManualClock, name: str
) -> None:
    storage = await connect(fresh_sqlite, now=clock.now)
    office = Office(storage, clock)
    try:
        await walk(World(office, fresh_sqlite), CASES[name])
    finally:
        office.close()
        await storage.close()


async def walk(world: World, case: Case) -> None:
    await world.build()
    by = OPERATOR if case.is_operators else world.lina
    if case.refused is not None:
        with pytest.raises(YizhanError) as refused:
            await case.refused(world, by)
        (entry,) = await world.entries()
        check(entry, case, by, "refused")
        assert entry.details["error"] == refused.value.code
    known = {one.id for one in await world.entries()}
    await case.done(world, by)
    (entry,) = [one for one in await world.entries() if one.id not in known]
    check(entry, case, by, "done")
    assert len(entry.details) > 1, "it says what, not only from where"


WITH_A_PASSWORD: dict[str, Call] = {
    "member.add": lambda w, by: w.office.companies.add_member(by, "acme", Newcomer(name="Emma"), password="short"),
    "member.activate": lambda w, by: w.office.companies.activate(by, "acme", [MEI], password="short"),
    "member.reset_password": lambda w, by: w.office.companies.reset_password(by, "acme", ZHAO, password="short"),
    "company.first_password": lambda w, by: w.office.settings.set_first_password(by, "acme", "short"),
    "number.reassign": lambda w, by: w.office.leaving.reassign(by, "acme", ZHAO, Newcomer(name="Emma"), password="short"),
    "roster.import": lambda w, by: w.rosters.begin(by, "acme", workbook(), wish=WISH, password="short"),
}


@pytest.mark.parametrize("act", WITH_A_PASSWORD)
async def test_what_is_refused_for_its_password_leaves_an_entry(office: Office, database: str, act: str) -> None:
    """It is looked at before the act, since hashing takes long; and it is in no entry."""
    world = World(office, database)
    await world.build()
    with pytest.raises(PasswordTooShort):
        await WITH_A_PASSWORD[act](world, world.lina)
    (entry,) = await world.entries()
    assert (entry.act, entry.outcome, entry.details["error"]) == (act, "refused", PasswordTooShort.code)
    assert "short" not in map(str, entry.details.values())


def check(entry: Entry, case: Case, by: Actor, outcome: str) -> None:
    assert (entry.act, entry.outcome) == (case.act, outcome)
    assert (entry.actor_kind, entry.actor, entry.actor_name) == (by.kind, by.id, by.name)
    assert entry.details["from"] == PLACE

"""Every administrative use case as a call: what it is done by, what refuses it, and how its entry and permission are called.

The use cases are read from the code: whatever public method takes an ``Actor`` is one, wherever it lives in ``server``. Their cases are in
``acts_company``, ``acts_org``, ``acts_roles``, ``acts_rosters``, ``acts_visibility``; whoever walks them all begins with ``acts_all``.
"""

import ast
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol.ids import to_wire
from server.audit.service import Actor, operator
from server.audit.trail import TrailService
from server.companies.newcomers import Newcomer
from server.org.fields import FieldService
from server.roles.grants import Grant
from server.roles.permissions import PERMISSIONS, Scope
from server.roles.service import RoleService
from server.rosters.service import RosterService
from server.visibility.policy import Parties
from server.visibility.ruling import Said
from server.visibility.settling import UnitRuleService
from storage.audit import Entry
from tests.support.office import ROOT, Office, laptop

SERVER = Path(__file__).parents[2] / "server"
WITHIN = {Path("audit/service.py")}  # what writes the entries itself
PLACE = "192.0.2.7"
OPERATOR = operator("ops", PLACE)
NUMBERS = {"Li Na": "1001", "Wang": "1002", "Zhao": "1003", "Mei": "1004"}
LINA, WANG, ZHAO, MEI = NUMBERS.values()
HUA = "1005"
SEATS = 6


class World:
    """Acme: Li Na is its company administrator; Wang heads Sales, where Zhao is, too; Mei is a draft. Hall is empty."""

    def __init__(self, office: Office, database: str) -> None:
        self.office = office
        self.rosters = RosterService(office.storage, office.clock, office.passwords, database=database)
        self.roles = RoleService(office.storage)
        self.fields = FieldService(office.storage)
        self.rules = UnitRuleService(office.storage)
        self.trail = TrailService(office.storage)
        self.ids: dict[str, int] = {}
        self.session = ""
        self.others: list[str] = []

    async def build(self) -> None:
        office = self.office
        await office.company("acme", seats=SEATS)
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
        await self.rules.add(ROOT, "acme", Said(name="Apart", bound=Parties(frozenset([self.lab]))))
        self.lina = Actor("member", "Li Na", self.ids[LINA], PLACE)

    async def hua(self, *, but: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> Actor:
        """A further member, in no unit: with every permission that can be given, ``but`` these; or with ``only`` these, as far as they go,
        beside what every member begins with."""
        added = await self.office.companies.add_member(ROOT, "acme", Newcomer(name="Hua", number=HUA))
        given = only or tuple(name for name, one in PERMISSIONS.items() if name not in but and not one.is_reserved)
        own = {name: Grant(Scope.SELF) for name, one in PERMISSIONS.items() if Scope.SELF in one.scopes}
        grants = own | {name: Grant(PERMISSIONS[name].widest) for name in given}
        await self.roles.add(ROOT, "acme", "Hua", grants={name: grant for name, grant in grants.items() if name not in but})
        await self.roles.give(ROOT, "acme", [HUA], "Hua")
        return Actor("member", "Hua", added.member, PLACE)

    async def entries(self) -> list[Entry]:
        """Of what was done from the place of the test, in whatever trail; setting up was done elsewhere."""
        trails = [await self.office.trail(company) for company in ("operator", "acme", *self.others)]
        return [entry for trail in trails for entry in trail if entry.details.get("from") == PLACE]


Call = Callable[[World, Actor], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """``act``: what the entry says; ``done`` and ``refused``: two calls of the use case, the second only where anything is refused.

    ``beside``: permissions that ``done`` needs besides the act's own (``server.roles.acts``); ``instead``: those by which it is done, too.
    """

    act: str
    done: Call
    refused: Call | None
    beside: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


async def after(first: Awaitable[object], then: Callable[[], Awaitable[object]]) -> None:
    await first
    await then()


def use_cases() -> set[str]:
    """Public methods with an ``Actor``, and public functions that take an ``Actor`` and the storage."""
    paths = [path for path in SERVER.glob("**/*.py") if path.relative_to(SERVER) not in WITHIN]
    return {name for path in paths for name in in_module(path)}


def in_module(path: Path) -> Iterator[str]:
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

"""Imports and exports. Each call works in a process of its own."""

import io

import pytest
import xlsxwriter

from protocol.ids import to_wire
from server.audit.service import Actor
from server.rosters.errors import RosterRefused
from server.rosters.plan import Wish
from tests.support.acts import Case, World
from tests.support.office import ROOT

WISH = Wish(mode="update")


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


CASES: dict[str, Case] = {
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
    "RosterService.workbook": Case(
        "roster.workbook",
        fetch,
        lambda w, by: w.rosters.workbook(by, "acme", to_wire(7)),
        beside=("org.manage",),  # others' failed imports are for who finds hidden members, too
    ),
}

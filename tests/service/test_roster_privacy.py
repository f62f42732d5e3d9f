"""Exports show of each member what whoever exports may read of him, and no import tells or empties the rest (SPEC B7, B9)."""

import csv
import io
from collections.abc import Mapping

import pytest

from protocol.ids import to_wire
from server.audit.service import Actor
from server.clock import ManualClock
from server.org.cards import Changes, OwnChanges
from server.org.fields import FieldService
from server.org.own import OwnProfileService
from server.rosters.columns import BY_KEY, NOT_SHOWN
from server.rosters.plan import Wish
from server.rosters.service import RosterService
from server.visibility.loading import pair
from server.visibility.terms import What, Where
from storage.work import Read
from tests.support.office import ROOT, Office
from tests.support.rosters import bring, everybody, importer, in_this_process, workbook

PRIVATE = ("number", "employee_no", "job_title", "phone", "mail", "gender", "nickname", "office_phone", "description")


@pytest.fixture
def service(office: Office, clock: ManualClock, database: str) -> RosterService:
    return RosterService(office.storage, clock, office.passwords, database=database, run=in_this_process)


class Cast:
    """Li Na and Wang in Sales, Chen in Lab, with all that a card has; ``locker`` is a field of the company's own."""

    def __init__(self, office: Office, sales: int, lab: int, locker: int) -> None:
        self.office, self.sales, self.lab, self.locker = office, sales, lab, locker

    async def set_privacy(self, privacy: Mapping[str, str]) -> None:
        for field, who in privacy.items():
            name = to_wire(self.locker) if field == "locker" else field
            await FieldService(self.office.storage).set_privacy(ROOT, "acme", name, who)


async def gather(office: Office) -> Cast:
    await office.company()
    fields = FieldService(office.storage)
    sales, lab = [(await office.org.add(ROOT, "acme", name)).id for name in ("Sales", "Lab")]
    locker = (await fields.add(ROOT, "acme", "Locker")).id
    for nth, (name, unit) in enumerate((("Li Na", sales), ("Wang", sales), ("Chen", lab))):
        phone, mail = f"1380013800{nth}", f"m{nth}@acme.cn"
        added = await office.member("acme", name, units=(unit,), phone=phone, mail=mail, employee_no=f"7{nth}")
        card = Changes(last_day="2030-01-31", office_phone=f"800{nth}", description=f"about {nth}", gender="female")
        await office.members.change(ROOT, "acme", added.number, card)
        await fields.set_values(ROOT, "acme", added.number, {locker: f"L{nth}"})
    return Cast(office, sales, lab, locker)


async def export(service: RosterService, by: Actor) -> dict[str, dict[str, str]]:
    """By name, then by the column's key; the company's own by their names."""
    data = await service.export(by, "acme", kind="csv", language="en")
    keys = {column.en: key for key, column in BY_KEY["members"].items()}
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    return {row["Name"]: {keys.get(head, head): cell for head, cell in row.items()} for row in rows}


@pytest.mark.parametrize(
    "privacy",
    [
        {},
        {"phone": "shown", "mail": "own_unit", "employee_no": "hidden", "locker": "own_unit"},
        {"phone": "own_unit", "number": "own_unit", "locker": "hidden", "description": "hidden", "mail": "shown"},
    ],
)
async def test_each_cell_of_an_export_is_shown_exactly_where_the_evaluator_says_so(
    office: Office, service: RosterService, privacy: dict[str, str]
) -> None:
    cast = await gather(office)
    await cast.set_privacy(privacy)
    wang = (await everybody(office))["Wang"][0]
    await OwnProfileService(office.storage).change(wang.company, wang.id, OwnChanges(is_phone_private=True))
    mei = await importer(office, "Mei", cast.sales, "org.export", also=cast.lab)
    there = await everybody(office)
    shown = await export(service, mei)
    assert set(shown) == {"Li Na", "Wang", "Chen", "Mei"}
    for name, row in shown.items():

        async def ask(read: Read, name: str = name) -> dict[str, bool]:
            both = await pair(read, wang.company, mei.id or 0, there[name][0].id)
            return {key: bool(both.sees(What.FIELD, Where.EXPORTS, key)) for key in (*PRIVATE, to_wire(cast.locker))}

        reads = await office.storage.read(ask)
        told = {key: cell != NOT_SHOWN["en"] for key, cell in row.items()}
        assert {key: told[key] for key in PRIVATE} == {key: reads[key] for key in PRIVATE}, name
        assert told["Locker"] is reads[to_wire(cast.locker)]
        assert told["last_day"] is (name == "Mei")


async def test_what_is_administered_is_open(office: Office, service: RosterService) -> None:
    cast = await gather(office)
    await cast.set_privacy({"number": "hidden", "locker": "hidden"})
    boss = await importer(office, "Mei", cast.sales, "org.export", "org.manage")
    shown = await export(service, boss)
    wang = shown["Wang"]
    assert (wang["phone"], wang["mail"], wang["last_day"], wang["Locker"]) == ("13800138001", "m1@acme.cn", "2030-01-31", "L1")
    assert NOT_SHOWN["en"] not in {cell for row in shown.values() for cell in row.values()}


async def test_the_bytes_of_an_export_do_not_tell_what_is_not_shown(office: Office, service: RosterService) -> None:
    cast = await gather(office)
    mei = await importer(office, "Mei", cast.sales, "org.export")
    before = await service.export(mei, "acme", kind="csv")
    wang = (await everybody(office))["Wang"][0]
    await office.members.change(ROOT, "acme", wang.number, Changes(phone="", mail="other@acme.cn", last_day="2031-12-31"))
    assert await service.export(mei, "acme", kind="csv") == before


async def test_an_export_with_cells_that_are_not_shown_changes_and_disables_nobody_whoever_imports_it(
    office: Office, service: RosterService
) -> None:
    cast = await gather(office)
    await cast.set_privacy({"number": "hidden", "locker": "hidden"})
    mei = await importer(office, "Mei", cast.sales, "org.export", "org.import", also=cast.lab)
    before = await everybody(office)
    data = await service.export(mei, "acme")
    for by in (mei, ROOT):
        begun = await bring(service, data, "overwrite", by=by)
        assert (begun.job, begun.summary.errors) == (None, 0)
    assert await everybody(office) == before


async def test_a_dry_run_does_not_tell_what_is_not_shown(office: Office, service: RosterService) -> None:
    cast = await gather(office)
    mei = await importer(office, "Mei", cast.sales, "org.import")
    wang = (await everybody(office))["Wang"][0]
    data = workbook((wang.number, "Wang", "Sales", "13900139000", ""))
    (line,) = (await service.check(mei, "acme", data, wish=Wish(mode="update", language="en"))).lines
    assert line.text == "phone: (not shown) → 13900139000"

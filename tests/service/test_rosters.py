"""Rosters in and out of a company, on both databases: all or nothing, piece by piece, with entries (SPEC B7, LOG C3)."""

import io
import struct
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from protocol.errors import YizhanError
from protocol.ids import to_wire
from server.audit.service import Actor
from server.clock import ManualClock
from server.org.errors import CompanyBusy
from server.org.fields import FieldService
from server.roles.errors import NotAllowed
from server.roles.grants import Grant
from server.roles.permissions import PERMISSIONS, Scope
from server.roles.service import RoleService
from server.rosters.errors import DisablingUnconfirmed, FileUnreadable, RosterRefused, WorkbookNotFound, WorkTooLong
from server.rosters.plan import Wish
from server.rosters.service import RosterService
from storage import companies, company_log, members, people, roles, rosters, units
from storage import fields as stored
from tests.support.office import DAY, MINUTE, ROOT, Office, laptop
from tests.support.rosters import bring, everybody, importer, in_this_process, refused, workbook
from tests.support.xls import xls


@pytest.fixture
def service(office: Office, clock: ManualClock, database: str) -> RosterService:
    return RosterService(office.storage, clock, office.passwords, database=database, run=in_this_process)


@pytest.fixture
def beside(office: Office, clock: ManualClock, database: str) -> RosterService:
    """With a process of its own for each work, as the server has it."""
    return RosterService(office.storage, clock, office.passwords, database=database)


async def test_units_and_people_of_a_workbook_are_there_afterwards_and_can_sign_in(office: Office, beside: RosterService) -> None:
    await office.company()
    data = workbook(
        ("", "张三", "acme / 销售部 / 华北; acme/工会", "+86 138 0013 8000", "00017"),
        (1050, "李四", "工会", 13800138001.0, 18),
        units=[("acme / 销售部", "分公司"), ("销售部/华北", "小组"), ("工会", "")],
    )
    begun = await bring(beside, data)
    there = await everybody(office)
    zhang, li = there["张三"][0], there["李四"][0]
    assert there["张三"][1] == ("华北", "工会")
    assert (zhang.phone, zhang.employee_no, zhang.state, zhang.number) == ("13800138000", "00017", "active", "1001")
    assert (li.phone, li.employee_no, li.number) == ("13800138001", "18", "1050")
    assert [first.number for first in begun.firsts] == ["1001", "1050"]
    for first in begun.firsts:
        admitted = await office.accounts.sign_in(first.number, first.password, laptop())
        assert admitted.member == first.member
    tree = {one.unit.name: one.unit.kind for one in await office.org.list_units(ROOT, "acme")}
    assert tree == {"acme": "root", "销售部": "branch", "华北": "team", "工会": "department"}


async def test_a_dry_run_tells_what_would_happen_and_changes_nothing(office: Office, service: RosterService) -> None:
    await office.company()
    zhang = await office.member("acme", "张三", phone="13800138000")
    data = workbook((zhang.number, "张叁", "acme", "", ""), ("", "李四", "acme", "", ""), ("", "", "acme", "1.38E+10", ""))
    found = await service.check(ROOT, "acme", data, wish=Wish(mode="overwrite"))
    assert (found.added, found.changed, found.errors) == (1, 1, 2)
    assert [(line.what, line.row) for line in found.lines] == [("error", 4), ("error", 4), ("add", 3), ("change", 2)]
    assert set(await everybody(office)) == {"张三"}
    assert [entry.act for entry in await office.trail("acme")][-1] == "roster.check"


async def test_a_failed_import_changes_nothing_and_its_workbook_is_kept_for_thirty_days(
    office: Office, service: RosterService, clock: ManualClock
) -> None:
    await office.company()
    data = workbook(("", "张三", "acme", "", ""), ("", "李四", "nowhere", "", ""))
    error = await refused(service.begin(ROOT, "acme", data, wish=Wish(), name="new.xlsx"), RosterRefused)
    assert await everybody(office) == {}
    kept = await service.workbooks(ROOT, "acme")
    assert [(one.id, one.name, one.errors) for one in kept] == [(error.workbook, "new.xlsx", 1)]
    book = CalamineWorkbook.from_filelike(io.BytesIO(await service.workbook(ROOT, "acme", error.workbook)))
    assert book.get_sheet_by_name("成员").to_python()[2][:3] == ["", "李四", "nowhere"]
    entry = (await office.trail("acme"))[1]
    assert (entry.act, entry.outcome, entry.details["error"]) == ("roster.import", "refused", "roster.refused")
    clock.advance(30 * DAY + MINUTE)
    await refused(service.workbook(ROOT, "acme", error.workbook), WorkbookNotFound)
    await service.sweep()
    assert await rows_of_jobs(office) == 0


async def rows_of_jobs(office: Office) -> int:
    import sqlalchemy as sa

    from storage.schema.jobs import company_jobs
    from storage.statements import statement

    count = statement(sa.select(sa.func.count()).select_from(company_jobs))
    return int(await office.storage.read(lambda read: read.value(count)))


async def test_another_company_does_not_find_the_workbook(office: Office, service: RosterService) -> None:
    await office.company()
    await office.company("globex", first_number=9001)
    error = await refused(service.begin(ROOT, "acme", workbook(("", "", "acme", "", "1")), wish=Wish()), RosterRefused)
    await refused(service.workbook(ROOT, "globex", error.workbook), WorkbookNotFound)
    assert await service.workbooks(ROOT, "globex") == []


async def test_who_is_missing_is_disabled_after_a_confirmation_and_never_an_administrator(office: Office, service: RosterService) -> None:
    await office.company()
    added = [await office.member("acme", name) for name in ("甲", "乙", "丙", "丁", "戊", "己", "庚")]
    await make_administrator(office, added[6].member)
    await RoleService(office.storage).give(ROOT, "acme", [added[5].number], "system_administrator")
    ji = Actor("member", "己", added[5].member)
    data = workbook((added[0].number, "甲", "", "", ""), heads=("帐号", "姓名", "x", "y", "z"))
    asked = await refused(service.begin(ji, "acme", data, wish=Wish(mode="overwrite")), DisablingUnconfirmed)
    assert (asked.count, asked.total) == (4, 5)
    before = await office.sign_in(added[1])
    begun = await bring(service, data, "overwrite", by=ji, confirmed=4)
    states = {name: record.state for name, (record, _) in (await everybody(office)).items()}
    assert states == {
        "甲": "active",
        "乙": "disabled",
        "丙": "disabled",
        "丁": "disabled",
        "戊": "disabled",
        "己": "active",
        "庚": "active",
    }
    assert (await everybody(office))["乙"][0].state_reason == f"import {begun.id}"
    assert office.ended()[before.session] == "disabled"


async def make_administrator(office: Office, member: int) -> None:
    import sqlalchemy as sa

    from storage.schema.accounts import members as table
    from storage.statements import Statement
    from storage.work import Work

    change = Statement(sa.update(table).values(role=sa.bindparam("new_role")).where(table.c.id == sa.bindparam("member")))

    async def act(work: Work) -> None:
        card = await members.find(work, member)
        assert card is not None
        role = await roles.of_kind(work, card.company, roles.COMPANY_ADMINISTRATOR)
        await work.run(change, new_role=role, member=member)

    await office.storage.transact(act)


async def test_an_export_imported_again_changes_nothing_and_has_an_entry(office: Office, service: RosterService) -> None:
    await office.company()
    for name in ("张三", "李四"):
        await office.member("acme", name, phone="13800138000", units=((await office.org.list_units(ROOT, "acme"))[0].unit.id,))
    before = await everybody(office)
    for kind in ("xlsx", "csv"):
        data = await service.export(ROOT, "acme", kind=kind)
        begun = await bring(service, data, "overwrite")
        assert begun.job is None
    assert await everybody(office) == before
    assert [entry.act for entry in await office.trail("acme")][-4:] == ["roster.export", "roster.import"] * 2


async def test_an_import_that_nobody_ended_is_ended_by_whoever_finds_it(office: Office, service: RosterService, clock: ManualClock) -> None:
    await office.company(seats=500)
    data = workbook(*[("", f"员工{nth}", "acme", "", nth) for nth in range(1, 131)])
    begun = await service.begin(ROOT, "acme", data, wish=Wish(), name="x")
    assert begun.job is not None
    assert begun.job.total > 1
    assert await service.finish_begun() == 0  # its holder may be at it
    other = await refused(service.begin(ROOT, "acme", data, wish=Wish()), CompanyBusy)
    assert other.who == ROOT.name
    clock.advance(MINUTE)
    assert await service.finish_begun() == 1
    assert len(await everybody(office)) == 130
    await service.finish(begun)  # who held it before does nothing twice
    assert len(await everybody(office)) == 130
    assert await office.storage.read(rosters.running) == []


async def test_clients_are_told_once_at_the_end(office: Office, service: RosterService) -> None:
    await office.company(seats=500)
    found = await office.storage.read(lambda read: companies.find(read, "acme"))
    assert found is not None
    await bring(service, workbook(*[("", f"员工{nth}", "acme", "", nth) for nth in range(1, 131)]))
    told = await office.storage.read(lambda read: company_log.since(read, found.id, 0, 100))
    assert [changed.subjects for _, changed in told] == [("reload",)]


async def test_every_piece_has_an_entry_that_names_whom_it_changed(office: Office, service: RosterService) -> None:
    await office.company()
    zhang = await office.member("acme", "张三", phone="13800138000")
    await bring(service, workbook((zhang.number, "张叁", "acme", 13900139000, ""), ("", "李四", "acme", "", "")))
    trail = [entry for entry in await office.trail("acme") if "import" in entry.act]
    assert [entry.act for entry in trail] == ["roster.import", "member.import", "member.import", "roster.imported"]
    assert "phone: 13800138000 → 13900139000" in trail[1].details[f"member {to_wire(zhang.member)}"]
    assert trail[2].details["numbers"] == ["1002"]


async def test_a_bound_phone_that_an_import_changes_is_no_login_name_any_more(office: Office, service: RosterService) -> None:
    await office.company()
    zhang = await office.member("acme", "张三", phone="13800138000")
    await office.verify(zhang, "+8613800138000", "phone")
    await bring(service, workbook((zhang.number, "张三", "", 13900139000, "")))
    with pytest.raises(YizhanError):
        await office.accounts.sign_in("13800138000", "correct horse battery", laptop())


async def test_somebody_who_reaches_one_unit_touches_and_sees_nothing_else(office: Office, service: RosterService) -> None:
    await office.company()
    sales, lab = [(await office.org.add(ROOT, "acme", name)).id for name in ("Sales", "Lab")]
    zhang = await office.member("acme", "张三", units=(sales, lab), employee_no="7")
    await office.member("acme", "李四", units=(lab,), phone="13800138001")
    wang = await importer(office, "王伟", sales, "org.import", "org.export")
    book = CalamineWorkbook.from_filelike(io.BytesIO(await service.export(wang, "acme")))
    rows = [row[1:4] for row in book.get_sheet_by_name("成员").to_python()[1:]]
    assert rows == [["张三", "7", "acme / Sales"], ["王伟", "", "acme / Sales"]]
    error = await refused(service.begin(wang, "acme", workbook(("", "王五", "Lab", "", "")), wish=Wish()), RosterRefused)
    assert error.problems == 1
    await bring(service, workbook((zhang.number, "张叁", "Sales", "", "7")), "overwrite", by=wang)
    there = await everybody(office)
    assert there["张叁"][1] == ("Sales", "Lab")
    assert {there[name][0].state for name in ("李四", "王伟")} == {"active"}


async def test_whom_an_importer_may_not_find_is_neither_given_out_nor_touched(office: Office, service: RosterService) -> None:
    """SPEC B6: hidden members are for who manages the organisation there; and hiding somebody is a permission of its own."""
    await office.company()
    sales = (await office.org.add(ROOT, "acme", "Sales")).id
    zhang, li = [await office.member("acme", name, units=(sales,)) for name in ("张三", "李四")]
    await office.members.set_hidden(ROOT, "acme", [zhang.number], True)
    wang = await importer(office, "王伟", sales, "org.import", "org.export")
    book = CalamineWorkbook.from_filelike(io.BytesIO(await service.export(wang, "acme")))
    assert [row[1] for row in book.get_sheet_by_name("成员").to_python()[1:]] == ["李四", "王伟"]
    data = workbook((li.number, "李四", "是"), heads=("帐号", "姓名", "隐藏"))
    error = await refused(service.begin(wang, "acme", data, wish=Wish(mode="overwrite")), RosterRefused)
    assert error.problems == 1
    await bring(service, workbook((li.number, "李肆", "Sales", "", "")), "overwrite", by=wang)
    there = await everybody(office)
    assert (there["张三"][0].state, there["李肆"][0].is_hidden) == ("active", False)


async def test_an_import_gives_nobody_more_reach_than_the_importer_has(office: Office, service: RosterService) -> None:
    """SPEC C4: moving somebody whose role goes by his unit gives him the unit that he comes into."""
    await office.company()
    sales, lab = [(await office.org.add(ROOT, "acme", name)).id for name in ("Sales", "Lab")]
    reader = Grant(Scope.OWN_UNIT)
    await RoleService(office.storage).add(ROOT, "acme", "Reader", grants={"archive.read": reader})
    zhang = await office.member("acme", "张三", units=(sales,))
    await RoleService(office.storage).give(ROOT, "acme", [zhang.number], "Reader")
    wang = await importer(office, "王伟", sales, "org.import", also=lab)
    data = workbook((zhang.number, "张三", "Lab", "", ""))
    error = await refused(service.begin(wang, "acme", data, wish=Wish(mode="update")), RosterRefused)
    assert error.problems == 1
    assert (await everybody(office))["张三"][1] == ("Sales",)


async def test_an_import_gives_the_importer_no_further_reach_over_whom_it_moves(office: Office, service: RosterService) -> None:
    """SPEC C4: else whoever reads the logs of one unit puts into it whom he wants to read."""
    await office.company()
    sales, lab = [(await office.org.add(ROOT, "acme", name)).id for name in ("Sales", "Lab")]
    zhang, li = await office.member("acme", "张三", units=(sales,)), await office.member("acme", "李四", units=(lab,))
    wang = await importer(office, "王伟", sales, "org.import", also=lab)
    reads = {"archive.read": Grant(Scope.CHOSEN_UNITS, (sales,))}
    await RoleService(office.storage).edit(ROOT, "acme", "Importer 王伟", grants=reads)
    data = workbook((zhang.number, "张三", "Lab", "", ""), (li.number, "李四", "Sales", "", ""))
    error = await refused(service.begin(wang, "acme", data, wish=Wish(mode="update")), RosterRefused)
    assert error.problems == 1
    there = await everybody(office)
    assert (there["张三"][1], there["李四"][1]) == (("Sales",), ("Lab",))


async def test_an_import_makes_nobody_a_head_who_gets_further_by_it_than_the_importer(office: Office, service: RosterService) -> None:
    """SPEC B2, C4: not somebody who is there, not a newcomer, not in a unit that the import itself makes."""
    await office.company()
    sales = (await office.org.add(ROOT, "acme", "Sales")).id
    zhang = await office.member("acme", "张三", units=(sales,))
    plain = await importer(office, "王伟", sales, "org.import", "org.manage")
    by_headship = [name for name, permission in PERMISSIONS.items() if permission.by_headship]
    watching = await importer(office, "赵敏", sales, "org.import", "org.manage", *by_headship)
    heads = ("帐号", "姓名", "组织", "负责人")
    rows = [
        (zhang.number, "张三", "Sales", "第一负责人"),
        ("", "李四", "Sales", "负责人"),
        ("", "钱七", "Sales / North", "第一负责人"),
    ]
    for row in rows:
        error = await refused(
            service.begin(plain, "acme", workbook(row, heads=heads), wish=Wish(mode="update", make_units=True)), RosterRefused
        )
        assert error.problems == 1
    await bring(service, workbook(*rows, heads=heads), by=watching, wish=Wish(mode="update", make_units=True))
    assert {name: paths for name, (_, paths) in (await everybody(office)).items()}["钱七"] == ("North",)


async def test_an_import_has_nobody_head_a_unit_who_is_disabled_or_a_draft(office: Office, service: RosterService) -> None:
    await office.company()
    sales = (await office.org.add(ROOT, "acme", "Sales")).id
    zhang, li = [await office.member("acme", name, units=(sales,)) for name in ("张三", "李四")]
    await office.leaving.disable(ROOT, "acme", [zhang.number], "")
    heads = ("帐号", "姓名", "组织", "负责人")
    data = workbook((zhang.number, "张三", "Sales", "第一负责人"), heads=heads)
    assert (await refused(service.begin(ROOT, "acme", data, wish=Wish(mode="update")), RosterRefused)).problems == 1
    drafted = workbook(("", "钱七", "Sales", "负责人"), heads=heads)
    assert (await refused(service.begin(ROOT, "acme", drafted, wish=Wish(mode="update", draft=True)), RosterRefused)).problems == 1
    await office.org.set_first_head(ROOT, "acme", sales, li.number)
    told = await service.check(ROOT, "acme", workbook(("", "钱七", "Sales", ""), heads=heads), wish=Wish(mode="overwrite"))
    assert (told.disabled, told.warnings) == (1, 1)


async def test_whom_an_import_adds_sees_no_more_of_the_company_than_the_importer(office: Office, service: RosterService) -> None:
    await office.company()
    sales = (await office.org.add(ROOT, "acme", "Sales")).id
    wang = await importer(office, "王伟", sales, "org.import")
    await office.members.set_scope(ROOT, "acme", to_wire(wang.id or 0), [sales])
    await bring(service, workbook(("", "李四", "Sales", "", "")), by=wang)
    await bring(service, workbook(("", "钱七", "Sales", "", "")))
    there = await everybody(office)
    scopes = await office.storage.read(lambda read: people.scopes(read, there["李四"][0].company))
    assert [scopes.get(there[name][0].id, ()) for name in ("李四", "钱七")] == [(sales,), ()]
    await RoleService(office.storage).edit(ROOT, "acme", "ordinary", grants={"org.export": Grant(Scope.OWN_UNIT)})
    error = await refused(service.begin(wang, "acme", workbook(("", "孙八", "Sales", "", "")), wish=Wish()), RosterRefused)
    assert error.problems == 1


async def test_who_may_not_import_is_refused_before_anything_is_read_and_sees_no_workbook(office: Office, service: RosterService) -> None:
    await office.company()
    sales, lab = [(await office.org.add(ROOT, "acme", name)).id for name in ("Sales", "Lab")]
    wang, mei = [await importer(office, name, unit, "org.import") for name, unit in (("王伟", sales), ("Mei", lab))]
    zhao = Actor("member", "Zhao", (await office.member("acme", "Zhao")).member)
    for look in (service.check(zhao, "acme", b"", wish=Wish()), service.export(zhao, "acme"), service.export(wang, "acme")):
        await refused(look, NotAllowed)
        assert (await office.trail("acme"))[-1].outcome == "refused"
    error = await refused(service.begin(wang, "acme", workbook(("", "", "Sales", "", "1")), wish=Wish()), RosterRefused)
    assert [one.id for one in await service.workbooks(wang, "acme")] == [error.workbook]
    assert await service.workbooks(mei, "acme") == []
    await refused(service.workbook(mei, "acme", error.workbook), WorkbookNotFound)


async def test_a_drafts_import_takes_no_seats_and_tells_no_passwords(office: Office, service: RosterService) -> None:
    await office.company(seats=1)
    data = workbook(("", "张三", "acme", "", "1"), ("", "李四", "acme", "", "2"))
    await refused(service.begin(ROOT, "acme", data, wish=Wish()), RosterRefused)
    begun = await bring(service, data, wish=Wish(draft=True))
    assert {first.password for first in begun.firsts} == {""}
    assert {record.state for record, _ in (await everybody(office)).values()} == {"draft"}


async def test_all_fields_and_order_numbers_arrive(office: Office, service: RosterService) -> None:
    await office.company()
    heads = ("姓名", "组织", "排序", "最后工作日", "隐藏", "备注", "办公电话", "性别")
    await bring(service, workbook(("张三", "acme", 5, "2030/1/31", "是", "a\nb", "010-1", "女"), heads=heads))
    record = (await everybody(office))["张三"][0]
    assert (record.last_day, record.is_hidden, record.description, record.office_phone) == ("2030-01-31", True, "a\nb", "010-1")
    assert record.gender == "female"
    places = await office.storage.read(lambda read: units.places_of(read, record.company, [record.id]))
    assert [place.sort for place in places[record.id]] == [5]


async def test_what_is_no_workbook_is_refused_with_an_entry(office: Office, beside: RosterService) -> None:
    await office.company()
    await refused(beside.begin(ROOT, "acme", b"PK\x03\x04 and nothing", wish=Wish(), name="x"), FileUnreadable)
    await refused(beside.check(ROOT, "acme", b"\x00\x01\x02", wish=Wish()), FileUnreadable)
    assert [(entry.act, entry.outcome) for entry in await office.trail("acme")][-2:] == [
        ("roster.import", "refused"),
        ("roster.check", "refused"),
    ]


async def test_who_changes_the_company_meanwhile_makes_it_plan_anew(
    office: Office, service: RosterService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.company()
    data = workbook(("", "张三", "acme", "", "1"))
    stage, stages = service._stage, []

    async def meanwhile(made: Any, id: int, progress: Any) -> None:
        await stage(made, id, progress)
        stages.append(id)
        if len(stages) == 1:
            await office.member("acme", "李四")

    monkeypatch.setattr(service, "_stage", meanwhile)
    begun = await bring(service, data)
    assert len(stages) == 2
    assert begun.firsts[0].number == "1002"
    assert set(await everybody(office)) == {"张三", "李四"}


async def test_a_file_that_would_take_all_memory_ends_its_own_process_and_no_other(office: Office, beside: RosterService) -> None:
    await office.company()
    data = xls("x", [("姓名", "组织"), ("张三", "acme")])
    far = data.replace(struct.pack("<HHH", 1, 1, 0), struct.pack("<HHH", 65_535, 65_535, 0))  # a table of a hundred gigabytes up to it
    assert far != data
    await refused(beside.begin(ROOT, "acme", far, wish=Wish(), name="far.xls"), WorkTooLong)
    await bring(beside, data)
    assert set(await everybody(office)) == {"张三"}


async def test_heads_and_fields_of_the_companys_own_arrive_and_are_exported(office: Office, service: RosterService) -> None:
    await office.company()
    fields = FieldService(office.storage)
    locker, born = await fields.add(ROOT, "acme", "Locker"), await fields.add(ROOT, "acme", "备注", kind="date")
    sales = (await office.org.add(ROOT, "acme", "Sales")).id
    wang = await office.member("acme", "Wang", units=(sales,))
    await fields.set_values(ROOT, "acme", wang.number, {locker.id: "7"})
    await office.org.set_first_head(ROOT, "acme", sales, wang.number)
    heads = ("帐号", "姓名", "组织", "负责人", "Locker", "备注(自定义)")
    data = workbook(
        ("", "张三", "acme / Sales; acme", "第一负责人", "12", "1990-01-02"),
        (wang.number, "Wang", "", "", "9", ""),
        ("", "李四", "Sales", "负责人", "", ""),
        heads=heads,
    )
    await bring(service, data)
    there = await everybody(office)
    zhang = there["张三"][0]
    places = await office.storage.read(lambda read: units.places_of(read, zhang.company, [one.id for one, _ in there.values()]))
    first = {name: [place.head for place in places[one.id]] for name, (one, _) in there.items()}
    assert first == {"张三": ["first", ""], "Wang": [""], "李四": ["other"]}
    values = await office.storage.read(lambda read: stored.values(read, zhang.company, [one.id for one, _ in there.values()]))
    assert values == {zhang.id: {locker.id: "12", born.id: "1990-01-02"}, wang.member: {locker.id: "9"}}
    again = await bring(service, await service.export(ROOT, "acme", kind="csv"), "overwrite")
    assert again.job is None
    entry = next(one for one in await office.trail("acme") if one.act == "member.import" and "added" in one.details)
    assert len(entry.details["added"]) == 2
    await bring(service, workbook((wang.number, "Wang", "Sales", "", "", ""), heads=heads), "overwrite", confirmed=2)
    left = await office.storage.read(lambda read: stored.values(read, zhang.company, [wang.member]))
    assert left == {}

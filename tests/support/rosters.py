"""Rosters in tests: workbooks, who brings them, what is there afterwards; and a worker without a process of its own.

That does the same work on the same messages, a second sooner.
"""

import io
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
import xlsxwriter

from protocol.errors import YizhanError
from server.audit.service import Actor
from server.roles.grants import Grant
from server.roles.permissions import Scope
from server.roles.service import RoleService
from server.rosters import worker
from server.rosters.plan import Wish
from server.rosters.running import Progress, nobody
from server.rosters.service import Begun, RosterService
from server.rosters.task import Answer, Done, Failed, Task
from storage import companies, people, units
from storage.people import Record
from storage.work import Read
from tests.support.office import ROOT, Office

Rows = Sequence[Sequence[Any]]
HEADS = ("帐号", "姓名", "组织", "手机", "工号")


async def in_this_process(task: Task, data: bytes = b"", *, progress: Progress = nobody) -> Done:
    """Task, answer and errors go through MessagePack, as between processes; limits of time and memory are the process's alone."""
    heard = msgspec.msgpack.decode(msgspec.msgpack.encode(task), type=Task)
    try:
        answer = Answer(done=await worker.work(heard, data, lambda stage: progress(stage, 0, 0)))
    except YizhanError as error:
        answer = Answer(failed=Failed(error.code, error.data))
    told = msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=Answer)
    if told.failed is not None:
        raise YizhanError.known[told.failed.code](**told.failed.data)
    assert told.done is not None
    return told.done


def workbook(*rows: Sequence[Any], heads: Sequence[str] = HEADS, units: Rows = ()) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    for name, lines in (("成员", [heads, *rows]), ("组织", [("组织路径", "组织类型"), *units])):
        sheet = book.add_worksheet(name)
        for at, row in enumerate(lines):
            for place, cell in enumerate(row):
                sheet.write(at, place, cell)
    book.close()
    return made.getvalue()


async def bring(service: RosterService, data: bytes, mode: Any = "update", **more: Any) -> Begun:
    wish = more.pop("wish", None) or Wish(mode=mode)
    begun = await service.begin(more.pop("by", ROOT), "acme", data, wish=wish, name="roster.xlsx", **more)
    await service.finish(begun)
    return begun


async def importer(office: Office, name: str, unit: int, *permissions: str, also: int | None = None) -> Actor:
    """Somebody in ``unit`` whose role has these permissions there, and in ``also``."""
    desk = RoleService(office.storage)
    chosen = Grant(Scope.CHOSEN_UNITS, (unit,) if also is None else (unit, also))
    await desk.add(ROOT, "acme", f"Importer {name}", grants=dict.fromkeys(permissions, chosen))
    added = await office.member("acme", name, units=(unit,))
    await desk.give(ROOT, "acme", [added.number], f"Importer {name}")
    return Actor("member", name, added.member)


async def everybody(office: Office) -> dict[str, tuple[Record, tuple[str, ...]]]:
    """By name: the record and the paths of the units."""

    async def look(read: Read) -> dict[str, tuple[Record, tuple[str, ...]]]:
        found = await companies.find(read, "acme")
        assert found is not None
        listed = [one.id for one in await people.listed(read, found.id)]
        names = {unit.id: unit.name for unit in await units.of_company(read, found.id)}
        there = await people.records(read, found.id, listed)
        places = await units.places_of(read, found.id, listed)
        return {one.name: (one, tuple(names[place.unit] for place in places.get(one.id, ()))) for one in there.values()}

    return await office.storage.read(look)


async def refused(call: Any, error: type[YizhanError]) -> Any:
    with pytest.raises(error) as caught:
        await call
    return caught.value

"""The tree of a company of 30,000 members stays small on the wire, and what one change tells smaller still (SPEC B1)."""

from typing import Any, cast

import pytest

from protocol.codec import JSON, MESSAGEPACK, Codec
from protocol.commands import GetTree
from protocol.ids import to_wire
from server.clock import ManualClock
from server.directory.pictures import Pictures
from server.directory.service import DirectoryService
from server.org.members import MemberService
from storage import companies
from storage.draw import draw_id
from storage.engine import Storage
from storage.schema.accounts import members
from storage.schema.companies import memberships
from storage.statements import insert_into
from storage.work import Work
from tests.support.office import ROOT, Office, until
from yizhan.tree import Tree

MEMBERS, UNITS, PIECE = 30_000, 200, 250
TREE_BYTES, CHANGE_BYTES = 3 * 1024 * 1024, 1024
HAVE_BYTES, NOTHING_BYTES = 6 * 1024, 64  # what a client has, and that nothing differs from it
INSERT = insert_into(members, "id", "company", "name", "number", "created_at", "joined_at", "state_at", "state")
INSERT_PLACE = insert_into(memberships, "company", "unit", "member", "is_primary")
SURNAMES, NAMES = "王李张刘陈杨赵黄周吴", "伟芳娜秀英敏静丽强磊"


class Counter:
    """A device that counts what it is told."""

    told = False
    session = 0

    def __init__(self, company: int, member: int, codec: Codec) -> None:
        self.company, self.member, self.codec = company, member, codec
        self.sizes: list[int] = []

    def give(self, wire: bytes) -> None:
        self.sizes.append(len(wire))

    async def whole(self, service: DirectoryService) -> tuple[int, int]:
        """Bytes, and members."""
        size = count = 0
        page = ""
        while True:
            answer = await service.page(cast(Any, self), 1, page, lambda: True)
            size += len(self.codec.encode(answer))
            count += sum(len(one.members) for one in answer.members)
            page = answer.page
            if not page:
                return size, count


async def take(service: DirectoryService, viewer: Counter, tree: Tree, have: Any = None) -> int:
    """Gives the bytes of the answers."""
    size, page = 0, ""
    while True:
        answer = await service.page(cast(Any, viewer), 1, page, lambda: True, have)
        size += len(viewer.codec.encode(answer))
        tree.take_page(cast(Any, answer))
        page = answer.page
        if not page:
            return size


async def settle(office: Office) -> tuple[int, list[int], list[int]]:
    """The company, its units and its members."""
    await office.company("big", seats=MEMBERS)
    found = await office.storage.read(lambda read: companies.find(read, "big"))
    assert found is not None
    company = found.id
    units = [(await office.org.add(ROOT, "big", f"部门 {at}")).id for at in range(UNITS)]
    people = [draw_id() for _ in range(MEMBERS)]
    for first in range(0, MEMBERS, PIECE):
        some = list(enumerate(people[first : first + PIECE], first))
        rows = [
            {"id": one, "company": company, "name": SURNAMES[at % 10] + NAMES[at // 10 % 10] + NAMES[at // 100 % 10], "number": f"9{at}"}
            | {"created_at": 1, "joined_at": 1, "state_at": 1, "state": "active"}
            for at, one in some
        ]
        places = [{"company": company, "unit": units[at % UNITS], "member": one, "is_primary": True} for at, one in some]

        async def act(work: Work, rows: Any = rows, places: Any = places) -> None:
            await work.many(INSERT, rows)
            await work.many(INSERT_PLACE, places)

        await office.storage.transact(act)
    return company, units, people


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_30000_members_are_told_in_less_than_3_mb_and_one_change_in_less_than_1_kb(storage: Storage, clock: ManualClock) -> None:
    office = Office(storage, clock)
    company, units, people = await settle(office)
    pictures = Pictures(storage, clock)
    storage.on_position = lambda row: pictures.changed(row.payload.companies)
    service = DirectoryService(pictures)
    watching = [Counter(company, people[at], codec) for at, codec in enumerate((MESSAGEPACK, JSON))]
    for one in watching:
        size, count = await one.whole(service)
        assert size < TREE_BYTES
        assert count == MEMBERS
    tree = Tree()
    await take(service, watching[0], tree)
    have = tree.have()
    assert len(MESSAGEPACK.encode(GetTree(request=1, have=cast(Any, have)))) < HAVE_BYTES
    assert await take(service, watching[0], tree, have) < NOTHING_BYTES
    acts = MemberService(storage)
    who = to_wire(people[700])
    for act in (
        acts.set_hidden(ROOT, "big", [who], True),
        acts.set_hidden(ROOT, "big", [who], False),
        acts.place(ROOT, "big", who, [units[3], units[9]]),
        office.org.set_hidden(ROOT, "big", units[5], True),
        office.org.rename(ROOT, "big", units[7], "别处"),
    ):
        for one in watching:
            one.sizes.clear()
        await act
        await until(lambda: pictures.is_settled)
        assert [len(one.sizes) for one in watching] == [1, 1]
        assert max(size for one in watching for size in one.sizes) < CHANGE_BYTES
    await pictures.stop()
    office.close()

"""Whoever asked for the tree and took in what he was told has what a fresh snapshot gives him, and no more than he may find (STYLE 16)."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any, cast

import pytest

from protocol.codec import MESSAGEPACK, Codec
from protocol.commands import SearchMembers
from protocol.events import TreeChanged, TreeReload
from protocol.ids import to_wire
from server.clock import ManualClock
from server.companies.newcomers import Newcomer
from server.directory.pictures import Pictures
from server.directory.service import DirectoryService
from server.org.cards import Changes
from server.org.organisation import Organisation
from server.visibility.terms import What, Where
from storage import companies, company_log
from storage.draw import draw_id
from storage.engine import Storage
from storage.schema.visibility import unit_rule_parties, unit_rules
from storage.statements import insert_into
from storage.work import Work
from tests.service.test_org_following import COMPANY, Administrator
from tests.support.directory import drawn
from tests.support.office import ROOT, Office, until
from yizhan.tree import UNASSIGNED, Tree

ACTS = 90
INSERT_RULE = insert_into(unit_rules, "company", "id", "kind", "name", "is_off", "may_search", "may_write", "sort", "created_at")
INSERT_PARTY = insert_into(unit_rule_parties, "company", "rule", "part", "kind", "party")


@pytest.fixture
def office(storage: Storage, clock: ManualClock) -> Iterator[Office]:
    opened = Office(storage, clock)
    yield opened
    opened.close()


def drawn_alike(one: Sequence[object], other: Sequence[object]) -> bool:
    return list(one) == list(other)


class Looker:
    """A device of a member, without a socket."""

    codec: Codec = MESSAGEPACK
    told = False
    session = 0

    def __init__(self, company: int, member: int) -> None:
        self.company, self.member = company, member
        self.tree = Tree()
        self.left = Tree()
        """What he had when he was connected for the last time."""
        self.largest = 0

    def give(self, wire: bytes) -> None:
        start = {126: 4, 127: 10}.get(wire[1], 2)
        frame = self.codec.decode_frame(wire[start:])
        assert not isinstance(frame, TreeReload), "a small company never changes that much"
        assert isinstance(frame, TreeChanged)
        self.largest = max(self.largest, len(wire))
        self.tree.apply(cast(Any, frame))

    async def look(self, service: DirectoryService, tree: Tree | None = None) -> Tree:
        """The whole tree, or what became of ``tree`` from an earlier connection: then of nothing that it has already anything is told."""
        tree = tree or Tree()
        page, have = "", tree.have()
        before = {unit: tree.members(unit) for unit in (*tree.units, UNASSIGNED)}
        while True:
            answer = await service.page(cast(Any, self), 1, page, lambda: True, cast(Any, have))
            if answer.rest:
                assert not [one for one in answer.members if one.unit in before and drawn_alike(before[one.unit], one.members)]
            elif not page:
                tree = Tree()
            tree.take_page(cast(Any, answer))
            page, have = answer.page, None
            if not page:
                return tree


async def rule(office: Office, company: int, kind: str, bound: list[int], white: list[int]) -> None:
    """As the act that settles it writes it."""

    async def act(work: Work) -> None:
        id = draw_id()
        off = {"is_off": False, "may_search": False, "may_write": False, "sort": 0, "created_at": work.now}
        await work.run(INSERT_RULE, company=company, id=id, kind=kind, name=kind, **off)
        rows = [("bound", "unit", unit) for unit in bound] + [("white_list", "member", member) for member in white]
        await work.many(
            INSERT_PARTY, [{"company": company, "rule": id, "part": part, "kind": of, "party": party} for part, of, party in rows]
        )
        await company_log.tell(work, company, subjects=["unit_rules"])

    await office.storage.transact(act)


@pytest.mark.parametrize("seed", range(4))
async def test_a_tree_with_all_that_was_told_is_a_fresh_one(office: Office, seed: int) -> None:
    await office.company(COMPANY, seats=60)
    found = await office.storage.read(lambda read: companies.find(read, COMPANY))
    assert found is not None
    company, random, away = found.id, Random(seed), Random(seed)
    await office.companies.add_many(ROOT, COMPANY, [Newcomer(name=f"{name} {at}") for at in range(4) for name in ("Li", "王", "Zhao")])
    pictures = Pictures(office.storage, office.clock)
    office.storage.on_position = lambda row: pictures.changed(row.payload.companies)
    service, administrator = DirectoryService(pictures), Administrator(office, random)
    lookers: dict[int, Looker] = {}
    compared = 0
    kept = await pictures.kept(company)
    assert kept is not None
    assert kept.picture is not None
    for step in range(ACTS):
        org = kept.picture.org
        if step % 20 == 10:
            units = list(org.below(org.root))
            kind = random.choice(["hide", "other_units", "nobody"])
            await rule(office, company, kind, random.sample(units, min(2, len(units))), [one.id for one in list(org.people)[:1]])
        await administrator.act(org)
        await until(lambda: pictures.is_settled)
        # who is disabled is told nothing any more, also if he is enabled before the next check: his sessions ended
        for member in [one for one in lookers if kept.picture.evaluator.view_class(one) is None]:
            del lookers[member]
        assert sorted(one.member for one in kept.watches) == sorted(lookers)
        if step % 5 == 0:
            compared += await _check(office, org, company, service, lookers, away)
        for person in list(kept.picture.org.people):
            if person.state == "active" and person.id not in lookers:
                made = lookers[person.id] = Looker(company, person.id)
                made.tree = await made.look(service)
    compared += await _check(office, kept.picture.org, company, service, lookers, away)
    await pictures.stop()
    assert compared > 30
    assert len(administrator.done) > 15


async def _check(
    office: Office, org: Organisation, company: int, service: DirectoryService, lookers: dict[int, Looker], away: Random
) -> int:
    """How many were compared."""
    fresh = Pictures(office.storage, office.clock)
    kept = await fresh.kept(company)
    assert kept is not None
    assert kept.picture is not None
    evaluator = kept.picture.evaluator
    for member, looker in lookers.items():
        anew = await Looker(company, member).look(DirectoryService(fresh))
        assert drawn(looker.tree) == drawn(anew)
        if away.random() < 0.4:  # else he stays away for longer
            assert drawn(await Looker(company, member).look(DirectoryService(fresh), looker.left)) == drawn(anew)
            looker.left = deepcopy(looker.tree)
        mine = {one.member for unit in (*anew.units, UNASSIGNED) for one in anew.members(unit)}
        assert mine == {to_wire(one.id) for one in org.people if evaluator.can_see(member, one.id, What.FIND, Where.TREE)}
        listed = await service.search(cast(Any, looker), SearchMembers(request=1, limit=200))
        assert {one.member for one in listed.members} == mine
        assert listed.total == len(mine)
    await fresh.stop()
    return len(lookers)


async def test_who_looks_at_the_tree_finds_the_index_made_when_he_searches(office: Office) -> None:
    await office.company(COMPANY, seats=10)
    found = await office.storage.read(lambda read: companies.find(read, COMPANY))
    assert found is not None
    (added,) = await office.companies.add_many(ROOT, COMPANY, [Newcomer(name="王伟")])
    pictures = Pictures(office.storage, office.clock)
    service, looker = DirectoryService(pictures), Looker(found.id, added.member)
    await looker.look(service)
    kept = await pictures.kept(found.id)
    assert kept is not None
    assert kept.picture is not None
    picture = kept.picture
    await until(lambda: picture.index is not None)
    listed = await service.search(cast(Any, looker), SearchMembers(request=1, query="ww"))
    assert [one.name for one in listed.members] == ["王伟"]
    await pictures.stop()


async def test_who_comes_back_to_an_unchanged_tree_is_told_nothing_and_no_more_than_differs(office: Office) -> None:
    await office.company(COMPANY, seats=10)
    found = await office.storage.read(lambda read: companies.find(read, COMPANY))
    assert found is not None
    one, other = await office.companies.add_many(ROOT, COMPANY, [Newcomer(name="王伟"), Newcomer(name="李娜")])
    lab, shop = [(await office.org.add(ROOT, COMPANY, name)).id for name in ("Lab", "Shop")]
    await office.members.place(ROOT, COMPANY, one.number, [lab])
    await office.members.place(ROOT, COMPANY, other.number, [shop])

    async def come_back(tree: Tree) -> Any:
        """The answer to who was away, on a server that was started since."""
        pictures = Pictures(office.storage, office.clock)
        answer = await DirectoryService(pictures).page(cast(Any, Looker(found.id, one.member)), 1, "", lambda: True, cast(Any, tree.have()))
        await pictures.stop()
        tree.take_page(cast(Any, answer))
        return answer

    tree = Tree()
    await come_back(tree)
    nothing = await come_back(tree)
    assert (nothing.rest, nothing.units, nothing.members, nothing.counts, nothing.page) == (True, (), (), (), "")
    await office.members.set_hidden(ROOT, COMPANY, [other.number], True)
    gone = await come_back(tree)
    assert [(row.unit, row.members) for row in gone.members] == [(to_wire(shop), ())]
    assert (gone.units, {row.unit: row.count for row in gone.counts}) == ((), {tree.root: 1, to_wire(lab): 1})
    await office.members.change(ROOT, COMPANY, other.number, Changes(job_title="Chief"))
    assert await come_back(tree) == nothing, "what happens to who is hidden leaves no trace"
    await office.org.rename(ROOT, COMPANY, shop, "Store")
    renamed = await come_back(tree)
    assert ([row.name for row in renamed.units], renamed.members) == ([COMPANY, "Lab", "Store"], ())
    assert tree.members(to_wire(lab))[0].name == "王伟"

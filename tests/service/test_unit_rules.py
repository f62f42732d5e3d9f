"""Rules between units as administrators make them, and what they forbid in direct conversations that run (SPEC B6, B9, LOG A4)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from protocol.errors import MemberNotFound
from protocol.ids import to_wire
from server.companies.errors import UnitNotFound
from server.conversations.service import ConversationService, everybody
from server.org.fields import FieldService
from server.visibility.errors import (
    UnitRuleBindsNobody,
    UnitRuleKindUnknown,
    UnitRuleNameTaken,
    UnitRuleNotFound,
    UnitRuleTooLong,
    UnitRuleUnfit,
)
from server.visibility.policy import Parties
from server.visibility.ruling import MOST_PARTIES, Said
from server.visibility.settling import UnitRuleService
from server.visibility.silencing import Silencing
from storage import companies, company_log, silencing, unit_rules
from storage.schema.conversations import marks
from storage.silencing import Side
from storage.statements import column, statement
from tests.support.office import ROOT, Office, until

SILENCED = statement(sa.select(marks.c.member).where(marks.c.conversation == column("conversation"), marks.c.silenced))


class Acme:
    """Li Na is in Sales, Wang in the Lab; they have a direct conversation."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.rules = UnitRuleService(office.storage)

    async def build(self) -> "Acme":
        office = self.office
        await office.company("acme")
        found = await office.storage.read(lambda read: companies.find(read, "acme"))
        assert found is not None
        self.id = found.id
        self.sales, self.lab = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab")]
        self.lina, self.wang = [
            (await office.member("acme", name, units=(unit,))).member for name, unit in (("Li Na", self.sales), ("Wang", self.lab))
        ]
        talks = ConversationService(office.storage)
        state = await talks.open_direct((self.id, self.lina), (self.id, self.wang), permitted=everybody)
        self.talk = int(state.row["conversation"])
        return self

    async def add(self, name: str = "Apart", **said: object) -> None:
        await self.rules.add(ROOT, "acme", Said(name=name, bound=Parties(frozenset([self.sales])), **said))  # type: ignore[arg-type]

    async def silenced(self) -> list[str]:
        """Whose columns say that he may not write."""
        sides = await self.office.storage.read(lambda read: silencing.page(read, self.id, limit=10))
        names = {self.lina: "Li Na", self.wang: "Wang"}
        return sorted(names[one.member] for one in sides if one.is_silenced)


@asynccontextmanager
async def followed(there: Acme) -> AsyncIterator[Silencing]:
    """A node that follows the company."""
    node = Silencing(there.office.storage)
    there.office.storage.on_position = lambda row: node.changed(row.payload.companies)
    await node.start()
    try:
        yield node
    finally:
        await node.stop()


async def settled(node: Silencing) -> None:
    await until(lambda: node.is_settled)


# ---- making and changing


async def test_a_rule_is_made_changed_and_deleted_with_its_entries_and_the_company_is_told(office: Office) -> None:
    there = await Acme(office).build()
    await there.add(may_search=True)
    await there.rules.change(
        ROOT, "acme", "apart", Said(kind="nobody", white_list=Parties(members=frozenset([there.wang])), may_write=True)
    )
    (kept,) = await there.rules.list_rules(ROOT, "acme")
    assert (kept.name, kept.kind, kept.may_search, kept.may_write, kept.is_off) == ("Apart", "nobody", True, True, False)
    assert kept.parties == (("bound", "unit", there.sales), ("white_list", "member", there.wang))
    await there.rules.delete(ROOT, "acme", to_wire(kept.id))
    assert await there.rules.list_rules(ROOT, "acme") == []
    entries = {entry.act: entry.details for entry in await office.trail("acme") if entry.act.startswith("unit_rule.")}
    assert entries["unit_rule.add"]["bound"] == ["acme / Sales"]
    assert entries["unit_rule.change"] == {
        "rule": to_wire(kept.id),
        "kind": ["other_units", "nobody"],
        "may_write": ["false", "true"],
        "white_list": ["", to_wire(there.wang)],
    }
    assert entries["unit_rule.delete"]["name"] == "Apart"
    log = await office.storage.read(lambda read: company_log.since(read, there.id, 0, 100))
    assert [changed.subjects for _, changed in log].count(("unit_rules",)) == 3


async def test_what_cannot_be_is_refused_with_its_reason_and_changes_nothing(office: Office) -> None:
    there = await Acme(office).build()
    await there.add()
    before = await office.storage.read(lambda read: unit_rules.of_company(read, there.id))
    many = Parties(members=frozenset(range(1, MOST_PARTIES + 2)))
    for refusal, act in (
        (UnitRuleNameTaken, there.add("APART")),
        (UnitRuleBindsNobody, there.rules.change(ROOT, "acme", "Apart", Said(bound=Parties()))),
        (UnitRuleKindUnknown, there.rules.change(ROOT, "acme", "Apart", Said(kind="some"))),
        (UnitRuleUnfit, there.rules.change(ROOT, "acme", "Apart", Said(kind="hide", may_search=True))),
        (UnitRuleTooLong, there.rules.change(ROOT, "acme", "Apart", Said(white_list=many))),
        (UnitNotFound, there.rules.change(ROOT, "acme", "Apart", Said(white_list=Parties(frozenset([7]))))),
        (MemberNotFound, there.rules.change(ROOT, "acme", "Apart", Said(white_list=Parties(members=frozenset([7]))))),
        (UnitRuleNotFound, there.rules.delete(ROOT, "acme", "Together")),
    ):
        with pytest.raises(refusal):
            await act
        last = (await office.trail("acme"))[-1]
        assert (last.outcome, last.details["error"]) == ("refused", refusal.code)
    assert await office.storage.read(lambda read: unit_rules.of_company(read, there.id)) == before


async def test_who_is_shown_a_field_is_settled_and_listed(office: Office) -> None:
    await Acme(office).build()
    fields = FieldService(office.storage)
    await fields.set_privacy(ROOT, "acme", "phone", "own_unit")
    await fields.set_privacy(ROOT, "acme", "last_seen", "hidden")
    assert await fields.list_privacy(ROOT, "acme") == [("last_seen", "hidden"), ("phone", "own_unit")]


# ---- what they forbid in conversations that run (LOG A4)


async def test_what_a_rule_forbids_reaches_the_writers_columns_and_leaves_them_with_it(office: Office) -> None:
    there = await Acme(office).build()
    async with followed(there) as node:
        await there.add()
        await settled(node)
        assert await there.silenced() == ["Li Na"]  # it binds her; Wang sees and writes as before
        for said, expected in (
            (Said(white_list=Parties(frozenset([there.lab]))), []),
            (Said(white_list=Parties()), ["Li Na"]),
            (Said(may_write=True), []),
            (Said(may_write=False, exempted=Parties(members=frozenset([there.lina]))), []),
            (Said(exempted=Parties(), is_off=True), []),
            (Said(is_off=False), ["Li Na"]),
        ):
            await there.rules.change(ROOT, "acme", "Apart", said)
            await settled(node)
            assert await there.silenced() == expected, said
        await there.rules.delete(ROOT, "acme", "Apart")
        await settled(node)
        assert await there.silenced() == []


async def test_who_comes_under_a_rule_by_moving_may_not_write_any_more(office: Office) -> None:
    """By his own move, and by that of a unit above him."""
    there = await Acme(office).build()
    north = await office.companies.add_unit(ROOT, "acme", "North")
    async with followed(there) as node:
        await there.add()
        await office.members.place(ROOT, "acme", to_wire(there.wang), [there.sales])
        await settled(node)
        assert await there.silenced() == []  # both are in the unit that sees itself
        await office.members.place(ROOT, "acme", to_wire(there.wang), [north])
        await settled(node)
        assert await there.silenced() == ["Li Na"]
        await office.org.move(ROOT, "acme", north, there.sales)
        await settled(node)
        assert await there.silenced() == []


async def test_a_node_that_starts_finds_what_changed_while_none_ran(office: Office) -> None:
    there = await Acme(office).build()
    await there.add()
    assert await there.silenced() == []
    async with followed(there) as node:
        await settled(node)
        assert await there.silenced() == ["Li Na"]


async def test_a_change_between_the_look_and_the_turn_is_not_overwritten(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was worked out from before it would silence her for good."""
    there = await Acme(office).build()
    await there.add()
    node = Silencing(office.storage)
    transact = office.storage.transact
    changed: list[bool] = []

    async def late(act: object, **more: bool) -> object:
        if not changed:
            changed.append(True)
            await there.rules.change(ROOT, "acme", "Apart", Said(may_write=True))
        return await transact(act, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(office.storage, "transact", late)
    await node.bring_up_to_date(there.id)
    assert changed
    assert await there.silenced() == []


async def test_other_peoples_silence_in_groups_is_left_alone(office: Office) -> None:
    there = await Acme(office).build()
    group = await ConversationService(office.storage).create((there.id, there.lina), [(there.id, there.wang)], name="Board")
    await office.storage.transact(lambda work: silencing.silence(work, there.id, [Side(there.wang, group, 0, True)]))
    async with followed(there) as node:
        await there.add()
        await there.rules.delete(ROOT, "acme", "Apart")
        await settled(node)
    (silenced,) = await office.storage.read(lambda read: read.all(SILENCED, conversation=group))
    assert silenced[0] == there.wang

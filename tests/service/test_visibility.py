"""Who reaches whose card, over a real database: refusals tell nothing, and two members alone are judged as in the whole company."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from protocol.errors import MemberNotFound
from protocol.events import MemberInfo
from protocol.ids import to_wire
from server.directory.loading import policy
from server.org.loading import organisation
from server.visibility.evaluator import Evaluator
from server.visibility.loading import Pair, pair
from server.visibility.profiles import profile
from server.visibility.service import Viewer, access_member
from server.visibility.terms import What, Where
from storage import companies, units
from storage.draw import draw_id
from storage.members import Card
from storage.schema.contacts import contacts
from storage.schema.visibility import field_privacy, unit_rule_parties, unit_rules
from storage.statements import Statement, insert_into
from storage.work import Read, Work
from tests.support.cast import Actor, direct, group, join
from tests.support.office import ROOT, Office

ACME = "acme"
PARTIES = insert_into(unit_rule_parties, "company", "rule", "part", "kind", "party")
RULES = insert_into(unit_rules, "company", "id", "kind", "is_off", "may_search", "may_write", "sort", "created_at")
PRIVACY = insert_into(field_privacy, "company", "field", "shown")
CONTACTS = insert_into(contacts, "company", "member", "contact", "added_at", "removed", "place")


class Acme:
    """Li Na sits in Sales, Chen in North below it, Wang under the root."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.storage = office.storage
        self.id = 0
        self.units: dict[str, int] = {}

    async def build(self) -> "Acme":
        await self.office.company(ACME)
        found = await self.storage.read(lambda read: companies.find(read, ACME))
        assert found is not None
        self.id = found.id
        self.units["root"] = next(unit.id for unit in await self.storage.read(lambda read: units.of_company(read, found.id)))
        for name, parent in (("Sales", "root"), ("North", "Sales"), ("Lab", "root")):
            self.units[name] = (await self.office.org.add(ROOT, ACME, name, parent=self.units[parent])).id
        self.lina, self.chen, self.wang = [
            await self.actor(name, unit) for name, unit in (("Li Na", "Sales"), ("Chen", "North"), ("Wang", "root"))
        ]
        return self

    async def actor(self, name: str, *inside: str, **more: Any) -> Actor:
        added = await self.office.member(ACME, name, units=tuple(self.units[unit] for unit in inside), phone="13800138000", **more)
        return Actor(self.id, added.member, name)

    async def write(self, statement: Statement, **row: Any) -> None:
        async def act(work: Work) -> None:
            await work.run(statement, **row)

        await self.storage.unit(act)

    async def rule(self, kind: str, *parties: tuple[str, str, int], off: bool = False, search: bool = False, write: bool = False) -> None:
        id = draw_id()
        await self.write(RULES, company=self.id, id=id, kind=kind, is_off=off, may_search=search, may_write=write, sort=1, created_at=1)
        for part, party_kind, party in parties:
            await self.write(PARTIES, company=self.id, rule=id, part=part, kind=party_kind, party=party)

    async def hide(self, actor: Actor) -> None:
        await self.office.members.set_hidden(ROOT, ACME, [to_wire(actor.id)], True)

    async def card(self, viewer: Actor, target: int) -> MemberInfo | None:
        try:
            return await self.storage.read(lambda read: profile(read, Viewer(viewer.company, viewer.id), target))
        except MemberNotFound:
            return None

    async def sees(self, viewer: Actor, target: Actor) -> bool:
        return await self.card(viewer, target.id) is not None

    async def pair(self, viewer: Actor, target: Actor) -> Pair:
        return await self.storage.read(lambda read: pair(read, viewer.company, viewer.id, target.id))

    async def access(self, viewer: Actor, target: int, where: Where) -> Card:
        return await self.storage.read(lambda read: access_member(read, Viewer(viewer.company, viewer.id), target, where))


@pytest.fixture
def acme(office: Office) -> Callable[[], Awaitable[Acme]]:
    return Acme(office).build


Built = Callable[[], Awaitable[Acme]]


async def test_a_hidden_member_gets_the_answer_of_an_unknown_id(acme: Built) -> None:
    there = await acme()
    assert await there.sees(there.lina, there.chen)
    await there.hide(there.chen)

    async def answer(target: int, where: Where) -> tuple[object, ...]:
        with pytest.raises(MemberNotFound) as refused:
            await there.access(there.lina, target, where)
        error = refused.value
        return error.code, error.text("zh"), error.text("en"), error.data, str(error)

    for where in Where:
        assert await answer(there.chen.id, where) == await answer(there.chen.id + 1, where)


async def test_an_unknown_id_costs_as_many_statements_as_a_member(acme: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    there = await acme()
    await there.hide(there.chen)
    asked: list[str] = []
    honest = Read.all

    async def counted(self: Read, statement: Statement, /, **parameters: Any) -> Any:
        asked.append(statement.named)
        return await honest(self, statement, **parameters)

    async def cost(target: int) -> list[str]:
        asked.clear()
        await there.card(there.lina, target)
        return list(asked)

    monkeypatch.setattr(Read, "all", counted)
    assert await cost(there.chen.id) == await cost(there.chen.id + 1)
    assert len(asked) >= 5


async def test_a_hidden_member_is_known_in_a_group_and_not_opened_by_number(acme: Built) -> None:
    there = await acme()
    await there.hide(there.chen)
    room = await group(there.storage, there.lina, there.wang)
    await join(there.storage, room, there.chen)
    assert (await there.sees(there.lina, there.chen), await there.sees(there.wang, there.chen)) == (True, True)
    with pytest.raises(MemberNotFound):
        await there.access(there.lina, there.chen.id, Where.NUMBER)


async def test_a_direct_conversation_makes_known_from_its_first_message_on(acme: Built) -> None:
    there = await acme()
    room = await direct(there.storage, there.lina, there.chen)
    await there.hide(there.chen)
    assert not await there.sees(there.lina, there.chen)
    await join(there.storage, room, there.wang)  # a note is a message
    assert (await there.sees(there.lina, there.chen), await there.sees(there.wang, there.chen)) == (True, False)


@pytest.mark.parametrize("removed", [False, True])
async def test_a_hidden_frequent_contact_stays_known_to_who_added_him_alone(acme: Built, removed: bool) -> None:
    there = await acme()
    await there.hide(there.chen)
    row = {"company": there.id, "member": there.lina.id, "contact": there.chen.id, "added_at": 1, "place": 1}
    await there.write(CONTACTS, **row, removed=removed)
    assert (await there.sees(there.lina, there.chen), await there.sees(there.wang, there.chen)) == (not removed, False)


async def test_a_disabled_member_is_known_in_conversations_alone(acme: Built) -> None:
    there = await acme()
    await group(there.storage, there.lina, there.chen)
    await there.office.leaving.disable(ROOT, ACME, [to_wire(there.chen.id)], "")
    assert (await there.sees(there.lina, there.chen), await there.sees(there.wang, there.chen)) == (True, False)


async def test_a_deleted_member_is_a_name_in_old_conversations(acme: Built) -> None:
    there = await acme()
    await group(there.storage, there.lina, there.chen)
    await there.office.leaving.delete(ROOT, ACME, to_wire(there.chen.id))
    card = await there.card(there.lina, there.chen.id)
    assert card is not None
    assert (card.name, card.number, card.units) == ("Chen", "", ())
    assert not await there.sees(there.wang, there.chen)


async def test_a_scope_is_all_that_one_finds(acme: Built) -> None:
    there = await acme()
    await there.office.members.set_scope(ROOT, ACME, to_wire(there.lina.id), [there.units["North"]])
    assert (await there.sees(there.lina, there.chen), await there.sees(there.lina, there.wang)) == (True, False)
    assert await there.sees(there.lina, there.lina)


async def test_a_rule_between_units_binds_until_it_is_off(acme: Built) -> None:
    there = await acme()
    bound = ("bound", "unit", there.units["Sales"])
    await there.rule("nobody", bound, ("white_list", "member", there.wang.id))
    assert (await there.sees(there.lina, there.chen), await there.sees(there.lina, there.wang)) == (False, True)
    assert await there.sees(there.wang, there.lina)


async def test_a_rule_that_is_off_binds_nobody(acme: Built) -> None:
    there = await acme()
    await there.rule("nobody", ("bound", "unit", there.units["Sales"]), off=True)
    assert await there.sees(there.lina, there.chen)


async def test_phone_and_mail_are_shown_when_the_company_says_so_and_the_member_does_not_narrow_them(acme: Built) -> None:
    there = await acme()

    async def phone() -> str:
        card = await there.card(there.lina, there.chen.id)
        assert card is not None
        return card.phone

    before = await phone()
    await there.write(PRIVACY, company=there.id, field="phone", shown="shown")
    shown = await phone()
    await there.write(Statement(sqlite=PRIVATE[0], postgres=PRIVATE[1], order=["member"]), member=there.chen.id)
    assert (before, shown, await phone()) == ("", "13800138000", "")


PRIVATE = (
    "UPDATE members SET is_phone_private = true WHERE id = :member",
    "UPDATE members SET is_phone_private = true WHERE id = $1",
)


async def test_a_card_does_not_name_units_that_its_reader_does_not_see(acme: Built) -> None:
    there = await acme()
    mei = await there.actor("Mei", "Lab", "root")
    await there.office.org.set_hidden(ROOT, ACME, there.units["Lab"], True)
    theirs, own = await there.card(there.lina, mei.id), await there.card(mei, mei.id)
    assert theirs is not None
    assert own is not None
    assert ("Lab" in theirs.units, len(theirs.units), "Lab" in own.units) == (False, 1, True)


# ---- two alone and the whole company


def reading(name: str, pinyin: str = "") -> str:
    return pinyin or name


async def everything(read: Read, company: int) -> Evaluator:
    """As one who has the whole company in memory."""
    org = await organisation(read, company, reading)
    return Evaluator(org, await policy(read, company))


@pytest.mark.parametrize("seed", range(3))
async def test_two_members_alone_are_judged_as_in_the_whole_company(acme: Built, seed: int) -> None:
    there, random = await acme(), Random(seed)
    office, names = there.office, list(there.units)
    people = [
        there.lina,
        there.chen,
        there.wang,
        *[await there.actor(f"M{i}", *random.sample(names, random.choice([1, 2]))) for i in range(6)],
    ]
    for one in random.sample(people, 3):
        await office.members.set_scope(ROOT, ACME, to_wire(one.id), random.sample(list(there.units.values()), 2))
    await there.hide(random.choice(people))
    await office.leaving.disable(ROOT, ACME, [to_wire(random.choice(people).id)], "")
    await office.org.set_hidden(ROOT, ACME, there.units[random.choice(["Sales", "Lab"])], True)
    await office.org.set_disabled(ROOT, ACME, there.units[random.choice(["North", "Lab"])], True)
    await there.write(PRIVACY, company=there.id, field="phone", shown="own_unit")
    await there.write(Statement(sqlite=PRIVATE[0], postgres=PRIVATE[1], order=["member"]), member=there.chen.id)
    for kind in ("hide", "other_units", "nobody"):
        some = [(part, "unit", there.units[random.choice(names)]) for part in ("bound", "white_list")]
        named = [(part, "member", random.choice(people).id) for part in ("bound", "exempted", "white_list")]
        await there.rule(kind, *some, *named, search=random.random() < 0.5, write=random.random() < 0.5)

    whole = await there.storage.read(lambda read: everything(read, there.id))
    told: set[tuple[bool, str]] = set()
    for viewer in people:
        for target in people:
            both = await there.pair(viewer, target)
            for what in What:
                for where in Where:
                    said = both.sees(what, where, field="phone")
                    assert said == whole.can_see(viewer.id, target.id, what, where, field="phone"), (viewer, target, what, where)
                    told.add((said.is_yes, said.by.value))
    assert len(told) >= 6

"""Random histories of rules between units, moves, disabling and deleting: the writer refuses whom the reference model refuses (LOG A4).

Five colleagues have a direct conversation each with each, so a column that is set wrong, or taken back with something else, shows.
"""

import itertools
from dataclasses import replace
from random import Random
from typing import cast

import pytest

from protocol.errors import MemberNotFound, YizhanError
from protocol.ids import to_wire
from server.companies.newcomers import Newcomer
from server.visibility.policy import Parties
from server.visibility.ruling import Said
from server.visibility.service import Viewer, access_addressable
from server.visibility.settling import UnitRuleService
from server.visibility.silencing import Silencing
from storage import units
from storage.writer.entries import Outcome
from tests.support import visibility_facts as facts
from tests.support.cast import Actor, Desk, direct, send
from tests.support.leaving import number_of
from tests.support.office import ROOT, Office
from tests.support.visibility_facts import Conversation, Facts, Member, Question, Rule, Stay, What, Where
from tests.support.visibility_model import can_see, may_be_addressed

NAMES = ("Li Na", "Wang", "Zhao", "Chen", "Sun")
STEPS = 14


class Company:
    """What happens to it happens to the plain facts, too."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.random = Random(seed)
        self.rules = UnitRuleService(office.storage)
        self.silencing = Silencing(office.storage)
        self.desk = Desk(office.storage)

    async def build(self) -> "Company":
        office = self.office
        await office.company("acme")
        self.id = await number_of(office)
        root = (await office.storage.read(lambda read: units.of_company(read, self.id)))[0].id
        self.units = [await office.companies.add_unit(ROOT, "acme", name) for name in ("Sales", "Lab")]
        self.numbers: dict[int, str] = {}
        members: dict[int, Member] = {}
        for name in NAMES:
            unit = self.random.choice(self.units)
            added = await office.member("acme", name, units=(unit,))
            members[added.member] = Member(added.member, 1, units=(unit,))
            self.numbers[added.member] = added.number
        self.talks = {}
        for one, other in itertools.combinations(members, 2):
            talk = await direct(office.storage, Actor(self.id, one), Actor(self.id, other))
            await self.desk.put(send(Actor(self.id, one), talk, "hello"))
            self.talks[talk] = Conversation(talk, True, 1, (Stay(one, 1), Stay(other, 1)))
        tree = {root: facts.Unit(root, 1, None), **{unit: facts.Unit(unit, 1, root) for unit in self.units}}
        self.facts = Facts({1: facts.Company(1)}, tree, members, (), self.talks)
        return self

    # ---- what happens

    async def step(self) -> None:
        name = self.random.choice(("add_rule", "lift_rule", "drop_rule", "move", "disable", "enable", "delete", "hand_on"))
        await getattr(self, name)()
        await self.silencing.bring_up_to_date(self.id)

    def change(self, member: int, **values: object) -> None:
        members = {**self.facts.members, member: replace(self.facts.members[member], **values)}  # type: ignore[arg-type]
        self.facts = replace(self.facts, members=members)

    def some(self, *states: str) -> int | None:
        there = [one.id for one in self.facts.members.values() if one.state in states]
        return self.random.choice(there) if there else None

    async def add_rule(self) -> None:
        unit, kind = self.random.choice(self.units), self.random.choice(("nobody", "other_units"))
        bound = frozenset([unit])
        made = await self.rules.add(ROOT, "acme", Said(name=f"R{self.random.random()}", kind=kind, bound=Parties(bound)))
        rule = Rule(made.id, 1, cast(facts.RuleKind, kind), facts.Parties(units=bound))
        self.facts = replace(self.facts, rules=(*self.facts.rules, rule))

    async def lift_rule(self) -> None:
        for rule in self.facts.rules[:1]:
            now = replace(rule, may_write=not rule.may_write)
            await self.rules.change(ROOT, "acme", to_wire(rule.id), Said(may_write=now.may_write))
            self.facts = replace(self.facts, rules=(now, *self.facts.rules[1:]))

    async def drop_rule(self) -> None:
        for rule in self.facts.rules[:1]:
            await self.rules.delete(ROOT, "acme", to_wire(rule.id))
            self.facts = replace(self.facts, rules=self.facts.rules[1:])

    async def move(self) -> None:
        if (who := self.some("active", "disabled")) is not None:
            unit = self.random.choice(self.units)
            await self.office.members.place(ROOT, "acme", to_wire(who), [unit])
            self.change(who, units=(unit,))

    async def disable(self) -> None:
        if (who := self.some("active")) is not None:
            await self.office.leaving.disable(ROOT, "acme", [to_wire(who)], "")
            self.change(who, state="disabled")

    async def enable(self) -> None:
        if (who := self.some("disabled")) is not None:
            await self.office.leaving.enable(ROOT, "acme", [to_wire(who)])
            self.change(who, state="active")

    async def delete(self) -> None:
        if (who := self.some("active", "disabled")) is not None:
            await self.office.leaving.delete(ROOT, "acme", to_wire(who))
            self.change(who, state="deleted", units=())

    async def hand_on(self) -> None:
        """Whoever comes has no direct conversations: his number was the old one's, not what was said to him."""
        if (who := self.some("active")) is not None:
            await self.office.leaving.reassign(ROOT, "acme", self.numbers[who], Newcomer(name="New"))
            self.change(who, state="deleted", units=())

    # ---- what is true of it

    async def check(self) -> None:
        pairs = [(talk.id, one.member, other.member) for talk in self.talks.values() for one, other in itertools.permutations(talk.stays)]
        answers = await self.desk.put(*(send(Actor(self.id, who), talk, "?") for talk, who, _ in pairs))
        for (_, who, whom), answer in zip(pairs, answers, strict=True):
            verdict = can_see(self.facts, Question(who, whom, What.WRITE, Where.RECENT))
            assert code(answer) == REFUSAL.get(verdict.rule.split(":")[0], ""), (who, whom, verdict)
            if self.facts.members[who].state == "active":
                assert await self.addressed(who, whom) == may_be_addressed(self.facts, who, whom)

    async def addressed(self, who: int, whom: int) -> bool:
        try:
            await self.office.storage.read(lambda read: access_addressable(read, Viewer(self.id, who), whom))
        except MemberNotFound:
            return False
        return True


REFUSAL = {"deleted": "conversation.peer_deleted", "rule": "conversation.writing_forbidden", "viewer_not_active": "member.disabled"}


def code(answer: Outcome | YizhanError | None) -> str:
    return answer.code if isinstance(answer, YizhanError) else ""


@pytest.mark.parametrize("seed", range(4))
async def test_the_writer_refuses_whom_the_reference_model_refuses(office: Office, seed: int) -> None:
    there = await Company(office, seed).build()
    await there.check()
    for _ in range(STEPS):
        await there.step()
        await there.check()
    assert {one.state for one in there.facts.members.values()} & {"deleted", "disabled"}, "something happened to somebody"

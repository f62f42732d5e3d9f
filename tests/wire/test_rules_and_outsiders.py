"""Whom a rule between units forbids all colleagues writes to members of other companies as before: in conversations that run, in new
ones with whom he knows, and as frequent contacts (``server.visibility.policy.Rule``).
"""

from protocol import commands as wish
from protocol.events import ErrorFrame, Sent
from server.visibility.policy import NOBODY, Parties
from server.visibility.ruling import Said
from server.visibility.settling import UnitRuleService
from storage import silencing
from tests.support.house import OPERATOR, House
from tests.support.wire import Wire, group, people


async def bind(house: House, name: str) -> None:
    """From the commit on he may see nobody; the writer's columns say so when this returns."""
    person = house.people[name]
    bound = Parties(members=frozenset([person.who[1]]))
    await UnitRuleService(house.running.storage).add(OPERATOR, "acme", Said(name="Alone", kind=NOBODY, bound=bound))


async def until_refused(wire: Wire, talk: str) -> None:
    """So the rule has reached the writer's columns (LOG A4)."""
    while not isinstance(await wire.send(talk, "hello"), ErrorFrame):
        await wire.barrier()


async def silenced(house: House, name: str) -> int:
    """In how many direct conversations the writer's columns forbid him to write."""
    company, member = house.people[name].who
    sides = await house.running.storage.read(lambda read: silencing.page(read, company, limit=100, members=[member]))
    return sum(one.is_silenced for one in sides)


async def test_who_may_write_to_no_colleague_writes_to_outsiders_still(house: House) -> None:
    await group(house, "Li Na", "Smith", "Jones")
    async with people(house, "Li Na", "Smith") as (lina, smith):
        colleague = await lina.direct(house.people["Wang"].member)
        outsider = await lina.direct(house.people["Smith"].member)
        await lina.send(outsider, "good morning")
        await bind(house, "Li Na")
        await until_refused(lina, colleague)
        assert isinstance(await lina.send(outsider, "still here"), Sent)
        assert isinstance(await smith.send(outsider, "me too"), Sent)
        assert await silenced(house, "Li Na") == 1  # towards Wang
        from_the_group = await lina.direct(house.people["Jones"].member)
        assert isinstance(await lina.send(from_the_group, "new"), Sent)


async def test_an_outsider_who_is_a_contact_is_written_to_whatever_rules_between_units_say(house: House) -> None:
    """He was met in a group before, and is written to for the first time."""
    await group(house, "Li Na", "Jones")
    async with people(house, "Li Na") as (lina,):
        assert not isinstance(await lina.ask(wish.AddContact, member=house.people["Jones"].member), ErrorFrame)
        await bind(house, "Li Na")
        talk = await lina.direct(house.people["Jones"].member)
        assert isinstance(await lina.send(talk, "hello"), Sent)
        assert await silenced(house, "Li Na") == 0

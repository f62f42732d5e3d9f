"""Outside contacts over the wire: asking, accepting, talking, and what is told to whom; the SDK's book of them (SPEC H1)."""

import asyncio

from protocol import commands as wish
from protocol.events import Done, ErrorFrame, Message, Messages, OutsideChanged, Sent
from server.companies.settings import CompanySettingsService
from storage import feed
from tests.support.house import OPERATOR, House
from tests.support.office import until
from tests.support.wire import CODECS_TOO, CROSSED, NOBODY, Wire, client_id, everything_told, people, same_but_for_its_number
from yizhan import Client
from yizhan import OutsideChanged as Changed
from yizhan.address_book import Person


async def settled(house: House) -> None:
    """What companies allow has reached the writer."""
    head: int = await house.running.storage.read(lambda read: read.value(feed.HEAD))
    hand_out = house.running.gateway.hand_out
    await hand_out.sweep()
    await until(lambda: hand_out.applied >= head and house.running.outside.is_settled)


async def befriended(house: House, lina: Wire, smith: Wire) -> None:
    """Li Na asked Smith by his number, and he accepted."""
    address = house.people["Smith"].number
    assert isinstance(await lina.ask(wish.RequestOutside, id=client_id(), address=address, words="Li Na of Acme"), Done)
    (asked,) = (await smith.ask(wish.ListOutsideRequests, which="to_me")).requests
    assert (asked.name, asked.company, asked.words, asked.member) == ("Li Na", "acme", "Li Na of Acme", house.people["Li Na"].member)
    assert isinstance(await smith.ask(wish.AcceptOutside, asked=asked.asked), Done)


@CROSSED
async def test_two_of_different_companies_become_contacts_and_talk(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Smith", "Jones", codec=codec) as (lina, smith, jones):
        await befriended(house, lina, smith)
        for wire, other in ((lina, "Smith"), (smith, "Li Na")):
            await wire.event(OutsideChanged)
            (one,) = (await wire.ask(wish.ListOutside)).contacts
            assert (one.member, one.name) == (house.people[other].member, other)
        talk = await lina.direct(house.people["Smith"].member)
        assert isinstance(await lina.send(talk, "hello"), Sent)
        heard = await smith.event(Messages)
        assert [smith.text(one) for one in heard.messages] == ["hello"]
        await everything_told(house, lina, smith, jones)
        assert jones.all(OutsideChanged) == []
        assert await jones.refused(wish.OpenDirect, member=house.people["Li Na"].member) == "member.not_found"


def noted(wire: Wire, message: Message) -> str:
    return str(wire.body(message).get("what", ""))


@CROSSED
async def test_when_a_company_forbids_it_both_hear_so_and_the_writer_refuses(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Smith", codec=codec) as (lina, smith):
        await befriended(house, lina, smith)
        talk = await lina.direct(house.people["Smith"].member)
        await lina.send(talk, "hello")
        settings = CompanySettingsService(house.running.storage, house.running.companies._means.passwords)
        await settings.set_outside(OPERATOR, "globex", False)
        await settled(house)
        await everything_told(house, lina, smith)
        for wire in (lina, smith):
            said = [noted(wire, one) for event in wire.all(Messages) for one in event.messages]
            assert said[-1] == "outside_forbidden"
            refused = await wire.send(talk, "still there?")
            assert isinstance(refused, ErrorFrame)
            assert refused.code == "conversation.outside_held"
        assert await smith.refused(wish.RequestOutside, id=client_id(), address=house.people["Wang"].number) == "outside.off"
        await settings.set_outside(OPERATOR, "globex", True)
        await settled(house)
        assert isinstance(await smith.send(talk, "here again"), Sent)


@CODECS_TOO
async def test_whether_anybody_has_an_address_is_not_in_the_answer(house: House, codec: str) -> None:
    async with people(house, "Li Na", codec=codec) as (lina,):
        first = await lina.ask(wish.RequestOutside, id=client_id(), address="999999")
        for address in (house.people["Smith"].number, house.people["Wang"].number, house.people["Li Na"].number, "tom@home.example"):
            assert same_but_for_its_number(await lina.ask(wish.RequestOutside, id=client_id(), address=address), first)
        made = (await lina.ask(wish.ListOutsideRequests, which="mine")).requests
        assert {(one.state, one.member, one.name, one.company) for one in made} == {("waiting", "", "", "")}


@CODECS_TOO
async def test_what_is_wrong_is_refused(house: House, codec: str) -> None:
    async with people(house, "Li Na", codec=codec) as (lina,):
        assert await lina.refused(wish.RequestOutside, id="x" * 32, address="20001") == "id.invalid"
        assert await lina.refused(wish.RequestOutside, id=client_id()) == "outside.nobody_named"
        assert await lina.refused(wish.RequestOutside, id=client_id(), address="20001", words="x" * 101) == "name.invalid"
        assert await lina.refused(wish.RequestOutside, id=client_id(), address="20001", remark="x" * 41) == "name.invalid"
        assert await lina.refused(wish.AcceptOutside, asked="!!!!!!!!!!") == "outside.request_not_found"
        assert await lina.refused(wish.RemarkOutside, member=NOBODY, remark="") == "member.not_found"
        assert await lina.refused(wish.ListOutside, page="no page of ours") == "page.cursor_invalid"
        too_many = [{"id": client_id(), "address": "20001"}] * 21
        assert (await lina.ask_plain(type="bring_outside", people=too_many)).code == "frame.invalid"
        assert (await lina.ask_plain(type="report_outside", id=client_id(), member=NOBODY, reason="dull")).code == "frame.invalid"


async def told(client: Client) -> None:
    async with asyncio.timeout(5):
        async for event in client.events():
            if isinstance(event, Changed):
                return


@CODECS_TOO
async def test_the_sdk_brings_an_address_book_and_keeps_contacts(house: House, codec: str) -> None:
    smith_is, lina_is = house.people["Smith"], house.people["Li Na"]
    async with house.client("Li Na", codec=codec) as lina, house.client("Smith", codec=codec) as smith:
        book = [Person("Smith of Globex", smith_is.number), *(Person(f"Nobody {n}", f"nobody{n}@home.example") for n in range(29))]
        done: list[int] = []
        await lina.bring_outside(book, told=done.append)
        assert done == [20, 30]
        await told(smith)
        (asked,) = (await smith.outside_requests("to_me")).requests
        await smith.accept_outside(asked.asked, remark="Nana")
        (contact,) = (await lina.outside_contacts()).contacts
        assert (contact.name, contact.remark) == ("Smith", "Smith of Globex")
        await lina.remark_outside(smith_is.member, "Smithy")
        await lina.block_outside(smith_is.member)
        (contact,) = (await lina.outside_contacts()).contacts
        assert (contact.remark, contact.blocked) == ("Smithy", True)
        await lina.block_outside(smith_is.member, on=False)
        await lina.report_outside(smith_is.member, "spam", "advertisements")
        await smith.remove_outside(lina_is.member)
        assert (await lina.outside_contacts()).contacts == ()
        await smith.request_outside(address=lina_is.number)
        (asked,) = (await lina.outside_requests("to_me")).requests
        await lina.refuse_outside(asked.asked)
        await smith.request_outside(address=lina_is.number)
        (asked,) = (await lina.outside_requests("to_me")).requests
        await smith.withdraw_outside(asked.asked)
        assert (await lina.outside_requests("to_me")).requests == ()
        states = sorted(one.state for one in (await smith.outside_requests("mine")).requests)
        assert states == ["waiting", "withdrawn"], "who was refused is told nothing"

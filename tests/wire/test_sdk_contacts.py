"""The SDK's contacts: loaded once, then brought up to date, on two devices and over a real server (SPEC G4)."""

import asyncio

from tests.support.house import House
from tests.support.wire import CODECS_TOO
from yizhan import Client, ContactsChanged


async def told(client: Client) -> None:
    async with asyncio.timeout(5):
        async for event in client.events():
            if isinstance(event, ContactsChanged):
                return


@CODECS_TOO
async def test_what_one_device_does_another_one_has(house: House, codec: str) -> None:
    wang, zhao = house.people["Wang"].member, house.people["Zhao"].member
    async with house.client("Li Na", codec=codec) as laptop, house.client("Li Na", codec=codec, device_class="phone") as phone:
        assert len(await phone.load_contacts()) == 0
        await laptop.add_contact(wang, remark="W")
        await told(phone)
        assert [(one.name, one.remark) for one in (await phone.load_contacts()).all()] == [("Wang", "W")]
        await laptop.add_contact(number=house.people["Zhao"].number)
        await laptop.move_contact(zhao, before=wang)
        lunch, golf = await laptop.make_contact_group("Lunch"), await laptop.make_contact_group("Golf")
        await laptop.rename_contact_group(golf, "Chess")
        await laptop.move_contact_group(golf, before=lunch)
        await laptop.put_in_contact_group(lunch, wang)
        await laptop.put_in_contact_group(lunch, zhao, before=wang)
        there = await phone.load_contacts()
        assert [one.name for one in there.all()] == ["Zhao", "Wang"]
        assert [one.name for one in there.groups()] == ["Chess", "Lunch"]
        assert [one.name for one in there.inside(lunch)] == ["Zhao", "Wang"]
        assert wang in there
        await laptop.take_out_of_contact_group(lunch, zhao)
        await laptop.remove_contact(wang)
        await laptop.delete_contact_group(golf)
        there = await phone.load_contacts()
        assert ([one.name for one in there.all()], there.inside(lunch), there.inside(golf)) == (["Zhao"], [], [])
        assert phone.contacts.token != ""


@CODECS_TOO
async def test_lists_are_given_page_by_page(house: House, codec: str) -> None:
    async with house.client("Li Na", codec=codec) as lina:
        first = await lina.directory(limit=2)
        assert [one.name for one in (*first.members, *(await lina.directory(page=first.page)).members)] == ["Li Na", "Wang", "Zhao"]
        await lina.send((await lina.open_direct(member=house.people["Wang"].member)).conversation, "hi")
        assert [one.name for one in (await lina.recent_contacts()).contacts] == ["Wang"]

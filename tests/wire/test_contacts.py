"""Frequent contacts, their groups and recent contacts over the wire: on all devices alike, and as one may know them (SPEC G4, B6)."""

from functools import partial
from typing import Any, cast

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.events import ContactsChanged, ContactsPage, Done
from server.org.leaving import LeavingService
from server.org.members import MemberService
from tests.support.house import OPERATOR, House
from tests.support.sync import verify_sync
from tests.support.wire import CROSSED, NOBODY, Wire, client_id, everything_told, group, people, same_but_for_its_number, signed_in
from tests.support.ws import until

ACME = "acme"
Shown = list[tuple[str, str, str]]


def member(house: House, name: str) -> str:
    return house.people[name].member


async def hide(house: House, name: str, hidden: bool = True) -> None:
    await MemberService(house.running.storage).set_hidden(OPERATOR, ACME, [member(house, name)], hidden)


async def page(wire: Wire, token: str = "") -> ContactsPage:
    got = await wire.ask(wish.GetContacts, token=token)
    assert isinstance(got, ContactsPage), got
    assert not got.page
    return got


async def shown(wire: Wire) -> Shown:
    """Name, remark and state of each, in their order."""
    found = sorted((await page(wire)).contacts, key=lambda one: (one.sort, one.member))
    return [(one.name, one.remark, one.state) for one in found]


async def names(wire: Wire) -> list[str]:
    return [name for name, _, _ in await shown(wire)]


async def inside(wire: Wire) -> dict[str, list[str]]:
    """The groups in their order, and who is in each, in its order."""
    got = await page(wire)
    groups = sorted(got.groups, key=lambda one: one.sort)
    return {
        one.name: [
            contact.name
            for _, contact in sorted(
                ((entry.sort, contact) for contact in got.contacts for entry in contact.groups if entry.group == one.group),
                key=lambda entry: entry[0],
            )
        ]
        for one in groups
    }


async def add(house: House, wire: Wire, *who: str) -> None:
    for name in who:
        assert isinstance(await wire.ask(wish.AddContact, member=member(house, name)), Done)


@CROSSED
async def test_contacts_are_added_moved_and_removed_and_twice_does_no_harm(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        await add(house, lina, "Wang", "Zhao", "Wang")
        await lina.ask(wish.AddContact, number=house.people["Wang"].number, remark=" 老王 ")
        assert await shown(lina) == [("Wang", "老王", "active"), ("Zhao", "", "active")]
        for _ in range(2):
            assert isinstance(await lina.ask(wish.MoveContact, member=member(house, "Zhao"), before=member(house, "Wang")), Done)
            assert await names(lina) == ["Zhao", "Wang"]
        for _ in range(2):
            assert isinstance(await lina.ask(wish.RemoveContact, member=member(house, "Wang")), Done)
            assert await names(lina) == ["Zhao"]
        await add(house, lina, "Wang")
        assert await shown(lina) == [("Zhao", "", "active"), ("Wang", "", "active")], "who was removed is a new one"


@CROSSED
async def test_groups_are_made_named_ordered_and_deleted_and_members_are_in_several(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        made = client_id()
        lunch = (await lina.ask(wish.MakeContactGroup, id=made, name="Lunch")).group
        assert (await lina.ask(wish.MakeContactGroup, id=made, name=" Lunch ")).group == lunch, "the same wish"
        assert await lina.refused(wish.MakeContactGroup, id=made, name="Dinner") == "id.conflict"
        golf = (await lina.ask(wish.MakeContactGroup, id=client_id(), name="Golf")).group
        assert await lina.refused(wish.MakeContactGroup, id=client_id(), name="golf") == "contact_group.name_taken"
        assert await lina.refused(wish.RenameContactGroup, group=lunch, name="GOLF") == "contact_group.name_taken"
        for name in ("Wang", "Zhao", "Wang"):
            assert isinstance(await lina.ask(wish.PutInContactGroup, group=lunch, member=member(house, name)), Done)
        await lina.ask(wish.PutInContactGroup, group=golf, member=member(house, "Wang"))
        assert await inside(lina) == {"Lunch": ["Zhao", "Wang"], "Golf": ["Wang"]}
        assert await names(lina) == ["Wang", "Zhao"], "who is put into a group is a contact"
        await lina.ask(wish.PutInContactGroup, group=lunch, member=member(house, "Wang"), before=member(house, "Zhao"))
        await lina.ask(wish.MoveContactGroup, group=golf, before=lunch)
        await lina.ask(wish.RenameContactGroup, group=lunch, name="午饭")
        assert await inside(lina) == {"Golf": ["Wang"], "午饭": ["Wang", "Zhao"]}
        for _ in range(2):
            assert isinstance(await lina.ask(wish.TakeOutOfContactGroup, group=lunch, member=member(house, "Wang")), Done)
        assert await inside(lina) == {"Golf": ["Wang"], "午饭": ["Zhao"]}
        for _ in range(2):
            assert isinstance(await lina.ask(wish.DeleteContactGroup, group=lunch), Done)
        assert await inside(lina) == {"Golf": ["Wang"]}
        assert await names(lina) == ["Wang", "Zhao"]
        await lina.ask(wish.RemoveContact, member=member(house, "Wang"))
        await add(house, lina, "Wang")
        assert await inside(lina) == {"Golf": []}, "removed is removed from all groups"
        assert (await lina.ask(wish.MakeContactGroup, id=made, name="Lunch")).group == lunch, "that wish was fulfilled once"


@CROSSED
async def test_whoever_is_not_there_is_refused_and_nothing_is_half_done(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        await add(house, lina, "Wang")
        lunch = (await lina.ask(wish.MakeContactGroup, id=client_id(), name="Lunch")).group
        for wrong, code in (
            ({"type": "add_contact", "member": member(house, "Li Na")}, "contact.oneself"),
            ({"type": "add_contact"}, "conversation.nobody_named"),
            ({"type": "add_contact", "member": member(house, "Wang"), "number": "10002"}, "conversation.nobody_named"),
            ({"type": "add_contact", "member": "not+an+id!"}, "member.not_found"),
            ({"type": "add_contact", "member": member(house, "Zhao"), "remark": "x" * 41}, "name.invalid"),
            ({"type": "remove_contact", "member": member(house, "Zhao")}, "member.not_found"),
            ({"type": "move_contact", "member": member(house, "Wang"), "before": member(house, "Zhao")}, "member.not_found"),
            ({"type": "move_contact", "member": member(house, "Zhao")}, "member.not_found"),
            ({"type": "make_contact_group", "id": client_id(), "name": " "}, "name.invalid"),
            ({"type": "make_contact_group", "id": client_id(), "name": "x" * 41}, "name.invalid"),
            ({"type": "move_contact_group", "group": lunch, "before": NOBODY}, "contact_group.not_found"),
            ({"type": "put_in_contact_group", "group": NOBODY, "member": member(house, "Zhao")}, "contact_group.not_found"),
            ({"type": "put_in_contact_group", "group": lunch, "member": member(house, "Zhao"), "before": NOBODY}, "member.not_found"),
            ({"type": "take_out_of_contact_group", "group": lunch, "member": member(house, "Wang")}, "member.not_found"),
            ({"type": "get_contacts", "page": "p1.YmFy"}, "page.cursor_invalid"),
            ({"type": "list_recent_contacts", "page": "yesterday"}, "page.cursor_invalid"),
        ):
            assert (await lina.ask_plain(**wrong)).code == code, wrong
        assert await names(lina) == ["Wang"]
        assert await inside(lina) == {"Lunch": []}


async def test_more_than_the_limits_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONTACTS", "CONTACT_GROUPS", "CONTACT_GROUP_ENTRIES"):
        monkeypatch.setattr(limits, name, 1)
    async with signed_in(house, "Li Na") as lina:
        await add(house, lina, "Wang")
        assert await lina.refused(wish.AddContact, member=member(house, "Zhao")) == "contact.too_many"
        lunch = (await lina.ask(wish.MakeContactGroup, id=client_id(), name="Lunch")).group
        assert await lina.refused(wish.MakeContactGroup, id=client_id(), name="Golf") == "contact_group.too_many"
        assert await lina.refused(wish.PutInContactGroup, group=lunch, member=member(house, "Zhao")) == "contact.too_many"
        await lina.ask(wish.PutInContactGroup, group=lunch, member=member(house, "Wang"))
        monkeypatch.setattr(limits, "CONTACTS", 2)
        assert await lina.refused(wish.PutInContactGroup, group=lunch, member=member(house, "Zhao")) == "contact_group.full"
        assert await names(lina) == ["Wang"], "who was refused is no contact either"


async def test_all_devices_have_the_same_after_every_act(house: House) -> None:
    wang, zhao = member(house, "Wang"), member(house, "Zhao")
    async with signed_in(house, "Li Na") as lina:
        lunch, golf = [(await lina.ask(wish.MakeContactGroup, id=client_id(), name=name)).group for name in ("Lunch", "Golf")]
    acts: list[tuple[type[wish.Command], dict[str, Any]]] = [
        (wish.AddContact, {"member": wang, "remark": "W"}),
        (wish.AddContact, {"member": zhao}),
        (wish.AddContact, {"member": zhao, "remark": "Z"}),
        (wish.MoveContact, {"member": zhao, "before": wang}),
        (wish.MakeContactGroup, {"id": client_id(), "name": "Chess"}),
        (wish.PutInContactGroup, {"group": lunch, "member": wang}),
        (wish.PutInContactGroup, {"group": lunch, "member": zhao, "before": wang}),
        (wish.MoveContactGroup, {"group": golf, "before": lunch}),
        (wish.RenameContactGroup, {"group": golf, "name": "Tennis"}),
        (wish.TakeOutOfContactGroup, {"group": lunch, "member": wang}),
        (wish.DeleteContactGroup, {"group": lunch}),
        (wish.RemoveContact, {"member": wang}),
    ]
    for kind, fields in acts:
        async with signed_in(house, "Li Na") as lina:
            assert await verify_sync(house, partial(lina.ask, kind, **fields), "Li Na", "Zhao") == {"Li Na"}, "nobody else hears of it"


@CROSSED
async def test_a_token_brings_what_is_new_over_a_resume_and_nothing_else(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        await add(house, lina, "Wang", "Zhao")
        lunch = (await lina.ask(wish.MakeContactGroup, id=client_id(), name="Lunch")).group
        first = await page(lina)
        assert first.snapshot
        assert (await page(lina, first.token)).contacts == ()
        await lina.close()
    async with signed_in(house, "Li Na", codec) as phone:
        await phone.ask(wish.PutInContactGroup, group=lunch, member=member(house, "Wang"))
    async with signed_in(house, "Li Na", codec) as lina:
        got = await page(lina, first.token)
        assert not got.snapshot
        assert [(one.name, len(one.groups)) for one in got.contacts] == [("Wang", 1)]
        assert got.groups == ()
        await lina.ask(wish.RemoveContact, member=member(house, "Wang"))
        await lina.ask(wish.DeleteContactGroup, group=lunch)
        last = await page(lina, got.token)
        assert [(one.member, one.gone) for one in last.contacts] == [(member(house, "Wang"), True)]
        assert [(one.group, one.gone) for one in last.groups] == [(lunch, True)]
        assert (await page(lina, "t1.bm9uc2Vuc2U")).snapshot


@CROSSED
async def test_pages_have_every_contact_once(house: House, codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        await add(house, lina, "Wang", "Zhao")
        await lina.ask(wish.MakeContactGroup, id=client_id(), name="Lunch")
        monkeypatch.setattr(limits, "CONTACTS_PAGE", 1)
        first = await lina.ask(wish.GetContacts)
        assert (len(first.contacts), len(first.groups), first.token) == (1, 1, "")
        second = await lina.ask(wish.GetContacts, page=first.page)
        assert (len(second.contacts), second.groups, second.page) == (1, (), "")
        assert {one.name for one in (*first.contacts, *second.contacts)} == {"Wang", "Zhao"}
        async with signed_in(house, "Wang", codec) as wang:
            assert await wang.refused(wish.GetContacts, page=first.page) == "page.cursor_invalid", "another's page"


# ---- who may be one (SPEC B6)


@CROSSED
async def test_a_hidden_colleague_stays_a_contact_and_can_be_added_from_a_shared_conversation_alone(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Wang", codec=codec) as (lina, wang):
        await add(house, lina, "Zhao")
        await hide(house, "Zhao")
        await everything_told(house, lina, wang)
        assert await shown(lina) == [("Zhao", "", "active")]
        unknown = await wang.ask(wish.AddContact, member=NOBODY)
        assert same_but_for_its_number(unknown, await wang.ask(wish.AddContact, member=member(house, "Zhao")))
        await group(house, "Wang", "Zhao")
        assert await wang.refused(wish.AddContact, number=house.people["Zhao"].number) == "member.not_found", "numbers find nobody hidden"
        await add(house, wang, "Zhao")
        assert await names(wang) == ["Zhao"]
        assert await verify_sync(house, lambda: wang.ask(wish.AddContact, member=member(house, "Zhao"), remark="Z"), "Wang") == {"Wang"}
        await lina.ask(wish.RemoveContact, member=member(house, "Zhao"))
        assert await lina.refused(wish.AddContact, member=member(house, "Zhao")) == "member.not_found", "gone is gone"


async def test_who_is_disabled_is_shown_so_and_who_is_deleted_goes_and_both_are_told(house: House) -> None:
    companies, leaving = house.running.companies, LeavingService(house.running.storage, cast(Any, None))
    async with signed_in(house, "Li Na") as lina:
        await add(house, lina, "Wang", "Zhao")

        async def disable() -> None:
            await companies.disable(OPERATOR, ACME, house.people["Wang"].number, "leave")
            await until(lambda: house.running.contacts.is_settled)

        async def delete() -> None:
            await leaving.delete(OPERATOR, ACME, house.people["Wang"].number, reason="left")
            await leaving.finish_begun()

        assert await verify_sync(house, disable, "Li Na") == {"Li Na"}
        assert await shown(lina) == [("Wang", "", "disabled"), ("Zhao", "", "active")]
        assert await verify_sync(house, delete, "Li Na") == {"Li Na"}
        assert await names(lina) == ["Zhao"]


async def test_who_has_not_added_somebody_hears_nothing_of_him(house: House) -> None:
    async with people(house, "Li Na", "Zhao") as (lina, zhao):
        await add(house, lina, "Wang")
        await everything_told(house, lina, zhao)
        lina.events.clear()
        await MemberService(house.running.storage).set_hidden(OPERATOR, ACME, [member(house, "Wang")], True)
        await everything_told(house, lina, zhao)
        await until(lambda: house.running.contacts.is_settled)
        await zhao.barrier()
        assert not zhao.all(ContactsChanged)


# ---- recent contacts


@CROSSED
async def test_recent_contacts_are_who_wrote_or_was_written_to_last_first_also_hidden_ones(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Wang", "Zhao", codec=codec) as (lina, wang, zhao):
        with_wang, with_zhao = await lina.direct(member(house, "Wang")), await zhao.direct(member(house, "Li Na"))
        await lina.direct(member(house, "Li Na"))
        assert (await lina.ask(wish.ListRecentContacts)).contacts == (), "opened is not talked"
        await lina.send(with_wang, "hi")
        await zhao.send(with_zhao, "hello")
        await hide(house, "Zhao")
        first = await lina.ask(wish.ListRecentContacts, limit=1)
        assert [(one.name, one.conversation) for one in first.contacts] == [("Zhao", with_zhao)]
        second = await lina.ask(wish.ListRecentContacts, page=first.page)
        assert [(one.name, one.state) for one in second.contacts] == [("Wang", "active")]
        assert second.page == ""
        assert [one.name for one in (await wang.ask(wish.ListRecentContacts)).contacts] == ["Li Na"]

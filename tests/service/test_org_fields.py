"""Fields of a company's own, who is shown which, and one's own profile (SPEC B3, B9, B10)."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from protocol.errors import MemberNotFound
from protocol.ids import to_wire
from server.org.cards import Changes, OwnChanges
from server.org.errors import FieldNotFound, FieldValueInvalid, PrivacyUnknown, TagsInvalid
from server.org.fields import FieldService
from server.org.own import OwnProfileService
from storage import companies, company_log, fields, people
from storage.company_log import Changed
from tests.support.office import ROOT, Office


async def number_of(office: Office) -> int:
    found = await office.storage.read(lambda read: companies.find(read, "acme"))
    assert found is not None
    return found.id


async def values(office: Office, member: int) -> Mapping[int, str]:
    company = await number_of(office)
    return (await office.storage.read(lambda read: fields.values(read, company, [member]))).get(member, {})


async def last_change(office: Office) -> Changed:
    company = await number_of(office)
    return (await office.storage.read(lambda read: company_log.since(read, company, 0, 1000)))[-1][1]


async def test_a_company_has_fields_of_its_own_and_members_have_values(office: Office) -> None:
    lina = await office.member(await office.company("acme"))
    service = FieldService(office.storage)
    badge = await service.add(ROOT, "acme", "Badge")
    size = await service.add(ROOT, "acme", "Size", kind="choice", choices=["S", "M"], is_required=True)
    assert [one.name for one in await service.list_fields(ROOT, "acme")] == ["Badge", "Size"]
    await service.set_values(ROOT, "acme", lina.number, {badge.id: "0012", size.id: "M"})
    await service.set_values(ROOT, "acme", lina.number, {badge.id: ""})
    assert await values(office, lina.member) == {size.id: "M"}
    assert await last_change(office) == Changed(members=(lina.member,))
    entry = (await office.trail("acme"))[-1]
    assert (entry.act, entry.details) == ("member.change", {"member": to_wire(lina.member), "Badge": ["0012", ""]})
    with pytest.raises(FieldValueInvalid):
        await service.set_values(ROOT, "acme", lina.number, {size.id: "XL"})
    await service.change(ROOT, "acme", replace(size, name="Shirt"))
    assert (await office.trail("acme"))[-1].details == {"field": to_wire(size.id), "name": ["Size", "Shirt"]}
    await service.delete(ROOT, "acme", size.id)
    assert await values(office, lina.member) == {}
    company = await number_of(office)
    assert not await office.storage.transact(lambda work: fields.forget(work, company, size.id))  # all went with it
    with pytest.raises(FieldNotFound):
        await service.set_values(ROOT, "acme", lina.number, {size.id: "M"})


async def test_a_company_says_who_is_shown_which_field(office: Office) -> None:
    await office.company("acme")
    service = FieldService(office.storage)
    badge = await service.add(ROOT, "acme", "Badge")
    await service.set_privacy(ROOT, "acme", "phone", "own_unit")
    await service.set_privacy(ROOT, "acme", "phone", "hidden")
    await service.set_privacy(ROOT, "acme", to_wire(badge.id), "own_unit")
    company = await number_of(office)
    found = await office.storage.read(lambda read: fields.privacy(read, company))
    assert found == {"phone": "hidden", to_wire(badge.id): "own_unit"}
    assert await last_change(office) == Changed(subjects=("privacy",))
    assert (await office.trail("acme"))[-2].details == {"field": "phone", "shown": ["own_unit", "hidden"]}
    for field, shown, refusal in (("name", "hidden", FieldNotFound), ("phone", "friends", PrivacyUnknown)):
        with pytest.raises(refusal):
            await service.set_privacy(ROOT, "acme", field, shown)
    with pytest.raises(FieldNotFound):
        await service.set_privacy(ROOT, "acme", to_wire(77), "hidden")


async def test_a_member_who_changes_his_name_is_read_as_it_usually_is(office: Office) -> None:
    """SPEC B10. What an administrator corrected was for the name before."""
    lina = await office.member(await office.company("acme"), "单雄信")
    await office.members.change(ROOT, "acme", lina.number, Changes(pinyin="shan xiong xin"))
    company, own = await number_of(office), OwnProfileService(office.storage)
    for name, pinyin in (("单雄信", "shan xiong xin"), ("张三", "")):
        await own.change(company, lina.member, OwnChanges(name=name))
        record = (await office.storage.read(lambda read: people.records(read, company, [lina.member])))[lina.member]
        assert (record.name, record.pinyin) == (name, pinyin)


async def test_a_member_changes_his_own_profile(office: Office) -> None:
    lina = await office.member(await office.company("acme"), phone="13800138000")
    company = await number_of(office)
    own = OwnProfileService(office.storage)
    before = len(await office.trail("acme"))
    changes = OwnChanges(nickname="Nana", star_sign="leo", signature="Here\nI am", is_phone_private=True, tags=("chess", "go", "chess"))
    await own.change(company, lina.member, changes)
    record = (await office.storage.read(lambda read: people.records(read, company, [lina.member])))[lina.member]
    assert (record.nickname, record.star_sign, record.signature, record.is_phone_private) == ("Nana", "leo", "Here\nI am", True)
    assert (record.name, record.phone) == ("Li Na", "13800138000")
    assert await office.storage.read(lambda read: people.tags(read, lina.member)) == ("chess", "go")
    assert lina.member in office.told[-1].payload.members
    told = len(office.told)
    await own.change(company, lina.member, changes)
    assert len(office.told) == told  # so already
    with pytest.raises(TagsInvalid):
        await own.change(company, lina.member, OwnChanges(tags=("x" * 21,)))
    with pytest.raises(MemberNotFound):
        await own.change(company + 1, lina.member, changes)
    assert len(await office.trail("acme")) == before

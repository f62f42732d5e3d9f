"""What is kept of a card is checked alike whether an administrator says it, of a newcomer or a member, or he himself (SPEC B3, B10)."""

from collections.abc import Awaitable
from typing import Any

import pytest

from protocol.errors import YizhanError
from server.companies.newcomers import Newcomer
from server.directory.pinyin import PinyinInvalid
from server.org.cards import Changes, OwnChanges
from server.org.errors import GenderUnknown, MailInvalid, PhoneInvalid, PhoneOrMailNeeded
from server.org.own import OwnProfileService
from storage import companies, people
from storage.people import Record
from tests.support.office import ROOT, Office

WRONG: list[tuple[dict[str, Any], type[YizhanError]]] = [
    ({"phone": "call me"}, PhoneInvalid),
    ({"mail": "not a mail"}, MailInvalid),
    ({"gender": "blah"}, GenderUnknown),
    ({"pinyin": "nonsense here"}, PinyinInvalid),
]


async def record_of(office: Office, member: int) -> Record:
    found = await office.storage.read(lambda read: companies.find(read, "acme"))
    assert found is not None
    return (await office.storage.read(lambda read: people.records(read, found.id, [member])))[member]


async def refused(office: Office, call: Awaitable[object], error: type[YizhanError]) -> None:
    with pytest.raises(error):
        await call
    entry = (await office.trail("acme"))[-1]
    assert (entry.outcome, entry.details["error"]) == ("refused", error.code)


async def test_a_newcomers_card_is_kept_in_one_spelling(office: Office) -> None:
    await office.company()
    one = Newcomer(name="单雄信", phone="+86 138-0013-8000 ", mail=" shan@acme.cn", gender="男", pinyin="Shanxiongxin")
    (added,) = await office.companies.add_many(ROOT, "acme", [one])
    there = await record_of(office, added.member)
    assert (there.phone, there.mail, there.gender, there.pinyin) == ("13800138000", "shan@acme.cn", "male", "shan xiong xin")


@pytest.mark.parametrize(("wrong", "error"), WRONG)
async def test_what_a_card_cannot_be_is_refused_of_newcomers_members_and_successors_on_a_number(
    office: Office, wrong: dict[str, Any], error: type[YizhanError]
) -> None:
    await office.company()
    shan = await office.member("acme", "单雄信")
    before = await record_of(office, shan.member)
    await refused(office, office.companies.add_many(ROOT, "acme", [Newcomer(name="单雄信", **wrong)]), error)
    await refused(office, office.members.change(ROOT, "acme", shan.number, Changes(**wrong)), error)
    await refused(office, office.leaving.reassign(ROOT, "acme", shan.number, Newcomer(name="单雄信", **wrong)), error)
    assert await record_of(office, shan.member) == before


async def test_a_phone_that_nobody_sees_is_none_where_one_is_needed(office: Office) -> None:
    await office.company()
    await office.settings.set_needs_phone_or_mail(ROOT, "acme", True)
    await refused(office, office.companies.add_many(ROOT, "acme", [Newcomer(name="Li", phone="\u200b")]), PhoneOrMailNeeded)
    assert await office.companies.list_members(ROOT, "acme") == [], "nobody was added"


async def test_a_member_says_of_himself_what_an_administrator_could(office: Office) -> None:
    await office.company()
    li = await office.member("acme", "Li Na")
    company = (await record_of(office, li.member)).company
    own = OwnProfileService(office.storage)
    await own.change(company, li.member, OwnChanges(gender="f", office_phone=" 8001\u200b"))
    there = await record_of(office, li.member)
    assert (there.gender, there.office_phone) == ("female", "8001")
    with pytest.raises(GenderUnknown):
        await own.change(company, li.member, OwnChanges(gender="blah"))
    assert await record_of(office, li.member) == there

"""Asking somebody outside to become a contact, and what is learned of it: by who is asked everything, by others nothing (SPEC H1)."""

import msgspec
import pytest

from protocol import limits
from protocol.errors import IdConflict, MemberNotFound
from protocol.ids import from_wire, to_wire
from server.outside.asking import Wanted
from server.outside.errors import (
    AlreadyOutside,
    OutsideColleague,
    OutsideImpossible,
    OutsideNobodyNamed,
    OutsideNotPermitted,
    OutsideOff,
    OutsideOneself,
    OutsideRequestNotFound,
    TooManyBrought,
    TooManyOutside,
    TooManyOutsideRequests,
)
from server.roles.service import RoleService
from storage import outside
from storage import outside_requests as requests
from storage.outside import Contact
from storage.work import Work
from tests.support.cast import draw, group
from tests.support.office import DAY, HOUR, ROOT, Office
from tests.support.outside import There, seen_by, settle_outside

UNKNOWN = "999999"


async def test_who_is_asked_sees_who_asks_and_accepted_each_has_the_other(office: Office) -> None:
    there = await There(office).build()
    with pytest.raises(MemberNotFound):
        await there.name_on_card(there.smith, there.lina)
    await there.ask(there.lina, there.smith, words="Li Na of Acme", remark="Smith of Bolt")
    (asked,) = await there.to(there.smith)
    assert (asked.name, asked.company, asked.words, asked.remark) == ("Li Na", "acme Ltd", "Li Na of Acme", "")
    assert await there.name_on_card(there.smith, there.lina) == "Li Na"
    with pytest.raises(MemberNotFound):
        await there.name_on_card(there.lina, there.smith)
    await there.accept(there.smith, there.lina, remark="Nana")
    assert await there.to(there.smith) == []
    (mine,), (hers,) = (await there.kept(there.smith)).values(), (await there.kept(there.lina)).values()
    assert (mine.name, mine.remark, hers.name, hers.remark) == ("Li Na", "Nana", "Smith", "Smith of Bolt")
    assert await there.name_on_card(there.lina, there.smith) == "Smith"
    assert [(one.state, one.member) for one in await there.of(there.lina)] == [("accepted", to_wire(there.smith.id))]
    assert await there.says(there.lina, await there.talk(there.lina, there.smith))
    for other in (there.wang, there.jones):
        assert (await there.kept(other), await there.to(other), await there.of(other)) == ({}, [], [])


async def test_who_asks_is_not_written_to_nor_kept_before_he_is_accepted(office: Office) -> None:
    there = await There(office).build()
    await there.ask(there.lina, there.smith)
    for who, whom in ((there.smith, there.lina), (there.lina, there.smith)):
        with pytest.raises(MemberNotFound):
            await there.talk(who, whom)


async def test_nobody_learns_whether_an_address_is_somebodys(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise V4: whoever is asked, or nobody, as many statements run, and the one who asked has the same in his list."""
    there = await There(office).build()
    blocking, off = await there.actor("bolt", "Blocking"), await there.actor("bolt", "Off")
    await there.ask(there.lina, blocking)
    await there.refuse(blocking, there.lina, block=True)
    await office.members.set_hidden(ROOT, "acme", [to_wire(there.zhao.id)], True)
    await office.leaving.disable(ROOT, "bolt", [to_wire(off.id)], "")
    await there.befriend(there.lina, there.jones)
    office.clock.advance(2 * DAY)
    counts: list[int] = []
    finish = Work.finish

    async def counting(work: Work) -> bool:
        counts.append(work.statements)
        return await finish(work)

    monkeypatch.setattr(Work, "finish", counting)
    before = {one.asked for one in await there.of(there.lina)}
    cases = [UNKNOWN, "who knows", "nobody@home.example", "+8613900000000"]
    addresses = [*cases, *(there.numbers[one.id] for one in (there.smith, blocking, off, there.zhao, there.wang, there.jones, there.ming))]
    for address in addresses:
        await there.ask(there.lina, address, words="hello")
    made = [one for one in await there.of(there.lina) if one.asked not in before]
    assert len(made) == len(addresses)
    assert {msgspec.structs.replace(one, asked="", address="") for one in made} == {
        msgspec.structs.replace(made[0], asked="", address="", state="waiting", member="")
    }
    assert len(set(counts)) == 1, counts
    reached = [one.name for one in (there.smith, blocking, off, there.zhao, there.wang, there.jones, there.ming) if await there.to(one)]
    assert reached == ["Smith", "Ming"]


async def test_a_refusal_is_told_to_nobody_and_a_request_expires_like_one_that_nobody_got(office: Office) -> None:
    there = await There(office).build()
    await there.ask(there.lina, there.smith)
    await there.ask(there.lina, UNKNOWN)
    await there.refuse(there.smith, there.lina)
    assert await there.to(there.smith) == []
    assert {one.state for one in await there.of(there.lina)} == {"waiting"}
    office.clock.advance(limits.OUTSIDE_REQUEST_DAYS * DAY)
    assert {one.state for one in await there.of(there.lina)} == {"expired"}


async def test_who_was_refused_may_ask_again_and_who_was_blocked_reaches_nobody(office: Office) -> None:
    there = await There(office).build()
    for block in (False, True):
        await there.ask(there.lina, there.smith)
        await there.refuse(there.smith, there.lina, block=block)
    await there.ask(there.lina, there.smith)
    assert await there.to(there.smith) == []
    await there.contacts.block(seen_by(there.smith), there.lina.id, on=False)
    await there.ask(there.lina, there.smith)
    assert len(await there.to(there.smith)) == 1
    assert await there.kept(there.smith) == {}


async def test_only_who_was_asked_answers_and_only_as_long_as_it_waits(office: Office) -> None:
    there = await There(office).build()
    await there.ask(there.lina, there.smith)
    asked = await there.asked(there.smith, there.lina)
    for act in (there.requests.accept, there.requests.refuse):
        for who in (there.jones, there.lina):
            with pytest.raises(OutsideRequestNotFound):
                await act(seen_by(who), asked)
    with pytest.raises(OutsideRequestNotFound):
        await there.requests.withdraw(seen_by(there.smith), asked)
    await there.requests.withdraw(seen_by(there.lina), asked)
    await there.requests.withdraw(seen_by(there.lina), asked)  # twice does no harm
    with pytest.raises(OutsideRequestNotFound):
        await there.requests.accept(seen_by(there.smith), asked)
    assert await there.to(there.smith) == []
    assert [one.state for one in await there.of(there.lina)] == ["withdrawn"]
    await there.ask(there.lina, there.smith)
    asked = await there.asked(there.smith, there.lina)
    office.clock.advance(limits.OUTSIDE_REQUEST_DAYS * DAY)
    assert await there.to(there.smith) == []
    for act in (there.requests.accept, there.requests.refuse):
        with pytest.raises(OutsideRequestNotFound):
            await act(seen_by(there.smith), asked)


async def test_the_card_of_who_asks_is_shown_as_long_as_the_request_waits(office: Office) -> None:
    there = await There(office).build()
    await there.ask(there.lina, there.smith)
    office.clock.advance(limits.OUTSIDE_REQUEST_DAYS * DAY - 1)
    assert await there.name_on_card(there.smith, there.lina) == "Li Na"
    office.clock.advance(1)
    assert await there.to(there.smith) == []
    with pytest.raises(MemberNotFound):
        await there.name_on_card(there.smith, there.lina)


async def test_one_wish_is_one_request_and_the_same_id_for_another_thing_a_conflict(office: Office) -> None:
    there = await There(office).build()
    wish = draw().to_bytes(16)
    for _ in range(2):
        await there.ask(there.lina, there.smith, words="hello", id=wish)
    assert len(await there.of(there.lina)) == 1
    with pytest.raises(IdConflict):
        await there.ask(there.lina, there.jones, words="hello", id=wish)
    with pytest.raises(IdConflict):
        await there.ask(there.lina, there.smith, words="hi", id=wish)
    await there.accept(there.smith, there.lina)
    asked = (await there.of(there.lina))[0].asked
    before = len(office.told)
    await there.requests.accept(seen_by(there.smith), from_wire(asked))
    assert len(office.told) == before, "twice does no harm, and writes nothing"


async def test_requests_are_limited_within_a_day_whether_they_reach_anybody_or_not(office: Office) -> None:
    there = await There(office, requests_a_day=2, imported_a_day=3).build()
    await there.ask(there.lina, there.smith)
    office.clock.advance(HOUR)
    await there.ask(there.lina, UNKNOWN)
    for address in (there.numbers[there.jones.id], UNKNOWN):
        with pytest.raises(TooManyOutsideRequests) as refused:
            await there.ask(there.lina, address)
        assert refused.value.data == {"limit": 2}
    await there.ask(there.wang, there.smith)  # the limit is each one's own
    book = [Wanted(draw().to_bytes(16), address=address) for address in (UNKNOWN, there.numbers[there.jones.id])]
    await there.requests.bring(seen_by(there.lina), book)
    with pytest.raises(TooManyBrought):
        await there.requests.bring(seen_by(there.lina), [Wanted(draw().to_bytes(16), address=UNKNOWN) for _ in range(2)])
    await there.requests.bring(seen_by(there.lina), book)  # the same wishes: nothing new
    assert len(await there.of(there.lina)) == 4
    assert [one.name for one in await there.to(there.jones)] == ["Li Na"]
    office.clock.advance(DAY - HOUR)
    await there.ask(there.lina, there.ming)
    with pytest.raises(TooManyOutsideRequests):
        await there.ask(there.lina, UNKNOWN)


async def test_a_member_who_is_known_is_asked_by_his_id_and_an_unknown_one_is_nobody(office: Office) -> None:
    there = await There(office).build()
    for unknown in (there.smith.id, 7):
        with pytest.raises(MemberNotFound):
            await there.ask_known(there.lina, unknown)
    await group(office.storage, there.lina, there.smith)
    await there.ask_known(there.lina, there.smith.id)
    await there.accept(there.smith, there.lina)
    for error, whom in ((AlreadyOutside, there.smith), (OutsideColleague, there.wang), (OutsideOneself, there.lina)):
        with pytest.raises(error):
            await there.ask_known(there.lina, whom.id)
    for wanted in (Wanted(bytes(16)), Wanted(bytes(16), there.smith.id, there.numbers[there.smith.id]), Wanted(bytes(16), address="  ")):
        with pytest.raises(OutsideNobodyNamed):
            await there.requests.ask(seen_by(there.lina), wanted)


async def test_people_with_personal_accounts_are_asked_by_mail_and_are_no_colleagues_of_each_other(office: Office) -> None:
    there = await There(office).build()
    await there.befriend(there.ming, there.hong)
    await there.befriend(there.lina, there.ming)
    assert sorted(await there.kept(there.ming)) == ["Hong", "Li Na"]
    for who, whom in ((there.ming, there.hong), (there.ming, there.lina), (there.lina, there.ming)):
        assert await there.says(who, await there.talk(who, whom))
    with pytest.raises(MemberNotFound):
        await there.name_on_card(there.hong, there.lina)


async def test_a_company_that_forbids_outside_contacts_neither_asks_nor_is_asked(office: Office) -> None:
    there = await There(office).build()
    await there.ask(there.lina, there.smith)
    await settle_outside(there, "acme", False)
    with pytest.raises(OutsideOff):
        await there.ask(there.lina, there.jones)
    with pytest.raises(OutsideImpossible):
        await there.accept(there.smith, there.lina)
    await there.ask(there.smith, there.wang)
    assert await there.to(there.wang) == []
    await settle_outside(there, "acme", True)
    await there.accept(there.smith, there.lina)
    assert "Smith" in await there.kept(there.lina)


async def test_whose_role_does_not_permit_it_neither_asks_nor_accepts(office: Office) -> None:
    there = await There(office).build()
    await there.ask(there.smith, there.wang)
    await RoleService(office.storage).give(ROOT, "acme", [there.numbers[there.wang.id]], "invited")
    with pytest.raises(OutsideNotPermitted):
        await there.ask(there.wang, there.jones)
    with pytest.raises(OutsideNotPermitted):
        await there.accept(there.wang, there.smith)
    await there.ask(there.jones, there.wang)
    assert [one.name for one in await there.to(there.wang)] == ["Smith"]


async def test_who_has_too_many_contacts_neither_asks_nor_is_added(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    there = await There(office).build()
    monkeypatch.setattr(limits, "OUTSIDE_CONTACTS", 1)
    await there.ask(there.lina, there.smith)
    await there.ask(there.lina, there.jones)
    await there.ask(there.wang, there.smith)
    await there.accept(there.smith, there.lina)
    with pytest.raises(TooManyOutside):
        await there.ask(there.lina, there.ming)
    with pytest.raises(TooManyOutside):
        await there.accept(there.smith, there.wang)
    with pytest.raises(OutsideImpossible):
        await there.accept(there.jones, there.lina)


async def test_what_is_long_past_is_removed(office: Office) -> None:
    there = await There(office).build()
    await there.ask(there.lina, UNKNOWN)
    office.clock.advance(HOUR)
    await there.ask(there.lina, there.smith)
    before = office.clock.now()
    assert await office.storage.unit(lambda work: requests.remove_old(work, before)) == 1
    assert [one.address for one in await there.of(there.lina)] == [there.numbers[there.smith.id]]


async def test_lists_are_given_page_by_page(office: Office) -> None:
    there = await There(office).build()
    for whom in (there.smith, there.jones, there.ming):
        await there.befriend(there.lina, whom)
        await there.ask(whom, there.wang)
    for ask, who in ((there.pages.contacts, there.lina), (there.pages.to_me, there.wang), (there.pages.mine, there.lina)):
        first, page = await ask(seen_by(who), "", 2)
        rest, last = await ask(seen_by(who), page, 2)
        assert (len({*first, *rest}), len(first), last) == (3, 2, "")


async def test_a_remark_of_before_stays_when_they_become_contacts_again(office: Office) -> None:
    there = await There(office).build()
    await there.befriend(there.lina, there.smith, remark="Smithy")
    await there.contacts.remove(seen_by(there.smith), there.lina.id)
    await there.befriend(there.smith, there.lina)
    assert (await there.kept(there.lina))["Smith"].remark == "Smithy"
    found = await office.storage.read(lambda read: outside.find(read, there.lina.company, there.lina.id, there.smith.id))
    assert isinstance(found, Contact)
    assert not found.removed

"""A notice to chosen members, by chat and by mail (SPEC B8)."""

import pytest

from protocol.errors import MemberNotFound
from protocol.ids import to_wire
from server.audit.service import Actor
from server.companies.errors import WordsInvalid
from server.companies.newcomers import Newcomer
from server.notifier.base import Notice, NotSent
from server.notifier.memory import MemoryNotifier
from server.org.errors import NoticeEmpty
from server.org.notices import BOTH, MOST_CHARACTERS, TOGETHER, NoticeService
from server.roles.errors import NotAllowed
from tests.support.leaving import system_messages
from tests.support.office import ROOT, Office


async def test_the_chosen_and_nobody_else_are_told_in_chat_and_by_mail(office: Office) -> None:
    await office.company()
    lina = await office.member("acme", "Li Na", mail="li@example.com")
    wang = await office.member("acme", "Wang")
    zhao = await office.member("acme", "Zhao", mail="zhao@example.com")
    mails = MemoryNotifier()
    notices = NoticeService(office.storage, {"mail": mails})
    left = await notices.send(ROOT, "acme", [lina.number, wang.number], " Lunch\nat noon ", subject="Lunch", by=BOTH)
    assert left == [wang.number]  # who has no address
    for one in (lina, wang):
        ((text, unread),) = await system_messages(office, one)
        assert ("acme Ltd" in text, text.endswith("\n\nLunch\nat noon"), unread) == (True, True, 1)
    assert await system_messages(office, zhao) == []
    assert [(mail.to, mail.subject, mail.text) for mail in mails.sent] == [("li@example.com", "Lunch", text)]
    entry = (await office.trail("acme"))[-1]
    assert entry.act == "member.notice"
    assert entry.details["members"] == [to_wire(lina.member), to_wire(wang.member)]
    assert entry.details["text"] == "Lunch\nat noon"


async def test_by_mail_alone_nothing_is_said_in_chat_and_what_was_not_taken_is_named(office: Office) -> None:
    class Broken:
        async def send(self, notice: Notice) -> None:
            raise NotSent("SMTPServerDisconnected")

    await office.company()
    lina = await office.member("acme", "Li Na", mail="li@example.com")
    for ways in ({"mail": Broken()}, {}):
        assert await NoticeService(office.storage, ways).send(ROOT, "acme", [lina.number], "Lunch", by=["mail"]) == [lina.number]
    assert await system_messages(office, lina) == []


async def test_who_is_not_active_and_a_robot_are_told_nothing(office: Office) -> None:
    await office.company()
    lina, wang = await office.member("acme", "Li Na"), await office.member("acme", "Wang")
    (mei,) = await office.companies.add_many(ROOT, "acme", [Newcomer(name="Mei")], draft=True)
    robot, _ = await office.companies.add_robot(ROOT, "acme", "Clock")
    await office.leaving.disable(ROOT, "acme", [wang.number], "")
    whos = [wang.number, mei.number, to_wire(robot), lina.number, lina.number]
    assert await NoticeService(office.storage, {}).send(ROOT, "acme", whos, "Lunch") == [wang.number, mei.number, to_wire(robot)]
    assert [len(await system_messages(office, one)) for one in (wang, mei, lina)] == [0, 0, 1]


async def test_a_notice_that_cannot_be_is_refused_with_its_entry_and_told_to_nobody(office: Office) -> None:
    await office.company()
    await office.company("bolt", first_number=5001)
    lina, smith = await office.member("acme", "Li Na"), await office.member("bolt", "Smith")
    notices = NoticeService(office.storage, {})
    for actor, who, text, error in (
        (ROOT, lina.number, " \n", NoticeEmpty),
        (ROOT, lina.number, "x" * (MOST_CHARACTERS + 1), WordsInvalid),
        (ROOT, smith.number, "Lunch", MemberNotFound),
        (Actor("member", "Li Na", lina.member), lina.number, "Lunch", NotAllowed),
    ):
        with pytest.raises(error):
            await notices.send(actor, "acme", [lina.number, who], text)
        assert (await office.trail("acme"))[-1].outcome == "refused"
    assert await system_messages(office, lina) == await system_messages(office, smith) == []


async def test_more_than_one_act_can_tell_are_all_told_once(office: Office) -> None:
    await office.company()
    added = await office.companies.add_many(ROOT, "acme", [Newcomer(name=f"Member {nth}") for nth in range(TOGETHER + 2)])
    assert await NoticeService(office.storage, {}).send(ROOT, "acme", [one.number for one in added], "Lunch") == []
    assert [len(await system_messages(office, one)) for one in added] == [1] * (TOGETHER + 2)
    assert [len(one.details["members"]) for one in await office.trail("acme") if one.act == "member.notice"] == [TOGETHER, 2]

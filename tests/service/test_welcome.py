"""Newcomers are told by mail how they sign in (SPEC B3, B7)."""

from protocol.ids import to_wire
from server.companies.newcomers import Newcomer
from server.companies.welcome import SHARED, WelcomeService
from server.notifier.base import Notice, NotSent
from server.notifier.memory import MemoryNotifier
from tests.support.office import ROOT, Office, laptop


async def test_a_newcomer_signs_in_with_what_the_mail_says_and_the_trail_says_no_password(office: Office) -> None:
    await office.company()
    mails = MemoryNotifier()
    newcomers = [Newcomer(name="Li Na", mail="li@example.com"), Newcomer(name="Wang")]
    added = await office.companies.add_many(ROOT, "acme", newcomers)
    assert await WelcomeService(office.storage, {"mail": mails}).send(ROOT, "acme", added) == [added[1].number]
    (mail,) = mails.sent
    assert mail.to == "li@example.com"
    assert all(word in mail.text for word in ("Li Na", "acme Ltd", added[0].number, added[0].password))
    assert (await office.accounts.sign_in(added[0].number, added[0].password, laptop())).must_change_password
    entry = (await office.trail("acme"))[-1]
    assert (entry.act, entry.details) == ("member.welcome", {"members": [to_wire(one.member) for one in added]})


async def test_a_password_that_all_share_is_in_no_mail(office: Office) -> None:
    await office.company()
    await office.settings.set_first_password(ROOT, "acme", "blue horizon 77")
    mails = MemoryNotifier()
    added = await office.companies.add_many(ROOT, "acme", [Newcomer(name="Li Na", mail="li@example.com")])
    assert await WelcomeService(office.storage, {"mail": mails}).send(ROOT, "acme", added) == []
    assert "blue horizon 77" not in mails.sent[0].text
    assert SHARED in mails.sent[0].text


async def test_who_could_not_be_told_is_named(office: Office) -> None:
    class Broken:
        async def send(self, notice: Notice) -> None:
            raise NotSent("SMTPServerDisconnected")

    await office.company()
    await office.company("bolt", first_number=5001)
    added = await office.companies.add_many(ROOT, "acme", [Newcomer(name="Li Na", mail="li@example.com")])
    for ways in ({"mail": Broken()}, {}):
        assert await WelcomeService(office.storage, ways).send(ROOT, "acme", added) == [added[0].number]
    mails = MemoryNotifier()
    assert await WelcomeService(office.storage, {"mail": mails}).send(ROOT, "bolt", added) == [added[0].number]
    assert mails.sent == []

"""Binding a phone or a mail address over the wire: the code comes by what the server was given to send it (SPEC B10)."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protocol.ids import to_wire
from server import app
from server.config.model import Demo, Settings, Smtp
from server.notifier.log import LogNotifier
from server.notifier.memory import MemoryNotifier
from server.notifier.smtp import SmtpNotifier
from server.org.cards import Changes
from server.org.fields import FieldService
from server.org.members import MemberService
from tests.support.house import OPERATOR, PASSWORD, House, open_house
from tests.support.wire import CODECS_TOO, greeted, log_lines, signed_in
from yizhan import Client, ProfileChanged, Refused

MAIL, PHONE = "wang@example.com", "+8613900139000"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> MemoryNotifier:
    """What the server sends, to whomever."""
    kept = MemoryNotifier()

    @contextlib.contextmanager
    def ways(settings: Settings, clock: Any) -> Iterator[dict[str, MemoryNotifier]]:
        yield {"mail": kept, "phone": kept}

    monkeypatch.setattr(app, "_ways", ways)
    return kept


def code_of(sent: MemoryNotifier) -> str:
    (found,) = re.findall(r"\b\d{6}\b", sent.sent[-1].text)
    return str(found)


@pytest.mark.parametrize("codec", ["msgpack", "json"])
async def test_who_bound_a_mail_address_signs_in_by_it_until_an_administrator_changes_it(
    sent: MemoryNotifier, fresh_sqlite: str, tmp_path: Path, codec: Any
) -> None:
    with log_lines() as lines:
        await bound_and_dropped(sent, fresh_sqlite, tmp_path, codec)
    assert lines
    assert not any(code_of(sent) in line or MAIL in line for line in map(str, lines))


async def bound_and_dropped(sent: MemoryNotifier, database: str, folder: Path, codec: Any) -> None:
    async with open_house(database, folder) as house:
        wang = house.people["Wang"]
        async with house.client("Wang", codec=codec, language="zh") as laptop:
            told = await laptop.send_code("mail", MAIL)
            assert (told.valid_seconds, told.again_seconds) == (600, 60)
            assert "验证码" in sent.sent[-1].subject
            with pytest.raises(Refused, match=r"验证码") as wrong:
                await laptop.bind("mail", MAIL, "000000" if code_of(sent) != "000000" else "000001")
            assert wrong.value.code == "binding.code_wrong"
            await laptop.bind("mail", MAIL, code_of(sent))
            async with Client(house.url, name="WANG@example.com", password=PASSWORD, device_class="phone") as phone:
                assert phone.me.member == wang.member
                assert (await phone.profile(wang.member)).bound == ("mail",)
                events = [device.events() for device in (laptop, phone)]
                await MemberService(house.running.storage).change(OPERATOR, "acme", wang.number, Changes(mail="w@acme.example"))
                for device in events:
                    assert await profile_changed(device) == wang.member
                card = await phone.profile(wang.member)
                assert (card.mail, card.bound) == ("w@acme.example", ())


async def profile_changed(events: Any) -> str:
    async with asyncio.timeout(5):
        async for event in events:
            if isinstance(event, ProfileChanged):
                return event.member
    raise AssertionError("it ended")


async def test_codes_are_throttled_and_say_when_to_ask_again(sent: MemoryNotifier, fresh_sqlite: str, tmp_path: Path) -> None:
    async with open_house(fresh_sqlite, tmp_path) as house, house.client("Wang") as wang:
        await wang.send_code("phone", "139 0013 9000")
        assert sent.sent[-1].to == PHONE
        with pytest.raises(Refused) as refused:
            await wang.send_code("phone", "139 0013 9000")
        assert (refused.value.code, len(sent.sent)) == ("binding.too_often", 1)
        assert refused.value.retry_after_ms is not None
        assert 0 < refused.value.retry_after_ms <= 60_000


async def test_a_server_without_a_mail_server_says_so(house: House) -> None:
    async with house.client("Wang") as wang:
        with pytest.raises(Refused) as refused:
            await wang.send_code("mail", MAIL)
    assert (refused.value.code, refused.value.data) == ("binding.no_way", {"way": "mail"})


def test_a_demo_writes_codes_into_its_log_and_a_mail_server_sends_them() -> None:
    clock: Any = None
    with app._ways(Settings(), clock) as none, app._ways(Settings(demo=Demo(company=True)), clock) as demo:
        assert none == {}
        assert {kind: type(way) for kind, way in demo.items()} == {"mail": LogNotifier, "phone": LogNotifier}
    smtp = Smtp(host="localhost", sender="im@example.com")
    with app._ways(Settings(demo=Demo(company=True), smtp=smtp), clock) as both, app._ways(Settings(smtp=smtp), clock) as mail:
        assert {kind: type(way) for kind, way in both.items()} == {"mail": SmtpNotifier, "phone": LogNotifier}
        assert {kind: type(way) for kind, way in mail.items()} == {"mail": SmtpNotifier}


@CODECS_TOO
async def test_a_card_has_what_others_may_see_of_it(house: House, codec: Any) -> None:
    """SPEC B3, B9, B10: fields of the company's own among them; another company's people see none of these."""
    storage, wang, fields = house.running.storage, house.people["Wang"], FieldService(house.running.storage)
    await MemberService(storage).change(OPERATOR, "acme", wang.number, Changes(employee_no="E7", description="Second floor"))
    locker, salary = await fields.add(OPERATOR, "acme", "Locker"), await fields.add(OPERATOR, "acme", "Salary")
    await fields.set_values(OPERATOR, "acme", wang.number, {locker.id: "12", salary.id: "1"})
    await fields.set_privacy(OPERATOR, "acme", to_wire(salary.id), "hidden")
    async with house.client("Wang") as w, house.client("Li Na", codec=codec) as lina, house.client("Smith", codec=codec) as smith:
        await w.change_profile(star_sign="Leo", office_phone="8001", tags=["climbing"], phone_private=True)
        own, seen = await w.profile(wang.member), await lina.profile(wang.member)
        assert (own.fields, own.phone_private) == ({"Locker": "12", "Salary": "1"}, True)
        assert (seen.fields, seen.phone_private, seen.bound) == ({"Locker": "12"}, False, ())
        for card in (own, seen):
            assert (card.employee_no, card.description, card.star_sign, card.office_phone) == ("E7", "Second floor", "Leo", "8001")
            assert card.tags == ("climbing",)
        await share_a_group(house)
        outside = await smith.profile(wang.member)
        assert (outside.name, outside.star_sign) == ("Wang", "Leo")
        assert (outside.fields, outside.employee_no, outside.description, outside.tags) == ({}, "", "", ())


async def share_a_group(house: House) -> None:
    await house.running.conversations.create(house.people["Wang"].who, [house.people["Smith"].who], name="Both")


@CODECS_TOO
async def test_a_password_that_is_too_long_is_said_to_be(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        answer = await lina.ask_plain(type="change_password", old=PASSWORD, new="y" * 201)
        assert (answer.code, answer.data) == ("password.too_long", {"most": 200})
        assert (await lina.ask_plain(type="change_password", old="y" * 5000, new="blue horizon 77")).code == "password.wrong"
    async with greeted(house, codec) as nobody:
        for password in ("y" * 201, "y" * 60_000):
            assert (await nobody.sign_in(house.people["Li Na"].number, password)).code == "sign_in.wrong"

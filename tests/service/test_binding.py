"""A phone or a mail address is a login name once its owner typed the code that was sent there (SPEC B10, D1; DESIGN 4)."""

import asyncio
import re

import pytest

from protocol.errors import YizhanError
from server.accounts.binding import BindingService, Kind
from server.accounts.errors import (
    AddressInvalid,
    AddressTaken,
    CodeNotSent,
    CodesTooOften,
    CodeWrong,
    ConfirmFirst,
    NoWayThere,
    RobotsBindNothing,
    SignInWrong,
)
from server.config.model import Codes
from server.notifier.base import Notice, NotSent
from server.notifier.memory import MemoryNotifier
from server.org.cards import Changes
from server.rosters import cells
from server.rosters.columns import BY_KEY
from server.rosters.picture import Card
from server.rosters.shown import shown
from server.sessions.errors import SessionOver
from server.sessions.resumes import Admitted
from server.visibility.profiles import profile
from server.visibility.service import Viewer
from storage import accounts, companies, login_codes, members, people
from storage.work import Read
from tests.support.office import GOOD, ROOT, Office, laptop

MAIL = "Li.Na@example.com"
SECOND = 1000
MINUTE = 60 * SECOND


class Desk:
    """Li Na of Acme at her laptop, and whatever was sent to her."""

    def __init__(self, office: Office, codes: Codes) -> None:
        self.office = office
        self.mails, self.phones = MemoryNotifier(), MemoryNotifier()
        self.binding = BindingService(office.storage, office.clock, codes, {"mail": self.mails, "phone": self.phones})
        self.lina: Admitted

    async def open(self) -> "Desk":
        await self.office.company()
        self.added = await self.office.member("acme", "Li Na", phone="13800138000")
        self.lina = await self.office.sign_in(self.added)
        return self

    async def code(self, address: str = MAIL, who: Admitted | None = None) -> str:
        """The code that comes when it is asked for a minute later."""
        self.office.clock.advance(MINUTE)
        await self.binding.send_code(who or self.lina, "phone" if address[-1].isdigit() else "mail", address)
        return digits((self.phones if address[-1].isdigit() else self.mails).sent[-1])

    async def bind(self, code: str, address: str = MAIL, who: Admitted | None = None) -> None:
        await self.binding.bind(who or self.lina, "phone" if address[-1].isdigit() else "mail", address, code)

    async def sign_in(self, name: str) -> Admitted:
        return await self.office.accounts.sign_in(name, GOOD, laptop("another"))

    async def bound(self) -> tuple[str, ...]:
        viewer = Viewer(self.lina.company, self.lina.member)
        return (await self.office.storage.read(lambda read: profile(read, viewer, self.lina.member))).bound


def digits(notice: Notice) -> str:
    (found,) = re.findall(r"\b\d{6}\b", notice.text)
    return str(found)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office, Codes(per_account=20, per_target=20))


async def test_a_mail_address_is_a_login_name_when_its_code_was_typed(desk: Desk) -> None:
    await desk.open()
    with pytest.raises(SignInWrong):
        await desk.sign_in(MAIL)
    code = await desk.code()
    await desk.bind(f" {code[:3]} {code[3:]}", MAIL.upper())  # as people type
    assert (await desk.sign_in("li.na@EXAMPLE.com")).member == desk.lina.member
    assert await desk.bound() == ("mail",)
    assert [notice.to for notice in desk.mails.sent] == [MAIL]


async def test_a_phone_stands_on_the_card_as_the_others_do_and_devices_are_told(desk: Desk) -> None:
    await desk.open()
    await desk.bind(await desk.code("+86 139-0013-9000"), "139 0013 9000")
    assert desk.phones.sent[0].to == "+8613900139000"
    card = await desk.office.storage.read(lambda read: members.find(read, desk.lina.member))
    assert card is not None
    assert card.phone == "13900139000"
    assert (await desk.sign_in("13900139000")).member == desk.lina.member
    assert desk.office.told[-2].payload.members == [desk.lina.member]  # the last one is of the session


async def test_an_address_in_full_width_is_the_same_one(desk: Desk) -> None:
    """As input methods for Chinese write digits; a sign-in takes them, too."""
    await desk.open()
    typed = "".join(chr(ord(digit) + 0xFEE0) for digit in "13900139000")
    await desk.bind(await desk.code(typed), typed)
    assert (await desk.sign_in("13900139000")).member == desk.lina.member
    assert desk.phones.sent[0].to == "+8613900139000"


async def test_a_code_is_used_once(desk: Desk) -> None:
    await desk.open()
    code = await desk.code()
    await desk.bind(code)
    await desk.bind(code)  # asked again, as after a lost answer: it is bound already
    await desk.office.members.change(ROOT, "acme", desk.added.number, Changes(mail=""))
    with pytest.raises(CodeWrong):
        await desk.bind(code)
    new = await desk.code()
    at_once = await asyncio.gather(*(desk.bind(new) for _ in range(3)), return_exceptions=True)
    assert None in at_once
    assert {type(one) for one in at_once} <= {type(None), CodeWrong}


async def test_a_code_expires(desk: Desk) -> None:
    await desk.open()
    code = await desk.code()
    desk.office.clock.advance(10 * MINUTE)
    with pytest.raises(CodeWrong):
        await desk.bind(code)
    desk.office.clock.advance(2 * MINUTE)
    assert await desk.binding.sweep() == 1


async def test_few_tries_are_taken_also_at_the_same_moment(desk: Desk) -> None:
    await desk.open()
    code = await desk.code()
    wrong = await asyncio.gather(*(desk.bind(other_than(code)) for _ in range(9)), return_exceptions=True)
    assert all(isinstance(one, CodeWrong) for one in wrong)
    with pytest.raises(CodeWrong):
        await desk.bind(code)
    await desk.bind(await desk.code())


async def test_a_code_of_another_address_or_account_or_of_before_is_wrong(desk: Desk) -> None:
    await desk.open()
    wang = await desk.office.sign_in(await desk.office.member("acme", "Wang"), laptop("wang"))
    old = await desk.code()
    for code, address, who in ((old, "other@example.com", desk.lina), (old, MAIL, wang)):
        with pytest.raises(CodeWrong):
            await desk.bind(code, address, who)
    new = await desk.code()
    if old != new:
        with pytest.raises(CodeWrong):
            await desk.bind(old)
    await desk.bind(new)


async def test_that_another_account_has_it_is_told_to_who_proved_it_alone(desk: Desk) -> None:
    await desk.open()
    wang = await desk.office.sign_in(await desk.office.member("acme", "Wang"), laptop("wang"))
    await desk.bind(await desk.code())
    code = await desk.code(MAIL, wang)  # it is sent as to anybody
    with pytest.raises(CodeWrong):
        await desk.bind(other_than(code), MAIL, wang)
    with pytest.raises(AddressTaken):
        await desk.bind(code, MAIL, wang)
    assert (await desk.sign_in(MAIL)).member == desk.lina.member


async def test_a_new_one_takes_the_place_of_the_one_before(desk: Desk) -> None:
    await desk.open()
    await desk.bind(await desk.code())
    await desk.bind(await desk.code("second@example.com"), "second@example.com")
    with pytest.raises(SignInWrong):
        await desk.sign_in(MAIL)
    assert (await desk.sign_in("second@example.com")).member == desk.lina.member


async def test_an_administrators_change_drops_it_and_the_devices_are_told(desk: Desk) -> None:
    """SPEC B8."""
    await desk.open()
    await desk.bind(await desk.code())
    assert await desk.bound() == ("mail",)
    await desk.office.members.change(ROOT, "acme", desk.added.number, Changes(mail="li@acme.example"))
    assert desk.lina.member in desk.office.told[-1].payload.members
    assert await desk.bound() == ()
    for name in (MAIL, "li@acme.example"):
        with pytest.raises(SignInWrong):
            await desk.sign_in(name)


async def test_codes_are_not_asked_for_without_end(office: Office) -> None:
    desk = await Desk(office, Codes()).open()
    await desk.binding.send_code(desk.lina, "mail", MAIL)
    with pytest.raises(CodesTooOften) as soon:
        await desk.binding.send_code(desk.lina, "mail", "other@example.com")
    assert soon.value.retry_after_ms == MINUTE
    for _ in range(4):
        await desk.code()
    office.clock.advance(MINUTE)
    with pytest.raises(CodesTooOften) as often:
        await desk.binding.send_code(desk.lina, "phone", "13900139000")
    assert often.value.retry_after_ms == 59 * MINUTE
    wang = await office.sign_in(await office.member("acme", "Wang"), laptop("wang"))
    with pytest.raises(CodesTooOften):  # the mailbox has had enough, whoever asks
        await desk.binding.send_code(wang, "mail", MAIL)
    await desk.binding.send_code(wang, "mail", "wang@example.com")
    office.clock.advance(59 * MINUTE)
    await desk.bind(await desk.code())


async def test_one_address_asks_for_so_many_codes_and_no_more(office: Office) -> None:
    desk = await Desk(office, Codes(again_seconds=0, per_address=2)).open()
    for nth in range(2):
        await desk.binding.send_code(desk.lina, "mail", f"li{nth}@example.com", address="192.0.2.7")
    with pytest.raises(CodesTooOften):
        await desk.binding.send_code(desk.lina, "mail", MAIL, address="192.0.2.7")
    await desk.binding.send_code(desk.lina, "mail", MAIL, address="192.0.2.8")


async def test_what_could_not_be_sent_may_be_asked_for_again_at_once(office: Office) -> None:
    class Broken:
        async def send(self, notice: Notice) -> None:
            raise NotSent("SMTPServerDisconnected")

    desk = await Desk(office, Codes()).open()
    broken = BindingService(office.storage, office.clock, Codes(), {"mail": Broken()})
    with pytest.raises(CodeNotSent):
        await broken.send_code(desk.lina, "mail", MAIL)
    await desk.binding.send_code(desk.lina, "mail", MAIL)
    await desk.bind(digits(desk.mails.sent[-1]))


@pytest.mark.parametrize(
    ("kind", "typed", "error"),
    [
        ("mail", "li.na", AddressInvalid),
        ("mail", "li na@example.com", AddressInvalid),
        ("mail", "li@example.com\r\nBcc: all@example.com", AddressInvalid),
        ("mail", "one,li@example.com", AddressInvalid),  # a header takes it for two, of which the second is anybody's
        ("mail", "one<li@example.com>", AddressInvalid),
        ("mail", "li@example.com,other.com", AddressInvalid),
        ("mail", "\ud800@example.com", AddressInvalid),
        ("mail", f"{'x' * 60}@{'y' * 200}.com", AddressInvalid),
        ("phone", "10001", AddressInvalid),
        ("phone", MAIL, AddressInvalid),
        ("phone", "13900139000", NoWayThere),
    ],
)
async def test_what_is_no_address_gets_no_code(office: Office, kind: Kind, typed: str, error: type[YizhanError]) -> None:
    desk = await Desk(office, Codes()).open()
    binding = BindingService(office.storage, office.clock, Codes(), {"mail": desk.mails})
    with pytest.raises(error):
        await binding.send_code(desk.lina, kind, typed)
    assert desk.mails.sent == []


async def test_a_robot_binds_nothing(desk: Desk) -> None:
    await desk.open()
    _, token = await desk.office.companies.add_robot(ROOT, "acme", "Clock")
    robot = await desk.office.accounts.sign_in_with_token(token, laptop("robot"))
    with pytest.raises(RobotsBindNothing):
        await desk.code(MAIL, robot)


async def test_who_was_signed_out_meanwhile_binds_nothing(desk: Desk) -> None:
    await desk.open()
    code = await desk.code()
    await desk.office.sessions.sign_out(desk.lina)
    with pytest.raises(SessionOver):
        await desk.bind(code)
    assert await desk.office.storage.read(lambda read: accounts.holder(read, MAIL.casefold())) is None


async def test_after_a_reset_the_person_confirms_by_what_was_bound_before_and_an_administrator_cannot(desk: Desk) -> None:
    """DESIGN 4: an administrator, who knows the new password, has no say in the person's other companies."""
    await desk.open()
    office = desk.office
    await desk.bind(await desk.code())
    await office.company("globex", first_number=9001)
    await office.join(desk.added, "globex", "Li Na", "9001")
    await office.companies.reset_password(ROOT, "acme", desk.added.number, password="another good one")
    somebody = await office.accounts.sign_in(desk.added.number, "another good one", laptop("somebody's"))
    code = await desk.code("13900139000", somebody)
    with pytest.raises(ConfirmFirst):
        await desk.bind(code, "13900139000", somebody)
    with pytest.raises(SignInWrong):
        await office.accounts.sign_in("9001", "another good one", laptop("x"))
    await desk.bind(await desk.code(MAIL, somebody), MAIL, somebody)
    await office.accounts.sign_in("9001", "another good one", laptop("x"))


async def test_nothing_is_kept_of_a_code_but_its_hash_and_nothing_of_an_account_that_is_gone(desk: Desk) -> None:
    await desk.open()
    code = await desk.code()
    account = desk.lina.account
    assert account is not None
    kept = await desk.office.storage.read(lambda read: login_codes.find(read, account, "mail"))
    assert kept is not None
    assert code not in kept.stored
    await desk.office.leaving.delete(ROOT, "acme", desk.added.number)
    assert await desk.office.storage.read(lambda read: login_codes.find(read, account, "mail")) is None


async def test_a_bound_phone_is_written_as_an_export_and_an_import_write_it(desk: Desk) -> None:
    await desk.open()
    await desk.bind(await desk.code("+8613900139000"), "+8613900139000")

    async def look(read: Read) -> Card:
        found = await companies.find(read, "acme")
        assert found is not None
        return Card((await people.records(read, found.id, [desk.lina.member]))[desk.lina.member])

    told = shown(await desk.office.storage.read(look), "phone", "zh")
    assert cells.read(BY_KEY["members"]["phone"], told) == told

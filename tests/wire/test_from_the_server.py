"""What the server itself says and does to who is connected: a message to administrators, the end for who is suspended (SPEC A1, B3)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from protocol import limits
from server.org.cards import Changes
from server.org.last_days import LastDays
from server.org.members import MemberService
from server.roles.service import RoleService
from tests.support.house import OPERATOR, House
from tests.support.wire import CODECS_TOO, everything_told, signed_in
from yizhan import Event, MessageReceived, Refused, SignInRefused


async def first_message(events: AsyncIterator[Event]) -> AsyncIterator[MessageReceived]:
    async for event in events:
        if isinstance(event, MessageReceived):
            yield event
            return


@CODECS_TOO
async def test_an_administrator_hears_of_a_last_day_in_a_conversation_in_which_he_cannot_write(house: House, codec: str) -> None:
    storage = house.running.storage
    await RoleService(storage).give(OPERATOR, "acme", [house.people["Li Na"].number], "company_administrator")
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    await MemberService(storage).change(OPERATOR, "acme", house.people["Wang"].number, Changes(last_day=day))
    async with house.client("Li Na", codec=codec) as lina:
        events = lina.events()
        await LastDays(storage, {}).sweep(round(datetime.now(UTC).timestamp() * 1000))
        async with asyncio.timeout(5):
            said = next(event.message for event in [one async for one in first_message(events)])
        assert said.sender == ""
        assert day in str(said.body)
        (conversation,) = await lina.conversations()
        assert (conversation.kind, conversation.unread, conversation.conversation) == ("system", 1, said.conversation)
        with pytest.raises(Refused) as refused:
            await lina.send(said.conversation, "thanks")
        assert refused.value.code == "conversation.muted"
        await lina.mark(said.conversation, read=said.seq)


async def test_who_is_connected_of_a_suspended_company_is_out_within_two_seconds_and_in_again_after_it(house: House) -> None:
    companies = house.running.companies
    async with signed_in(house, "Li Na") as lina, signed_in(house, "Smith") as smith:
        await companies.set_suspended(OPERATOR, "acme", True)
        async with asyncio.timeout(2):
            assert await lina.closed() == limits.CLOSE_RESUME
        await everything_told(house, smith)  # another company's people stay
        with pytest.raises(SignInRefused) as refused:
            await house.client("Wang").__aenter__()
        assert refused.value.code == "company.suspended"
        await companies.set_suspended(OPERATOR, "acme", False)
    async with house.client("Wang") as wang:
        assert wang.me.name == "Wang"

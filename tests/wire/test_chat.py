"""Two people talk: through the door, the writer and the feed, on both databases and both codecs."""

import asyncio
from typing import Any

import pytest

from tests.support.house import House
from yizhan import events


async def heard(client: Any, kind: type[Any]) -> Any:
    """The next event of this kind."""
    async with asyncio.timeout(10):
        async for event in client.events():
            if isinstance(event, kind):
                return event
    raise AssertionError("the events ended")


@pytest.mark.parametrize("codec", ["msgpack", "json"])
async def test_what_one_says_the_other_hears(house: House, codec: Any) -> None:
    async with house.client("Li Na", codec=codec) as lina, house.client("Wang") as wang:
        talk = await lina.open_direct(number=house.people["Wang"].number)
        sent = await lina.send(talk.conversation, text="Lunch? 午饭?")
        news = await heard(wang, events.MessageReceived)
    assert (news.message.seq, news.message.body.text, news.message.sender) == (sent.seq, "Lunch? 午饭?", house.people["Li Na"].member)

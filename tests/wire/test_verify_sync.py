"""Every use case that produces events, proved by ``verify_sync``: who hears them knows what a fresh device is told (STYLE 16)."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from protocol import commands as wish
from protocol.events import Left, Messages, MessagesChanged, SyncToken
from protocol.ids import from_wire
from tests.support.house import House
from tests.support.sync import verify_sync
from tests.support.wire import LITE, Wire, client_id, everything_told, group, people, signed_in

ALL = ("Li Na", "Wang", "Zhao")
CHANGES: dict[str, type[wish.Command]] = {"recall": wish.Recall, "react": wish.React, "pin": wish.PinMessage}


@contextlib.asynccontextmanager
async def talking(house: House) -> AsyncIterator[tuple[Wire, Wire, str, str]]:
    """Li Na and Wang, who have a direct conversation and a group with Zhao, each with some messages."""
    async with people(house, "Li Na", "Wang") as (lina, wang):
        direct = await lina.direct(house.people["Wang"].member)
        crowd = await group(house, *ALL)
        for count in range(3):
            for wire in (lina, wang):
                await wire.send(direct, f"d{count}")
                await wire.send(crowd, f"g{count}")
        yield lina, wang, direct, crowd


async def test_send(house: House) -> None:
    async with talking(house) as (lina, wang, direct, crowd):

        async def act() -> None:
            for wire in (lina, wang):
                await wire.send(direct, "again")
                await wire.send(crowd, "again")
                await wire.send(crowd, body={"kind": "rich", "markdown": "**bold**", "reply_to": 2})

        assert await verify_sync(house, act, *ALL) == set(ALL)


async def test_a_burst_of_several_connections_in_one_batch(house: House) -> None:
    async with talking(house) as (lina, wang, direct, crowd), signed_in(house, "Zhao") as zhao:

        async def act() -> None:
            numbers = [
                (wire, wire.send_later(where, f"b{count}")) for count in range(5) for wire in (lina, wang) for where in (direct, crowd)
            ]
            numbers += [(zhao, zhao.send_later(crowd, f"z{count}")) for count in range(5)]
            for wire, number in numbers:
                await wire.answer(number)

        assert await verify_sync(house, act, *ALL) == set(ALL)


async def test_edit_react_pin_and_recall(house: House) -> None:
    async with talking(house) as (lina, wang, direct, crowd):

        async def act() -> None:
            for where, seq in ((direct, 1), (crowd, 2)):
                at: dict[str, Any] = {"conversation": where, "seq": seq}
                await lina.ask(wish.Edit, **at, version=1, body=lina.codec.raw({"kind": "text", "text": "better"}))
                await wang.ask(wish.React, **at, emoji="👍")
                await lina.ask(wish.React, **at, emoji="👍")
                await wang.ask(wish.React, **at, emoji="🍜")
                await wang.ask(wish.React, **at, emoji="🍜", on=False)
                await wang.ask(wish.PinMessage, **at)
                await wang.ask(wish.Recall, conversation=where, seq=seq + 1)

        assert await verify_sync(house, act, *ALL) == set(ALL)


@pytest.mark.parametrize("what", ["edit", "recall", "react", "pin"])
@LITE
async def test_each_change_alone(house: House, what: str) -> None:
    async with talking(house) as (lina, _, direct, _):
        at: dict[str, Any] = {"conversation": direct, "seq": 6 if what in ("react", "pin") else 5}
        body = lina.codec.raw({"kind": "text", "text": "better"})

        async def act() -> None:
            if what == "edit":
                await lina.ask(wish.Edit, **at, version=1, body=body)
            else:
                await lina.ask(CHANGES[what], **at, **({"emoji": "👍"} if what == "react" else {}))

        assert await verify_sync(house, act, *ALL) == {"Li Na", "Wang"}


@LITE
async def test_hide(house: House) -> None:
    async with talking(house) as (lina, _, direct, crowd):

        async def act() -> None:
            await lina.ask(wish.DeleteForMe, conversation=direct, seq=6)
            await lina.ask(wish.DeleteForMe, conversation=direct, seq=2)
            await lina.ask(wish.DeleteForMe, conversation=crowd, seq=3)

        assert await verify_sync(house, act, *ALL) == {"Li Na"}


@LITE
async def test_mark(house: House) -> None:
    async with talking(house) as (lina, wang, direct, crowd):

        async def act() -> None:
            await lina.ask(wish.Mark, conversation=direct, read=6, delivered=6)
            await wang.ask(wish.Mark, conversation=crowd, read=3, delivered=5)

        assert await verify_sync(house, act, *ALL) == set(ALL)


@LITE
async def test_own_settings_and_unread_by_hand(house: House) -> None:
    async with talking(house) as (lina, _, direct, crowd):

        async def act() -> None:
            await lina.ask(wish.SetConversation, conversation=direct, muted=True, unread=True)
            await lina.ask(wish.SetConversation, conversation=crowd, pinned_to_top=True, archived=True)

        assert await verify_sync(house, act, *ALL) == {"Li Na"}


@LITE
async def test_a_look_clears_unread_by_hand(house: House) -> None:
    async with talking(house) as (lina, _, direct, _):
        await lina.ask(wish.SetConversation, conversation=direct, unread=True)
        assert await verify_sync(house, lambda: lina.ask(wish.Mark, conversation=direct, read=1), *ALL) >= {"Li Na"}


async def test_draft_and_the_send_that_clears_it(house: House) -> None:
    async with talking(house) as (lina, _, direct, _):
        assert await verify_sync(house, lambda: lina.ask(wish.SetDraft, conversation=direct, text="See you"), *ALL) == {"Li Na"}
        assert await verify_sync(house, lambda: lina.send(direct, "See you"), *ALL) == {"Li Na", "Wang"}


@LITE
async def test_favourite(house: House) -> None:
    async with talking(house) as (lina, _, direct, _):
        id = client_id()
        keep = {"id": id, "conversation": direct, "seq": 2}
        assert await verify_sync(house, lambda: lina.ask(wish.Favourite, **keep), *ALL) == {"Li Na"}
        assert await verify_sync(house, lambda: lina.ask(wish.Unfavourite, id=id), *ALL) == {"Li Na"}


async def test_opening_a_direct_conversation_and_its_first_message(house: House) -> None:
    async with people(house, "Li Na", "Wang") as (lina, wang):
        wangs = house.people["Wang"].member
        assert await verify_sync(house, lambda: lina.ask(wish.OpenDirect, member=wangs), *ALL) == {"Li Na"}
        talk = await lina.direct(wangs)
        assert await verify_sync(house, lambda: lina.send(talk, "first words"), *ALL) == {"Li Na", "Wang"}
        assert wang.text((await wang.event(Messages)).messages[0]) == "first words"


@LITE
async def test_the_first_words_come_from_who_did_not_open_it(house: House) -> None:
    """Wang opens it by himself at the same time: he has it, Li Na has not."""
    async with people(house, "Li Na", "Wang") as (lina, wang):
        talk = await wang.direct(house.people["Li Na"].member)
        assert await lina.direct(house.people["Wang"].member) == talk
        assert await verify_sync(house, lambda: lina.send(talk, "hello"), *ALL) == {"Li Na", "Wang"}


@LITE
async def test_ones_other_devices(house: House) -> None:
    async with people(house, "Li Na") as (lina,):
        mine = await lina.direct(house.people["Li Na"].member)
        assert await verify_sync(house, lambda: lina.send(mine, "note to self"), *ALL) == {"Li Na"}


async def test_joining_leaving_and_joining_again(house: House) -> None:
    conversations = house.running.conversations
    crowd = await group(house, "Li Na", "Wang")
    id, lina_id, zhao = from_wire(crowd), house.people["Li Na"].who[1], house.people["Zhao"].who
    async with people(house, "Li Na", "Wang") as (lina, wang):
        await lina.send(crowd, "before Zhao")
        assert await verify_sync(house, lambda: conversations.add(id, lina_id, zhao), *ALL) == set(ALL)
        await wang.send(crowd, "while he is here")
        await wang.ask(wish.React, conversation=crowd, seq=4, emoji="👍")
        await wang.ask(wish.React, conversation=crowd, seq=2, emoji="👍")
        assert await verify_sync(house, lambda: conversations.remove(id, lina_id, zhao), *ALL) == set(ALL)
        await wang.send(crowd, "while he is away")
        present = ("Li Na", "Wang")  # of what happens now to what he saw Zhao hears when he comes back
        assert await verify_sync(house, lambda: wang.ask(wish.Recall, conversation=crowd, seq=4), *present) == set(present)
        assert await verify_sync(house, lambda: conversations.add(id, lina_id, zhao), *ALL) == set(ALL)

        async def act() -> None:
            await wang.ask(wish.React, conversation=crowd, seq=4, emoji="👍")
            await wang.ask(wish.React, conversation=crowd, seq=6, emoji="👍")
            await lina.send(crowd, body={"kind": "text", "text": "an answer to what he did not see", "reply_to": 6})
            await lina.send(crowd, body={"kind": "text", "text": "an answer to what he saw", "reply_to": 3})

        assert await verify_sync(house, act, *ALL) == set(ALL)


async def test_who_leaves_hears_nothing_more(house: House) -> None:
    conversations = house.running.conversations
    crowd = await group(house, *ALL)
    zhaos = house.people["Zhao"].who
    async with people(house, "Li Na", "Zhao") as (lina, zhao):
        await lina.send(crowd, "one")
        await conversations.remove(from_wire(crowd), zhaos[1], zhaos)
        await lina.send(crowd, "two")
        await lina.ask(wish.Recall, conversation=crowd, seq=2)
        await everything_told(house, lina, zhao)
        assert [type(event) for event in zhao.events if not isinstance(event, Messages | SyncToken)][-1] is Left
        assert [event.up_to for event in zhao.all(Messages)] == [2, 3]
        assert not zhao.all(MessagesChanged)
        assert (await zhao.send(crowd, "hey")).code == "conversation.not_participant"
        page = await zhao.ask(wish.Changes, conversation=crowd)
        assert [(row.seq, row.recalled) for row in page.messages] == [(2, True)], "what became of what he saw stays true"


async def test_a_reply_is_told_without_it_to_who_may_not_see_what_it_answers(house: House) -> None:
    crowd = await group(house, "Li Na", "Wang")
    async with people(house, "Li Na", "Wang", "Zhao") as (lina, wang, zhao):
        await lina.send(crowd, "before Zhao")
        await house.running.conversations.add(from_wire(crowd), house.people["Li Na"].who[1], house.people["Zhao"].who)
        answer = {"kind": "text", "text": "yes", "reply_to": 2}

        async def act() -> None:
            await wang.send(crowd, body=answer)
            await wang.ask(wish.React, conversation=crowd, seq=4, emoji="👍")

        assert await verify_sync(house, act, *ALL) == set(ALL)
        assert lina.body((await lina.event(Messages, up_to=4)).messages[0]) == answer
        assert zhao.body((await zhao.event(Messages, up_to=4)).messages[0]) == {"kind": "text", "text": "yes"}
        assert zhao.body((await zhao.event(MessagesChanged)).messages[0]) == {"kind": "text", "text": "yes"}
        await zhao.ask(wish.Favourite, id=client_id(), conversation=crowd, seq=4)
        kept = (await zhao.ask(wish.ListFavourites)).favourites[0]
        assert zhao.body(kept.message) == {"kind": "text", "text": "yes"}


async def test_forward_into_another_conversation(house: House) -> None:
    async with talking(house) as (lina, _, direct, crowd):
        assert await verify_sync(house, lambda: lina.forward(crowd, direct, 1), *ALL) == set(ALL)


@pytest.mark.parametrize("mention", [{"mention_all": True}, {"mentions": ["Zhao"]}, {"mentions": ["Zhao", "Wang"], "mention_all": True}])
async def test_mentions_and_all(house: House, mention: dict[str, Any]) -> None:
    mention = {**mention}
    if "mentions" in mention:
        mention["mentions"] = [house.people[name].member for name in mention["mentions"]]
    async with talking(house) as (lina, wang, _, crowd), signed_in(house, "Zhao") as zhao:

        async def act() -> None:
            await lina.send(crowd, body={"kind": "text", "text": "look", **mention})
            await wang.send(crowd, "more")

        assert await verify_sync(house, act, *ALL) == set(ALL)
        states = (await zhao.ask(wish.ListConversations)).conversations
        assert [state.unread_mentions for state in states] == [1]
        assert await verify_sync(house, lambda: zhao.ask(wish.Mark, conversation=crowd, read=8), *ALL) >= {"Zhao"}
        assert [state.unread_mentions for state in (await zhao.ask(wish.ListConversations)).conversations] == [0]


@LITE
async def test_a_proof_of_nothing_fails(house: House) -> None:
    async with talking(house) as (lina, _, _, _):
        with pytest.raises(AssertionError, match="nothing changed"):
            await verify_sync(house, lina.barrier, *ALL)

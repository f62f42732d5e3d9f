"""Catching up, seen from outside: tokens, pages, what comes meanwhile, former participants, and very much of it (LOG E, F).

The lines of a checklist for stream resumption are here too, one test each, as far as they apply.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.events import Changed, ConversationChanged, Messages, MessagesChanged, Sent, SyncPage, SyncToken
from protocol.ids import from_wire
from server.delivery import telling
from server.delivery.hand_out import HandOut
from server.delivery.items import Item
from server.delivery.telling import Telling
from server.sync.tokens import Seal
from storage import feed, installation
from tests.support.house import House, open_house
from tests.support.sync import Device
from tests.support.wire import CODECS_TOO, CROSSED, LITE, Wire, connected, everything_told, greeted, group, people, signed_in
from tests.support.ws import until
from yizhan import Client, MemoryStore, MessageReceived, ReactionsChanged

MANY_MESSAGES = 10_000
MANY_CONVERSATIONS = 1_000
LONGEST = "😀" * limits.TEXT_CHARACTERS
OVER_BYTES = 8 << 20


async def names(wire: Wire, token: str) -> list[str]:
    """The conversations that are new since ``token``."""
    return [state.conversation for page in await wire.sync(token) for state in page.conversations]


async def seal_of(house: House, epoch: bytes = b"") -> Seal:
    secrets = await house.running.storage.read(installation.secrets)
    return Seal(secrets.token_key, epoch or secrets.epoch)


# ---- tokens


@CROSSED
async def test_a_token_brings_what_is_new_since_it_and_nothing_else(house: House, codec: str) -> None:
    async with people(house, "Li Na", codec=codec) as (lina,), signed_in(house, "Wang", codec) as wang:
        old, new = await group(house, "Li Na", "Wang"), await group(house, "Li Na", "Wang")
        await lina.send(old, "one")
        await wang.sync()
        token = wang.sync_token
        assert await names(wang, token) == []
        await lina.send(new, "two")
        pages = await wang.sync(token)
        assert [(state.conversation, state.seq, state.unread) for state in pages[0].conversations] == [(new, 2, 1)]
        assert not pages[0].snapshot
        assert await names(wang, wang.sync_token) == []
        assert await names(wang, token) == [new], "an older token may be used again"


@LITE
async def test_everything_of_ones_own_that_moved_is_news(house: House) -> None:
    async with people(house, "Li Na", "Wang") as (lina, wang):
        talk = await wang.direct(house.people["Li Na"].member)
        await wang.send(talk, "hi")
        await lina.event(Messages)
        acts: list[tuple[type[wish.Command], dict[str, Any]]] = [
            (wish.SetConversation, {"muted": True}),
            (wish.SetDraft, {"text": "See you"}),
            (wish.SetDraft, {"text": ""}),
            (wish.DeleteForMe, {"seq": 1}),
            (wish.Mark, {"read": 1}),
            (wish.React, {"seq": 1, "emoji": "👍"}),
        ]
        for kind, fields in acts:
            await lina.sync()
            token = lina.sync_token
            await lina.ask(kind, conversation=talk, **fields)
            await everything_told(house, lina, wang)
            assert await names(lina, token) == [talk], kind


@LITE
async def test_a_token_that_is_not_ours_gives_a_snapshot(house: House) -> None:
    async with people(house, "Li Na", "Wang") as (lina, wang):
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        head: int = await house.running.storage.read(lambda read: read.value(feed.HEAD))
        restored = (await seal_of(house, b"an epoch of a backup")).token(1)
        ahead = (await seal_of(house)).token(head + 1000)
        for token in (restored, ahead, "nonsense", "AAAA", wang.token, wang.sync_token[:-4] + "AAAA"):
            pages = await wang.sync(token)
            assert [state.conversation for page in pages for state in page.conversations] == [talk], token
            assert all(page.snapshot for page in pages), token
        assert await wang.refused(wish.Sync, token="x" * 401) == "frame.invalid"


@LITE
async def test_a_token_serves_long_after_the_feed_was_cut(house: House) -> None:
    async with people(house, "Li Na", "Wang") as (lina, wang):
        token = wang.sync_token
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        await house.running.storage.unit(lambda work: work.run(feed.REMOVE_OLD, passed=1 << 62, before=1 << 62))
        assert await names(wang, token) == [talk]


@LITE
async def test_tokens_come_by_themselves_to_those_who_were_told_something(house: House) -> None:
    async with people(house, "Li Na", "Wang", "Zhao") as (lina, wang, zhao):
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        await everything_told(house, lina, wang, zhao)
        house.running.gateway.hand_out.tell_tokens()
        token = (await wang.event(SyncToken)).token
        await lina.event(SyncToken)
        assert await names(wang, token) == []
        house.running.gateway.hand_out.tell_tokens()
        await everything_told(house, lina, wang, zhao)
        assert [len(wire.all(SyncToken)) for wire in (lina, wang, zhao)] == [1, 1, 0]


@contextlib.contextmanager
def asked_for_tokens_between_slices(house: House) -> Iterator[None]:
    """One connection in each turn of the loop."""
    hand_out, slices = house.running.gateway.hand_out, Telling.slices

    def asking(self: Telling, item: Item, read: Any) -> Iterator[None]:
        for _ in slices(self, item, read):
            hand_out.tell_tokens()
            yield

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "SLICE", 1)
        patch.setattr(Telling, "slices", asking)
        yield


async def token_and_message(house: House) -> list[tuple[list[str], list[str]]]:
    """Of the one who is told first and the one who is told last: what they hear of a message, and what is new since their token."""
    async with people(house, "Li Na", "Wang", "Zhao") as wires:
        crowd = await group(house, "Li Na", "Wang", "Zhao")
        await everything_told(house, *wires)
        before = [len(wire.events) for wire in wires]
        with asked_for_tokens_between_slices(house):
            await wires[0].send(crowd, "Lunch?")
            await everything_told(house, *wires)
        heard = [[type(event).__name__ for event in wire.events[count:]] for wire, count in zip(wires, before, strict=True)]
        new = [await names(wire, wire.all(SyncToken)[-1].token) if wire.all(SyncToken) else ["?"] for wire in wires]
        return list(zip(heard, new, strict=True))[1:]


@LITE
async def test_a_token_waits_for_the_end_of_what_is_told_in_slices(house: House) -> None:
    """LOG E3: it stands behind the message for those of the first slice and of the last, and covers it."""
    assert await token_and_message(house) == [(["Messages", "SyncToken"], [])] * 2


@LITE
@pytest.mark.parametrize("is_early", [True, False], ids=["of the position that is being told", "of the one before"])
async def test_a_token_that_does_not_wait_is_seen(house: House, monkeypatch: pytest.MonkeyPatch, is_early: bool) -> None:
    """The rule left out, for the test above."""
    in_slices = HandOut._applied_in_slices

    async def planted(self: HandOut, item: Item, read: Any) -> bool:
        if is_early:
            self.applied = item.position
        return await in_slices(self, item, read)

    monkeypatch.setattr(HandOut, "_applied_in_slices", planted)
    monkeypatch.setattr(HandOut, "_is_slicing", property(lambda self: False, lambda self, value: None), raising=False)
    assert await token_and_message(house) != [(["Messages", "SyncToken"], [])] * 2


@LITE
async def test_a_connection_that_has_not_asked_what_is_new_gets_neither_events_nor_tokens(house: House) -> None:
    async with people(house, "Li Na", "Wang") as (lina, wang), signed_in(house, "Wang", live=False) as silent:
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        await wang.event(Messages)
        assert isinstance(await silent.send(talk, "I can send all the same"), Sent)
        house.running.gateway.hand_out.tell_tokens()
        await everything_told(house, lina, wang, silent)
        assert silent.events == []
        assert await names(silent, "") == [talk]


# ---- pages


@CROSSED
async def test_a_thousand_conversations_with_news_come_in_pages_and_what_comes_meanwhile_behind_them(house: House, codec: str) -> None:
    create, who = house.running.conversations.create, [house.people[name].who for name in ("Li Na", "Wang")]
    async with people(house, "Wang", "Wang") as (wang, gone):
        await gone.sync()
        token = gone.sync_token
        await gone.close()
        ids = list(range(1, MANY_CONVERSATIONS + 1))
        for first in range(0, MANY_CONVERSATIONS, 100):
            await asyncio.gather(*(create(who[0], who[1:], name=f"g{id}", id=id) for id in ids[first : first + 100]))
        await everything_told(house, wang)
        async with people(house, "Li Na") as (lina,), greeted(house, codec) as back:
            assert len(await lina.sync()) == MANY_CONVERSATIONS // limits.CONVERSATIONS_PAGE + 1
            await back.resume(gone.token)
            last = (await lina.ask(wish.ListConversations)).conversations[0].conversation
            pages: list[SyncPage] = [await back.ask(wish.Sync, token=token)]
            meanwhile = 0
            while pages[-1].page:
                assert not pages[-1].token
                for _ in range(3):
                    meanwhile += 1
                    assert (await lina.send(last, f"meanwhile {meanwhile}")).seq == meanwhile + 1
                await everything_told(house, lina, back)
                assert not back.events
                pages.append(await back.ask(wish.Sync, token=token, page=pages[-1].page))
            seen = [from_wire(state.conversation) for page in pages for state in page.conversations]
            assert seen == ids, "each once, in order"
            await everything_told(house, lina, back)
            heard = [message for event in back.all(Messages) for message in event.messages]
            assert [back.text(message) for message in heard] == [f"meanwhile {count}" for count in range(1, meanwhile + 1)]
            assert [event.after for event in back.all(Messages)] == [event.up_to - 1 for event in back.all(Messages)]
            position = (await seal_of(house)).position
            told, before = position(pages[-1].token), position(token)
            assert (told or 0) > (before or 0)
            assert await names(back, pages[-1].token) == [last], "the token is as old as the first page: what came meanwhile is told again"


@LITE
async def test_pages_are_ones_own_and_of_one_connection(house: House, monkeypatch: Any) -> None:
    from server.sync.service import SyncService

    monkeypatch.setattr(SyncService, "page", _with_pages_of(2, SyncService.page))
    async with people(house, "Li Na", "Wang") as (lina, wang):
        for count in range(5):
            await group(house, "Li Na", "Wang", name=f"g{count}")
        first = await lina.ask(wish.Sync)
        assert (len(first.conversations), bool(first.page), first.token) == (2, True, "")
        await wang.ask(wish.Sync)
        assert await wang.refused(wish.Sync, page=first.page) == "page.cursor_invalid"
        assert await lina.refused(wish.Sync, page=first.page[:-3] + "AAA") == "page.cursor_invalid"
        async with greeted(house) as back:
            await back.resume(lina.token)
            assert await back.refused(wish.Sync, page=first.page) == "page.cursor_invalid", "what came between would be missing"
            assert len(await back.sync()) == 3
        assert len(await lina.sync()) == 3, "asked anew from the first page"
        assert await lina.refused(wish.Sync, page=first.page) == "page.cursor_invalid"


def _with_pages_of(size: int, page: Any) -> Any:
    async def small(self: Any, *arguments: Any) -> Any:
        self._page = size
        return await page(self, *arguments)

    return small


@CODECS_TOO
async def test_asked_again_on_a_live_connection_it_loses_nothing(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Wang", codec=codec) as (lina, wang):
        talk = await lina.direct(house.people["Wang"].member)
        sent, asked = [], []
        for count in range(60):
            sent.append(lina.send_later(talk, f"m{count}"))
            if count % 10 == 5:
                asked.append(wang.say(wish.Sync, token=wang.sync_token))
        for number in sent:
            assert isinstance(await lina.answer(number), Sent)
        for number in asked:
            assert isinstance(await wang.answer(number), SyncPage)
        await everything_told(house, lina, wang)
        heard = [message.seq for event in wang.all(Messages) for message in event.messages]
        assert heard == list(range(1, 61))


async def test_messages_between_sign_in_and_the_last_page_arrive_whoever_is_faster(house: House) -> None:
    """LOG F2: it joins the hand-out before its heads are read."""
    async with people(house, "Li Na") as (lina,):
        talk = await lina.direct(house.people["Wang"].member)
        for round in range(12):
            async with signed_in(house, "Wang", live=False) as wang:
                numbers = [lina.send_later(talk, f"r{round}m{count}") for count in range(3)]
                asked = wang.say(wish.Sync)
                numbers += [lina.send_later(talk, f"r{round}n{count}") for count in range(3)]
                page = await wang.answer(asked)
                for number in numbers:
                    await lina.answer(number)
                await everything_told(house, lina, wang)
                head = page.conversations[0].seq if page.conversations else 0
                told = {message.seq for event in wang.all(Messages) for message in event.messages} | set(range(1, head + 1))
                assert told == set(range(1, (round + 1) * 6 + 1))
                order = [event.up_to for event in wang.all(Messages)]
                assert order == sorted(order)


# ---- very much of it


@CROSSED
async def test_ten_thousand_missed_messages_are_caught_up_in_pages_and_in_order(database: str, tmp_path: Path, codec: str) -> None:
    async with open_house(database, tmp_path, send_per_second=1e6, send_burst=100_000) as house, people(house, "Li Na") as (lina,):
        async with signed_in(house, "Wang") as wang:
            pass
        talk = await lina.direct(house.people["Wang"].member)
        for first in range(0, MANY_MESSAGES, 500):
            numbers = [lina.send_later(talk, f"m{seq}") for seq in range(first + 1, first + 501)]
            await lina.answer(numbers[-1])
        async with greeted(house, codec) as back:
            await back.resume(wang.token)
            (page,) = await back.sync(wang.sync_token)
            assert [(state.seq, state.unread) for state in page.conversations] == [(MANY_MESSAGES, MANY_MESSAGES)]
            after, pages = 0, 0
            while after < MANY_MESSAGES:
                found = await back.ask(wish.History, conversation=talk, after=after)
                assert [message.seq for message in found.messages] == list(range(after + 1, found.up_to + 1))
                assert back.text(found.messages[0]) == f"m{after + 1}"
                after, pages = found.up_to, pages + 1
            assert pages == MANY_MESSAGES // limits.PAGE


# ---- former participants


@CROSSED
async def test_who_was_removed_while_away_is_told_the_end_and_gets_his_stays_as_they_are_now(house: House, codec: str) -> None:
    crowd = await group(house, "Li Na", "Wang", "Zhao")
    id, zhao_who = from_wire(crowd), house.people["Zhao"].who
    async with people(house, "Li Na") as (lina,):
        async with signed_in(house, "Zhao", codec) as zhao:
            await lina.send(crowd, "two")
            await lina.send(crowd, "three")
            await zhao.event(Messages, up_to=3)
            await zhao.sync()
        await lina.send(crowd, "four")
        await lina.ask(wish.React, conversation=crowd, seq=3, emoji="👍")
        assert await house.running.conversations.remove(id, house.people["Li Na"].who[1], zhao_who) == 5
        await lina.send(crowd, "six, not for Zhao")
        await lina.ask(wish.Edit, conversation=crowd, seq=2, version=1, body=lina.codec.raw({"kind": "text", "text": "two!"}))
        await lina.ask(wish.React, conversation=crowd, seq=6, emoji="👍")
        async with greeted(house, codec) as back:
            await back.resume(zhao.token)
            (page,) = await back.sync(zhao.sync_token)
            state = back.plain(page.conversations[0])
            assert (state["seq"], state["change"], state["ended"], state["unread"]) == (5, 1, True, 3)
            assert state["last"]["body"]["what"] == "removed"
            changes = await back.ask(wish.Changes, conversation=crowd, after=0)
            assert [(row.seq, row.change) for row in changes.messages] == [(3, 1), (2, 2)], "not cut at a number"
            assert (changes.up_to, changes.more) == (2, False)
            history = await back.ask(wish.History, conversation=crowd, before=limits.LARGEST_NUMBER)
            assert (history.up_to, [row.seq for row in history.messages]) == (5, [1, 2, 3, 4, 5])
            assert not any(b"not for Zhao" in payload for payload in back.payloads)
            assert await names(back, back.sync_token) == [], "and after it nothing more"
            assert (await back.ask(wish.GetMarks, conversation=crowd)).marks == ()
            for kind, fields in (
                (wish.React, {"emoji": "👍", "on": False}),
                (wish.PinMessage, {"on": False}),
                (wish.Recall, {}),
                (wish.DeleteForMe, {}),
            ):
                answer = await back.ask(kind, conversation=crowd, seq=6, **fields)
                assert not isinstance(answer, Changed), kind


@CROSSED
async def test_a_former_participant_gets_his_changes_page_by_page_and_no_number_of_others(house: House, codec: str) -> None:
    """LOG E5: of the changes 1 to 8 the second, fourth, sixth and eighth are of his stays; a page ends at one of them."""
    crowd = await group(house, "Li Na", "Wang", "Zhao")
    id, zhao_who = from_wire(crowd), house.people["Zhao"].who
    async with people(house, "Li Na") as (lina,), signed_in(house, "Zhao", codec) as zhao:
        his = [(await lina.send(crowd, f"his {number}")).seq for number in range(4)]
        await house.running.conversations.remove(id, house.people["Li Na"].who[1], zhao_who)
        others = [(await lina.send(crowd, f"not his {number}")).seq for number in range(4)]
        for other, mine in zip(others, his, strict=True):
            for seq in (other, mine):
                await lina.ask(wish.React, conversation=crowd, seq=seq, emoji="👍")
        pages = []
        after, more = 0, True
        while more:
            page = await zhao.ask(wish.Changes, conversation=crowd, after=after, limit=1)
            pages.append(([(row.seq, row.change) for row in page.messages], page.up_to, page.more))
            after, more = page.up_to, page.more
        assert pages == [([(seq, 2 * at)], 2 * at, at < 4) for at, seq in enumerate(his, 1)]
        last = await zhao.ask(wish.Changes, conversation=crowd, after=8, limit=1)
        assert (last.messages, last.up_to, last.more) == ((), 8, False)
        await lina.ask(wish.React, conversation=crowd, seq=others[0], emoji="🎉")
        again = await zhao.ask(wish.Changes, conversation=crowd, after=8, limit=1)
        assert (again.messages, again.up_to, again.more) == ((), 8, False), "and nothing of what came later elsewhere"


@LITE
async def test_however_much_changed_in_a_former_participant_s_stays_it_comes_in_pages(house: House) -> None:
    """More than a client takes as one frame, and than may wait before a connection: the SDK gets all of it, and is at rest."""
    crowd = await group(house, "Li Na", "Wang")
    many, store = OVER_BYTES // len(LONGEST.encode()) + 1, MemoryStore()
    async with people(house, "Li Na") as (lina,):
        seqs = [(await lina.answer(number)).seq for number in [lina.send_later(crowd, LONGEST) for _ in range(many)]]
        async with house.client("Wang", store=store) as sdk:
            await hear(sdk, MessageReceived, seqs)
        for number in [lina.say(wish.React, conversation=crowd, seq=seq, emoji="👍") for seq in seqs]:
            await lina.answer(number)
        await house.running.conversations.remove(from_wire(crowd), house.people["Li Na"].who[1], house.people["Wang"].who)
    async with house.client("Wang", store=store) as sdk:
        await hear(sdk, ReactionsChanged, seqs)
    async with signed_in(house, "Wang") as wang:
        brought: list[int] = []
        after, more = 0, True
        while more:
            page = await wang.ask(wish.Changes, conversation=crowd, after=after)
            brought += [row.seq for row in page.messages]
            after, more = page.up_to, page.more
        assert brought == seqs
        assert max(map(len, wang.payloads)) < 2 * limits.PAGE_BYTES


async def hear(client: Client, kind: type[MessageReceived | ReactionsChanged], seqs: list[int]) -> None:
    """Until the client has told of all these."""
    missing = set(seqs)
    async for event in client.events():
        if isinstance(event, kind):
            missing.discard(event.message.seq)
            if not missing:
                return


@CROSSED
async def test_between_two_stays_nothing_is_seen_and_the_run_closes_over_it(house: House, codec: str) -> None:
    crowd = await group(house, "Li Na", "Zhao")
    id, by, zhao_who = from_wire(crowd), house.people["Li Na"].who[1], house.people["Zhao"].who
    async with people(house, "Li Na") as (lina,), signed_in(house, "Zhao", codec) as zhao:
        await lina.send(crowd, "seen")
        await house.running.conversations.remove(id, by, zhao_who)
        for count in range(5):
            await lina.send(crowd, f"unseen {count}")
        await lina.ask(wish.React, conversation=crowd, seq=5, emoji="👍")
        await lina.ask(wish.React, conversation=crowd, seq=2, emoji="👍")
        await house.running.conversations.add(id, by, zhao_who)
        await lina.send(crowd, "seen again")
        await everything_told(house, lina, zhao)
        joined = zhao.all(ConversationChanged)[-1].state
        assert joined.seq in (9, 10), "as of when it was read"
        assert (joined.change, joined.ended) == (2, False)
        page = zhao.plain(await zhao.ask(wish.History, conversation=crowd, after=0))
        assert [row["seq"] for row in page["messages"]] == [1, 2, 3, 9, 10]
        assert page["skipped"] == [{"first": 4, "last": 8}]
        changes = await zhao.ask(wish.Changes, conversation=crowd, after=0, limit=1)
        assert ([row.seq for row in changes.messages], changes.up_to, changes.more) == ([], 1, True)
        changes = await zhao.ask(wish.Changes, conversation=crowd, after=1, limit=1)
        assert ([row.seq for row in changes.messages], changes.up_to, changes.more) == ([2], 2, False)
        assert not any(b"unseen" in payload for payload in zhao.payloads)


# ---- the rest of the checklist


@CODECS_TOO
async def test_what_another_device_of_mine_said_while_i_was_away_is_there_too(house: House, codec: str) -> None:
    async with people(house, "Li Na") as (lina,):
        async with signed_in(house, "Li Na", codec) as phone:
            pass
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "from my laptop")
        async with greeted(house, codec) as back:
            await back.resume(phone.token)
            await back.sync(phone.sync_token)
            device = Device(back, house.people["Li Na"].member)
            await device.sync(phone.sync_token)
            await device.fetch()
            assert [row["body"]["text"] for row in device.talks[talk].rows.values()] == ["from my laptop"]
            await lina.send(talk, "and once more")
            heard = ""
            while heard != "and once more":  # the first one may still be on its way when he comes back
                heard = back.text((await back.event(Messages)).messages[0])
                assert heard in ("from my laptop", "and once more")


@LITE
async def test_cursors_ahead_of_the_server_find_nothing_and_close_nothing(house: House) -> None:
    async with people(house, "Li Na") as (lina,):
        talk = await lina.direct(house.people["Li Na"].member)
        await lina.send(talk, "hi")
        history = await lina.ask(wish.History, conversation=talk, after=1000)
        assert (history.after, history.up_to, history.messages) == (1000, 1000, ())
        changes = await lina.ask(wish.Changes, conversation=talk, after=1000, hidden=1000)
        assert (changes.after, changes.up_to, changes.messages, changes.hidden, changes.more) == (1000, 1000, (), (), False)


@LITE
async def test_sessions_and_tokens_are_never_the_same_twice(house: House) -> None:
    found = set()
    for _ in range(12):
        async with signed_in(house, "Li Na", live=False) as wire:
            found |= {wire.session, wire.token}
    assert len(found) == 24


@LITE
async def test_connections_that_vanish_in_the_middle_of_anything_leave_nothing_behind(house: House) -> None:
    token = ""
    async with people(house, "Li Na") as (lina,):
        async with signed_in(house, "Wang") as wang:
            token = wang.token
        talk = await lina.direct(house.people["Wang"].member)
        for cut in range(8):
            async with connected(house) as wire:
                wire.say(wish.Hello, version=1)
                wire.say(wish.Resume, token=token)
                wire.say(wish.Sync)
                wire.send_later(talk, f"cut {cut}")
                for _ in range(cut * 3):
                    await asyncio.sleep(0)
        online = house.running.gateway.online
        await until(lambda: len(house.running.gateway.connections) == 1)
        await everything_told(house, lina)
        assert (len(online), len(list(online.signed_in()))) == (1, 1)


@LITE
async def test_who_is_gone_before_his_sync_has_begun_does_not_join_the_hand_out(house: House) -> None:
    async with signed_in(house, "Li Na", live=False) as lina:
        (connection,) = house.running.gateway.connections
        connection.received(lina.codec.encode(wish.Sync(request=1)))
        connection.closed()  # in the same turn of the loop, before the command's task
        await asyncio.gather(*house.running.gateway._dispatch._tasks)
        assert len(house.running.gateway.online) == 0


@LITE
async def test_a_node_that_has_fallen_behind_the_feed_lets_everybody_come_back(house: House) -> None:
    """LOG D3, D4: the rows that it did not read are gone when it looks again."""
    async with people(house, "Li Na", "Wang") as (lina, wang), signed_in(house, "Zhao", live=False) as silent:
        talk = await lina.direct(house.people["Wang"].member)
        hand_out = house.running.gateway.hand_out
        rows, hand_out.rows, hand_out.finished = hand_out.rows, lambda rows: None, lambda finished: None  # type: ignore[method-assign]
        for count in range(3):
            await lina.send(talk, f"m{count}")
        del hand_out.rows, hand_out.finished
        assert hand_out.rows == rows
        await house.running.storage.unit(lambda work: work.run(feed.REMOVE_OLD, passed=1 << 62, before=1 << 62))
        await hand_out.sweep()
        assert {await wire.closed() for wire in (lina, wang, silent)} == {limits.CLOSE_RESUME}
        async with greeted(house) as back:
            await back.resume(wang.token)
            pages = await back.sync(wang.sync_token)
            assert [state.seq for state in pages[0].conversations] == [3]
            async with people(house, "Li Na") as (again,):
                await again.send(talk, "m3")
                assert (await back.event(Messages)).up_to == 4


@LITE
async def test_a_position_that_cannot_be_told_is_a_fault_and_costs_a_reconnection(house: House, monkeypatch: Any) -> None:
    from server.delivery.telling import Telling

    async with people(house, "Li Na", "Wang") as (lina, wang):
        talk = await lina.direct(house.people["Wang"].member)
        tell = Telling.tell

        def broken(self: Telling, item: Any, read: Any) -> None:
            monkeypatch.setattr(Telling, "tell", tell)
            raise ZeroDivisionError

        monkeypatch.setattr(Telling, "tell", broken)
        lina.send_later(talk, "lost on the way")
        assert await wang.closed() == await lina.closed() == limits.CLOSE_RESUME
    async with people(house, "Wang", "Li Na") as (back, again):
        page = await back.ask(wish.History, conversation=talk, after=0)
        assert [back.text(message) for message in page.messages] == ["lost on the way"]
        await again.send(talk, "the next")
        assert (await back.event(Messages)).up_to == 2
        assert not back.all(MessagesChanged)

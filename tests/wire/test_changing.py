"""Editing, recalling, reacting, pinning, hiding and keeping messages, rightly and wrongly, seen from outside (promises V4, V8)."""

from pathlib import Path
from typing import Any

import pytest

from protocol import commands as wish
from protocol import limits
from protocol.events import Changed, Done, Profile
from server.clock import ManualClock
from server.messages import service
from tests.support.house import House, open_house
from tests.support.wire import CROSSED, Wire, client_id, everything_told, people, plain, signed_in

MINUTE = 60_000


@CROSSED
async def test_edits_recalls_reactions_and_pins_have_their_rules(tmp_path: Path, database: str, codec: str) -> None:
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house, people(house, "Li Na", "Wang", codec=codec) as (lina, wang):
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "Lunch at noon?")
        at: dict[str, Any] = {"conversation": talk, "seq": 1}

        async def edit(wire: Wire, text: str, version: int, **more: Any) -> Any:
            return await wire.ask(wish.Edit, **{**at, **more}, version=version, body=wire.codec.raw({"kind": "text", "text": text}))

        first = await edit(lina, "Lunch at one?", 1)
        assert first == Changed(request=first.request, change=1, version=2)
        assert (await edit(lina, "Lunch at one?", 1)).version == 2, "the same again is the first answer"
        conflict = await edit(lina, "Lunch at two?", 1)
        assert (conflict.code, conflict.data) == ("message.version_conflict", {"version": 2})
        assert (await edit(wang, "No lunch", 2)).code == "message.not_author"
        assert (await edit(lina, "x", 1, seq=9)).code == "message.not_found"
        assert (await edit(lina, "", 2)).code == "body.invalid"
        assert (await wang.ask(wish.React, **at, emoji="👍")).change == 2
        assert (await wang.ask(wish.React, **at, emoji="👍")).change == 2
        assert (await wang.ask(wish.React, **at, emoji="👍", on=False)).change == 3
        assert await wang.refused(wish.React, **at, emoji="x" * (limits.REACTION_CHARACTERS + 1)) == "frame.invalid"
        assert (await wang.ask(wish.PinMessage, **at)).change == 4
        assert [message.seq for message in (await lina.ask(wish.ListPinned, conversation=talk)).messages] == [1]
        assert await wang.refused(wish.Recall, **at) == "message.not_author"
        clock.advance(2 * MINUTE + 1)
        assert await lina.refused(wish.Recall, **at) == "message.recall_too_late"
        clock.advance(24 * 60 * MINUTE)
        assert (await edit(lina, "Dinner?", 2)).code == "message.edit_too_late"
        await lina.send(talk, "oops")
        recalled = await lina.ask(wish.Recall, conversation=talk, seq=2)
        assert (recalled.change, recalled.version) == (5, 2)
        assert (await lina.ask(wish.Recall, conversation=talk, seq=2)).change == 5
        assert (await edit(lina, "back", 2, seq=2)).code == "message.recalled"
        assert await wang.refused(wish.React, conversation=talk, seq=2, emoji="👍") == "message.recalled"
        assert await wang.refused(wish.PinMessage, conversation=talk, seq=2) == "message.recalled"
        assert (await wang.forward(talk, talk, 2)).code == "message.not_found"
        page = await wang.ask(wish.Changes, conversation=talk, after=0)
        assert [(row.seq, row.change, row.recalled, wang.text(row)) for row in page.messages] == [
            (1, 4, False, "Lunch at one?"),
            (2, 5, True, None),
        ]
        assert not any(b"oops" in payload for payload in wang.payloads if b"_page" in payload), "no page shows what was recalled"


@CROSSED
async def test_what_i_delete_for_myself_is_gone_for_me_alone(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Li Na", "Wang", codec=codec) as (lina, phone, wang):
        talk = await wang.direct(house.people["Li Na"].member)
        for words in ("keep", "hide", "keep too"):
            await wang.send(talk, words)
        await lina.ask(wish.PinMessage, conversation=talk, seq=2)
        assert isinstance(await lina.ask(wish.DeleteForMe, conversation=talk, seq=2), Done)
        assert isinstance(await lina.ask(wish.DeleteForMe, conversation=talk, seq=2), Done)
        await everything_told(house, lina, phone, wang)
        assert [plain(event)["seqs"] for event in phone.events if type(event).__name__ == "MessagesHidden"] == [[2]]
        page = await phone.ask(wish.History, conversation=talk, after=0)
        assert ([row.seq for row in page.messages], phone.plain(page)["skipped"]) == ([1, 3], [{"first": 2, "last": 2}])
        assert (await phone.ask(wish.Changes, conversation=talk, hidden=0)).hidden == (2,)
        assert (await phone.ask(wish.Changes, conversation=talk, hidden=1)).hidden == ()
        assert (await phone.ask(wish.ListPinned, conversation=talk)).messages == ()
        assert [row.seq for row in (await wang.ask(wish.History, conversation=talk, after=0)).messages] == [1, 2, 3]
        assert [row.seq for row in (await wang.ask(wish.ListPinned, conversation=talk)).messages] == [2]


@CROSSED
async def test_however_many_i_deleted_for_myself_they_come_in_pages(house: House, monkeypatch: pytest.MonkeyPatch, codec: str) -> None:
    """To a device that was away as long as that took: one frame with all of them could be as large as anybody likes (promise V7)."""
    monkeypatch.setattr(service, "HIDDEN_AT_ONCE", 2)
    async with people(house, "Li Na", codec=codec) as (lina,):
        talk = await lina.direct(house.people["Wang"].member)
        for _ in range(5):
            await lina.send(talk, "hi")
        for seq in (4, 2, 5, 1, 3):
            await lina.ask(wish.DeleteForMe, conversation=talk, seq=seq)
        heard, hidden, more = [], 0, True
        while more:
            page = await lina.ask(wish.Changes, conversation=talk, after=0, hidden=hidden)
            heard.append((page.hidden, page.hidden_up_to))
            hidden, more = page.hidden_up_to, page.more
        assert heard == [((4, 2), 2), ((5, 1), 4), ((3,), 5)]


@CROSSED
async def test_favourites_are_kept_listed_in_pages_and_removed(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Li Na", codec=codec) as (lina, phone):
        talk = await lina.direct(house.people["Wang"].member)
        ids = []
        for count in range(1, 6):
            await lina.send(talk, f"m{count}")
            ids.append(client_id())
            assert isinstance(await lina.ask(wish.Favourite, id=ids[-1], conversation=talk, seq=count, note=f"n{count}"), Done)
        assert isinstance(await lina.ask(wish.Favourite, id=ids[0], conversation=talk, seq=1, note="n1"), Done), "once more is the same"
        assert await lina.refused(wish.Favourite, id=ids[0], conversation=talk, seq=2) == "id.conflict"
        assert await lina.refused(wish.Favourite, id="z" * 32, conversation=talk, seq=1) == "id.invalid"
        assert await lina.refused(wish.Favourite, id=client_id(), conversation=talk, seq=99) == "message.not_found"
        await lina.ask(wish.Unfavourite, id=ids[2])
        await lina.ask(wish.Unfavourite, id=ids[2])
        await lina.ask(wish.Unfavourite, id=client_id())
        await lina.ask(wish.Recall, conversation=talk, seq=4)
        await lina.ask(wish.DeleteForMe, conversation=talk, seq=5)
        found: list[Any] = []
        page = ""
        while True:
            answer = await phone.ask(wish.ListFavourites, limit=2, page=page)
            found += answer.favourites
            page = answer.page
            if not page:
                break
        assert [(one.seq, one.note) for one in found] == [(5, "n5"), (4, "n4"), (2, "n2"), (1, "n1")]
        assert [one.message and phone.text(one.message) for one in found] == [None, None, "m2", "m1"]
        assert await phone.refused(wish.ListFavourites, page="nonsense") == "page.cursor_invalid"
        await everything_told(house, lina, phone)
        assert [type(event).__name__ for event in phone.events].count("FavouritesChanged") == 6


@CROSSED
async def test_a_colleagues_profile_is_shown(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina:
        answer = await lina.ask(wish.GetProfile, member=house.people["Wang"].member)
    assert isinstance(answer, Profile)
    assert (answer.profile.name, answer.profile.company) == ("Wang", "acme")

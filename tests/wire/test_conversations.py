"""The commands about conversations, for their right use and for their wrong ones, seen from outside (promise V8)."""

from protocol import commands as wish
from protocol import limits
from protocol.events import ConversationChanged, Done, IsTyping, MarksMoved, Messages, Opened, OwnMarks, OwnPresence
from tests.support.house import House
from tests.support.wire import CROSSED, LITE, everything_told, group, people, plain, signed_in


@CROSSED
async def test_a_direct_conversation_is_opened_by_id_by_number_and_with_oneself(house: House, codec: str) -> None:
    async with people(house, "Wang") as (wang,), signed_in(house, "Li Na", codec) as lina, signed_in(house, "Li Na") as phone:
        opened = await lina.ask(wish.OpenDirect, member=house.people["Wang"].member)
        assert isinstance(opened, Opened)
        assert (opened.conversation.kind, opened.conversation.peer, opened.conversation.seq) == ("direct", house.people["Wang"].member, 0)
        again = await lina.ask(wish.OpenDirect, number=house.people["Wang"].number)
        assert again.conversation == opened.conversation
        assert (await phone.event(ConversationChanged)).state == opened.conversation
        myself = await lina.ask(wish.OpenDirect, member=house.people["Li Na"].member)
        assert myself.conversation.peer == house.people["Li Na"].member
        assert (await wang.ask(wish.ListConversations)).conversations == (), "nothing was written yet"
        await everything_told(house, lina, wang)
        assert not [one for one in wang.events if not isinstance(one, OwnPresence)]
        assert await lina.refused(wish.OpenDirect) == "conversation.nobody_named"
        both = await lina.refused(wish.OpenDirect, member=house.people["Wang"].member, number="10002")
        assert both == "conversation.nobody_named"


@LITE
async def test_the_list_of_conversations_comes_in_pages_that_are_ones_own(house: House) -> None:
    async with people(house, "Li Na", "Wang") as (lina, wang):
        mine = [await group(house, "Li Na", "Zhao", name=f"g{count}") for count in range(5)]
        found, page = [], ""
        while True:
            answer = await lina.ask(wish.ListConversations, limit=2, page=page)
            found += [state.conversation for state in answer.conversations]
            page = answer.page
            if not page:
                break
            assert await wang.refused(wish.ListConversations, page=page) == "page.cursor_invalid"
            assert await wang.refused(wish.Sync, page=page) == "page.cursor_invalid"
        assert sorted(found) == sorted(mine)
        for nonsense in ("x", "AAAA", "é", page + "A" * 60):
            assert await lina.refused(wish.ListConversations, page=nonsense) == "page.cursor_invalid"
        assert await lina.refused(wish.ListConversations, limit=0) == "frame.invalid"
        assert await lina.refused(wish.ListConversations, limit=limits.PAGE + 1) == "frame.invalid"


@CROSSED
async def test_settings_and_drafts_are_kept_and_reach_ones_other_devices(house: House, codec: str) -> None:
    async with signed_in(house, "Li Na", codec) as lina, signed_in(house, "Li Na") as phone, signed_in(house, "Wang") as wang:
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        await wang.event(Messages)
        await lina.ask(wish.SetConversation, conversation=talk, muted=True, pinned_to_top=True)
        await lina.ask(wish.SetDraft, conversation=talk, text="See you")
        await lina.ask(wish.SetDraft, conversation=talk, text="See you 明天")
        await lina.ask(wish.SetConversation, conversation=talk, pinned_to_top=False, unread=True)
        await everything_told(house, lina, phone, wang)
        state = phone.all(ConversationChanged)[-1].state
        assert (state.muted, state.pinned_to_top, state.marked_unread, state.draft) == (True, False, True, "See you 明天")
        assert [lina.plain(one) for one in (await lina.ask(wish.ListConversations)).conversations] == [phone.plain(state)]
        assert not wang.all(ConversationChanged)[1:], "nobody else hears of it"
        await lina.send(talk, "no draft of mine", keep_draft=True)
        await lina.send(talk, "See you 明天")
        await everything_told(house, lina, phone)
        assert phone.all(ConversationChanged)[-1].state.draft == ""
        assert await lina.refused(wish.SetDraft, conversation=talk, text="x" * (limits.DRAFT_CHARACTERS + 1)) == "frame.invalid"


@CROSSED
async def test_marks_go_forward_and_are_told_to_both(house: House, codec: str) -> None:
    async with people(house, "Li Na", "Li Na", "Wang", codec=codec) as (lina, phone, wang):
        talk = await wang.direct(house.people["Li Na"].member)
        for words in ("one", "two", "three"):
            await wang.send(talk, words)
        await lina.event(Messages, up_to=3)
        await lina.ask(wish.Mark, conversation=talk, delivered=3, read=2)
        await everything_told(house, lina, phone, wang)
        assert [(mine.read, mine.delivered, mine.unread) for mine in phone.all(OwnMarks)] == [(2, 3, 1)]
        (moved,) = wang.all(MarksMoved)
        assert plain(moved)["marks"] == [{"member": house.people["Li Na"].member, "delivered": 3, "read": 2}]
        await lina.ask(wish.Mark, conversation=talk, read=1)
        await lina.ask(wish.Mark, conversation=talk, read=limits.LARGEST_NUMBER)
        await everything_told(house, lina, phone, wang)
        assert [(mine.read, mine.delivered, mine.unread) for mine in phone.all(OwnMarks)][1:] == [(3, 3, 0)], "cut to what there is"
        answer = await wang.ask(wish.GetMarks, conversation=talk)
        assert plain(answer)["marks"] == [{"member": house.people["Li Na"].member, "delivered": 3, "read": 3}], (
            "of the others, not one's own"
        )


@LITE
async def test_typing_is_told_to_the_others_at_most_every_three_seconds(house: House) -> None:
    async with people(house, "Li Na", "Li Na", "Wang") as (lina, phone, wang):
        talk = await lina.direct(house.people["Wang"].member)
        await lina.send(talk, "hi")
        assert isinstance(await lina.ask(wish.Typing, conversation=talk), Done)
        assert isinstance(await lina.ask(wish.Typing, conversation=talk), Done)
        assert (await wang.event(IsTyping)) == IsTyping(conversation=talk, member=house.people["Li Na"].member)
        await everything_told(house, lina, phone, wang)
        assert (len(wang.all(IsTyping)), phone.all(IsTyping)) == (1, [])

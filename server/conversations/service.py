"""Opening conversations, listing one's own, and changes of membership (SPEC E1, E4; LOG G)."""

import os
from collections.abc import Awaitable, Callable, Sequence

from protocol import limits
from protocol.bodies import note
from protocol.errors import ConversationNotFound
from protocol.ids import to_wire
from server.conversations.errors import AlreadyParticipant
from server.conversations.states import State, complete
from server.visibility.service import Writing
from storage import heads, outside_talks, silencing
from storage.conversations import Ledger, find, find_direct, open_stays
from storage.draw import draw_id
from storage.engine import Storage
from storage.work import Read, Work

Who = tuple[int, int]
"""(company, member)"""


Permitted = Callable[[Read], Awaitable[Writing]]


async def everybody(_: Read) -> Writing:
    return Writing()


class ConversationService:
    """Acts on conversations; who may act is decided by the caller's access checks."""

    def __init__(self, storage: Storage, draw: Callable[[], int] = draw_id) -> None:
        self._storage = storage
        self._draw = draw

    async def open_direct(self, actor: Who, other: Who, *, permitted: Permitted = everybody) -> State:
        """The direct conversation of two members, made where there is none; with oneself: one's other devices.

        ``permitted``: asked in the turn where it is made, how the two may write in it. Raises: what that raises.
        """
        there = await self._storage.read(lambda read: self._opened(read, actor, other))
        if there is not None:
            return there

        async def act(work: Work) -> State:
            conversation = await find_direct(work, actor[1], other[1])
            if conversation is None:
                conversation = self._draw()
                writing = await permitted(work)
                ledger = await Ledger.create(work, conversation, actor[0], "direct", pair=(actor[1], other[1]))
                await ledger.join(list(dict.fromkeys((actor, other))), 1, open_for=[actor[1]])
                sides = [silencing.Side(who[1], conversation, actor[1], True) for who in (actor, other) if who[1] in writing.silenced]
                await silencing.silence(work, other[0], sides)
                if writing.is_outside:
                    await outside_talks.begin(work, conversation, actor, other)
            else:
                place = await find(work, conversation)
                assert place is not None
                ledger = Ledger(work, place)
                await ledger.open_for(*actor)
            await ledger.close()
            return await self._state(work, actor, conversation)

        return await self._storage.transact(act)

    async def _opened(self, read: Read, actor: Who, other: Who) -> State | None:
        conversation = await find_direct(read, actor[1], other[1])
        if conversation is None:
            return None
        state = await self._state(read, actor, conversation)
        return state if state.row["is_open"] or state.row["seq"] else None

    async def _state(self, read: Read, actor: Who, conversation: int) -> State:
        row = await heads.one(read, *actor, conversation)
        if row is None:
            raise ConversationNotFound
        return (await complete(read, actor[1], [row]))[0]

    async def state(self, actor: Who, conversation: int) -> State:
        """Raises: ConversationNotFound."""
        return await self._storage.read(lambda read: self._state(read, actor, conversation))

    async def every(self, actor: Who, behind: int, limit: int = limits.CONVERSATIONS_PAGE) -> list[State]:
        """A page of all of one's conversations, in the order of their ids, those above ``behind``."""

        async def act(read: Read) -> list[State]:
            return await complete(read, actor[1], await heads.every(read, *actor, behind, limit))

        return await self._storage.read(act)

    # ---- membership: until groups have their commands, by the service alone

    async def create(self, owner: Who, others: Sequence[Who], *, kind: str = "group", name: str = "", id: int | None = None) -> int:
        """A conversation of several, opened by ``owner``; its first message is the note that says so."""
        conversation = id or self._draw()
        who = list(dict.fromkeys((owner, *others)))

        async def act(work: Work) -> None:
            ledger = await Ledger.create(work, conversation, owner[0], kind, name=name)
            members = tuple(to_wire(member) for _, member in who)
            await ledger.note(note("opened", members=members, by=to_wire(owner[1])), by=owner[1], salt=os.urandom(16))
            await ledger.join(who, 1)
            await ledger.close()

        await self._storage.transact(act)
        return conversation

    async def add(self, conversation: int, actor: int, who: Who) -> int:
        """Begin a stay of ``who``; gives its first seq. Raises: ConversationNotFound, AlreadyParticipant."""

        async def act(work: Work) -> int:
            ledger = await self._ledger(work, conversation)
            if who[1] in await open_stays(work, ledger.place):
                raise AlreadyParticipant
            body = note("joined", members=(to_wire(who[1]),), by=to_wire(actor))
            seq = await ledger.note(body, by=actor, salt=os.urandom(16))
            await ledger.join([who], seq)
            await ledger.close()
            return seq

        return await self._storage.transact(act)

    async def remove(self, conversation: int, actor: int, who: Who) -> int:
        """End the stay of ``who``; gives its last seq. Raises: ConversationNotFound (also where he is not in it)."""

        async def act(work: Work) -> int:
            ledger = await self._ledger(work, conversation)
            if who[1] not in await open_stays(work, ledger.place):
                raise ConversationNotFound
            what = "left" if actor == who[1] else "removed"
            body = note(what, members=(to_wire(who[1]),), by=to_wire(actor))
            seq = await ledger.note(body, by=actor, salt=os.urandom(16))
            await ledger.leave(*who, seq)
            await ledger.close()
            return seq

        return await self._storage.transact(act)

    async def _ledger(self, work: Work, conversation: int) -> Ledger:
        place = await find(work, conversation)
        if place is None:
            raise ConversationNotFound
        return Ledger(work, place)

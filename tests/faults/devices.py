"""A device of a run: the SDK as an application uses it, with a note of everything that it wished, was answered and was shown.

``Device`` only records and asks; what it wishes and when is for ``people.py``.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from server.sync.tokens import Seal
from tests.faults import names
from tests.faults.history import (
    Answered,
    Connected,
    Covered,
    Held,
    How,
    Kind,
    Marked,
    Moved,
    Outcome,
    Recorder,
    Row,
    Settled,
    Shown,
    Started,
    Told,
    Tried,
    Wished,
)
from yizhan import events, trace
from yizhan._protocol import events as wire
from yizhan._protocol.bodies import NoteBody
from yizhan.client import Client
from yizhan.core import Core
from yizhan.errors import OutcomeUnknown, Refused
from yizhan.messages import Conversation, Message
from yizhan.outbox import Wish
from yizhan.wishes import Name

BACKOFF_SHARE = 0.1  # of the SDK's own waiting between two attempts to connect: a run has no half minutes to lose

NOT_TRIED = -1  # a wish that another device of the member made, too, and whose message came before it was put on the wire


class Watched(Client):
    """A client whose connection can be cut, and sent to another gateway."""

    socket: Any = None
    choose: Callable[[], str]

    async def _connection(self) -> None:
        self._url = self.choose()
        await super()._connection()

    async def _read_frames(self, socket: Any) -> tuple[int, str]:
        self.socket = socket
        return await super()._read_frames(socket)

    def cut(self) -> None:
        """As when the network is gone: nothing is said any more, and what was on its way is lost."""
        if self.socket is not None:
            self.socket.transport.abort()


class Device:
    """One SDK instance. ``choose`` gives the gateway's address for each connection."""

    def __init__(
        self,
        label: str,
        member: str,
        company: str,
        recorder: Recorder,
        seal: Seal,
        choose: Callable[[], str],
        dice: random.Random,
        **options: Any,
    ) -> None:
        """``options`` are those of ``Client``."""
        self.name, self.member, self.company = label, member, company
        self._recorder, self._seal = recorder, seal
        self.rows: dict[str, dict[int, Message]] = {}
        self.sent = 0
        self.acknowledged = 0
        self._wish_of: dict[str, int] = {}  # by the key that the SDK gave it
        self._attempt_of: dict[int, int] = {}
        self.client = Watched("", trace=self._traced, keep=dice.choice((5, 50, 1000)), fetch="all", timeout=60, proxy=None, **options)
        self.client.choose = choose
        core = self.client._core
        core._backoff._jitter = lambda: BACKOFF_SHARE * dice.random()
        self._received, core.received = core.received, self._receive  # type: ignore[method-assign]
        self._listener: asyncio.Task[None] | None = None
        self._is_stopped = False
        self._note(Started, member=member, company=company)

    # ---- beginning and end

    async def start(self) -> None:
        await self.client.__aenter__()
        self._listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        """What an application does: take the events; they were noted when they were given. Raises: what the SDK fell over."""
        async for _ in self.client.events():
            pass
        if not self._is_stopped:
            raise self.client._core.over or RuntimeError(f"the events of {self.name} ended")

    async def fallen(self) -> None:
        """Returns never, or raises what the SDK fell over."""
        assert self._listener is not None
        await asyncio.shield(self._listener)

    async def stop(self) -> None:
        if self._is_stopped:
            return
        self._is_stopped = True
        await self.client.close()
        if self._listener is not None:
            await self._listener

    def is_at_rest(self, heads: dict[tuple[str, str], tuple[int, int | None]]) -> bool:
        """Live, nothing under way, and every conversation as far as ``heads`` (of ``Truth``) says."""
        core = self.client._core
        if core.phase.name != "LIVE" or core._link.under_way or core.outbox.writes or core.outbox.reads:
            return False
        views = core.conversations.views
        for (member, conversation), (seq, change) in heads.items():
            if member != self.member:
                continue
            view = views.get(conversation)
            if view is None or view.hole() is not None or view.ended != (change is None):
                return False
            if view.run.run != seq or (change is not None and view.changes.run != change):
                return False
        return True

    def settle(self) -> None:
        """Note all that it holds now."""
        views = self.client._core.conversations.views
        held = [self._held(state, views[state.conversation]) for state in self.client.known.values()]
        self._note(Settled, conversations=tuple(held))

    def _held(self, state: Conversation, view: Any) -> Held:
        rows = self.rows.get(state.conversation, {})
        return Held(
            conversation=state.conversation,
            inside=not view.ended,
            seq=view.run.run,
            change=view.changes.run,
            read=state.read,
            unread=state.unread,
            rows=tuple(_row(rows[seq]) for seq in sorted(rows)),
        )

    # ---- what the application wishes

    async def wish(self, kind: Kind, conversation: str, make: Callable[[Core], Wish], **what: Any) -> Any:
        """Note the wish, then put it into the outbox and wait for its answer. Raises: as the SDK."""
        index = self._recorder.index()
        wish = make(self.client._core)
        self._recorder.write(Wished(index, self.name, kind, conversation, client_id=wish.key if kind == "send" else "", **what))
        if kind == "read":  # joins one that still waits
            self._wish_of.setdefault(wish.key, index)
        else:
            self._wish_of[wish.key] = index
        return await self.client._answer(wish)

    async def send(self, conversation: str, body: dict[str, Any], *, id: str = "") -> str:
        """Gives the client id. Under one that still waits here, the SDK makes no second wish: neither do we."""
        if id in self.client._core.outbox.writes:
            return id
        made: list[Wish] = []

        def make(core: Core) -> Wish:
            made.append(core.send(conversation, body, id=id))
            return made[0]

        await self.wish("send", conversation, make, body=names.of_plain(body))
        return made[0].key

    async def edit(self, message: Message, body: dict[str, Any]) -> None:
        target = Name(message.conversation, message.seq)
        await self.wish(
            "edit",
            message.conversation,
            lambda core: core.edit(target, body, version=message.version),
            seq=message.seq,
            version=message.version,
            body=names.of_plain(body),
        )

    async def recall(self, message: Message) -> None:
        target = Name(message.conversation, message.seq)
        await self.wish("recall", message.conversation, lambda core: core.recall(target), seq=message.seq)

    async def react(self, message: Message, emoji: str, *, on: bool) -> None:
        target = Name(message.conversation, message.seq)
        what = {"seq": message.seq, "reaction": emoji, "on": on}
        await self.wish("react", message.conversation, lambda core: core.react(target, emoji, on=on), **what)

    async def read(self, conversation: str, seq: int) -> None:
        await self.wish("read", conversation, lambda core: core.mark(conversation, read=seq), seq=seq)

    async def look_back(self, conversation: str, before: int) -> None:
        """A page of history; an application keeps a row that is newer than the page's."""
        for message in await self.client.history(conversation, before=before, limit=20):
            held = self.rows.get(conversation, {}).get(message.seq)
            if held is None or message.change >= held.change:
                self._show(message, "history")

    # ---- what the SDK reports

    def _note(self, event: type[Any], **what: Any) -> None:
        self._recorder.write(event(self._recorder.index(), self.name, **what))

    def _receive(self, frame: Any, now: int) -> Any:
        """Before the SDK makes anything of it: what the frame tells of heads, and the token behind it.

        A snapshot's page comes after the SDK has dropped what was known before it, which is when it says so.
        """
        if isinstance(frame, wire.SyncPage) and frame.snapshot:
            made = self._received(frame, now)
            self._told_of(frame)
            return made
        self._told_of(frame)
        return self._received(frame, now)

    def _told_of(self, frame: Any) -> None:
        match frame:
            case wire.Messages():
                self._note(Told, conversation=frame.conversation, seq=frame.up_to)
            case wire.MessagesChanged():
                self._note(Told, conversation=frame.conversation, change=frame.up_to)
            case wire.Left():
                self._note(Told, conversation=frame.conversation, seq=frame.seq, change=frame.change, ended=True)
            case wire.ConversationChanged():
                self._told(frame.state)
            case wire.Opened():
                self._told(frame.conversation)
            case wire.SyncPage():
                for state in frame.conversations:
                    self._told(state)
                self._covered(frame.token)
            case wire.SyncToken():
                self._covered(frame.token)

    def _told(self, state: wire.ConversationState) -> None:
        self._note(
            Told,
            conversation=state.conversation,
            seq=state.seq,
            change=state.change,
            read=state.read,
            unread=state.unread,
            ended=state.ended,
        )

    def _covered(self, token: str) -> None:
        if token:
            position = self._seal.position(token)
            assert position is not None, "a token that is not of this server"
            self._note(Covered, position=position)

    def _traced(self, what: object) -> None:
        match what:
            case events.MessageReceived():
                self._show(what.message, "new")
                self._moved(what.message)
            case events.MessageEdited() | events.MessageRecalled() | events.ReactionsChanged() | events.MessagePinned():
                self._show(what.message, "change")
            case events.MessageHidden():
                self.rows.get(what.conversation, {}).pop(what.seq, None)
            case events.LeftConversation():
                self._note(Moved, conversation=what.conversation, member=self.member, seq=what.seq, joined=False)
            case events.MarksMoved():
                for marks in what.marks:
                    self._note(Marked, conversation=what.conversation, member=marks.member, seq=marks.read)
                    self._note(Marked, conversation=what.conversation, member=marks.member, seq=marks.delivered, kind="delivered")
            case events.SnapshotStarted():
                self.rows.clear()
                self._note(Connected, fresh=True)
            case events.Connected():
                self._note(Connected)
            case trace.Attempted():
                wish = self._wish_of.get(what.key)
                if wish is not None:
                    self._attempt_of[wish] = index = self._recorder.index()
                    self._recorder.write(Tried(index, self.name, wish))
            case trace.Answered():
                self._answered(what)

    def _show(self, message: Message, how: How) -> None:
        self.rows.setdefault(message.conversation, {})[message.seq] = message
        self._note(
            Shown,
            conversation=message.conversation,
            how=how,
            seq=message.seq,
            version=message.version,
            change=message.change,
            sender=message.sender,
            body=names.of_shown(message),
            recalled=message.recalled,
            client_id=message.id,
            reply_to=getattr(message.body, "reply_to", None) or 0,
        )

    def _moved(self, message: Message) -> None:
        if isinstance(message.body, NoteBody):
            for member in message.body.members:
                joined = message.body.what in ("opened", "joined")
                self._note(Moved, conversation=message.conversation, member=member, seq=message.seq, joined=joined)

    def _answered(self, what: trace.Answered) -> None:
        wish = self._wish_of.get(what.key)
        if wish is None:
            return
        outcome: Outcome = "ok"
        said: dict[str, Any] = {}
        match what.outcome:
            case wire.Sent():
                said["seq"] = what.outcome.seq
                self.acknowledged += 1
            case wire.Changed():
                said = {"change": what.outcome.change, "version": what.outcome.version}
                self.acknowledged += 1
            case Refused():
                outcome, said["code"] = "refused", what.outcome.code
            case OutcomeUnknown():
                outcome = "unknown"
            case Exception():
                return
        self._note(Answered, wish=wish, attempt=self._attempt_of.get(wish, NOT_TRIED), outcome=outcome, **said)


def _row(message: Message) -> Row:
    reactions = sorted((member, emoji) for emoji, who in message.reactions.items() for member in who)
    return Row(
        seq=message.seq,
        version=message.version,
        change=message.change,
        body=names.of_shown(message),
        recalled=message.recalled,
        reactions=tuple(reactions),
    )

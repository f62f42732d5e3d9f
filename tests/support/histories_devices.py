"""A client as the protocol's page describes it, for random histories: it keeps what it took, and asks for what it misses.

What no rule allows to be heard is a ``Violation`` at once; what it holds in the end is for ``histories_end``.
"""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from protocol import commands as wish
from protocol.codec import Codec
from protocol.commands import Command
from protocol.events import MemberInfo
from protocol.ids import from_wire, to_wire
from server.gateway.connection import Connection, Stage
from server.gateway.handshake import Handshake
from server.sessions.service import Admitted
from tests.support.cast import Actor
from tests.support.histories_nodes import Node, Wire


class Violation(AssertionError):
    """A device holds, or has heard, what no rule allows."""


def payload_of(frame: bytes) -> bytes:
    return frame[{126: 4, 127: 10}.get(frame[1], 2) :]


@dataclass
class Store:
    """What a device has kept of one conversation."""

    rows: dict[int, tuple[int, str | None]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    head: int = 0
    change: int = 0
    change_head: int = 0
    hidden: set[int] = field(default_factory=set)
    hidden_number: int = 0
    hidden_head: int = 0
    ended: bool = False
    left: bool = False  # heard it on this connection
    asks: bool = False
    up_to: int = 0  # of this connection's last message event
    told: int = 0  # the head that this connection was told of other than by events: from there on they leave no hole

    def take(self, row: Any, codec: Codec) -> None:
        there = self.rows.get(row.seq)
        if there is None or row.change > there[0]:
            body = None if row.recalled else codec.plain(row.body)
            self.rows[row.seq] = (row.change, body and str(body.get("text", body["kind"])))

    def hole(self) -> int:
        """The first seq that is missing, or nought."""
        return next((seq for seq in range(1, self.head + 1) if seq not in self.closed), 0)

    @property
    def is_behind(self) -> bool:
        return self.change < self.change_head or self.hidden_number < self.hidden_head or self.asks


class Device:
    """A client as the protocol's page describes it. Its store and its token survive; a connection does not."""

    def __init__(self, actor: Actor, codec: Codec, chance: random.Random, changes: Mapping[tuple[int, int], list[int]]) -> None:
        self.actor = actor
        self.changes = changes
        self.doubts: list[tuple[int, int, int]] = []
        self.codec = codec
        self.chance = chance
        self.stores: defaultdict[str, Store] = defaultdict(Store)
        self.token = ""
        self.node: Node | None = None
        self.connection: Connection | None = None
        self.wire = Wire(0)
        self._asked: dict[int, Command] = {}
        self._number = 0
        self.is_live = False

    # ---- connections

    def connect(self, node: Node) -> None:
        self.wire = Wire(self.chance.randrange(1 << 30))
        door: Any = self.wire
        connection = Connection(node.gateway, door, Handshake("127.0.0.1", self.codec.binary, None, None))
        connection.stage = Stage.GREETED
        me = MemberInfo(member=to_wire(self.actor.id), name="")
        connection.enter(
            Admitted(self.chance.randrange(1, 1 << 40), self.actor.id, self.actor.company, 1, "desktop", me, "", False, 1 << 60)
        )
        node.gateway.online.enter(connection)
        self.node, self.connection, self.is_live = node, connection, False
        for store in self.stores.values():
            store.left, store.up_to, store.told = False, 0, store.head
        self.ask(wish.Sync, token=self.token)

    def cut(self) -> None:
        """The connection is gone with all that lay in it."""
        if self.connection is not None:
            self.wire.is_open = False
            self.connection.closed()
        self.connection = None
        self.wire.frames.clear()
        self._asked.clear()

    def ask(self, kind: type[Command], **fields: Any) -> None:
        assert self.connection is not None
        self._number += 1
        command = kind(request=self._number, **fields)
        self._asked[self._number] = command
        self.connection.received(self.codec.encode(command))

    def fetch(self, most: int = 4) -> None:
        """Ask for something that is missing, a little of it."""
        behind = [(name, store) for name, store in self.stores.items() if store.hole() or store.is_behind]
        if self.connection is None or not behind:
            return
        name, store = self.chance.choice(behind)
        hole, few = store.hole(), self.chance.randint(1, most)
        if hole and (not store.is_behind or self.chance.random() < 0.5):
            self.ask(wish.History, conversation=name, after=hole - 1, limit=few)
        else:
            self.ask(wish.Changes, conversation=name, after=store.change, hidden=store.hidden_number, limit=few)

    # ---- what comes

    def hear(self, most: int = 1 << 30) -> bool:
        """Take some of what lies in the wire; gives whether there was anything."""
        some = self.wire.frames[:most]
        del self.wire.frames[:most]
        for frame in some:
            heard: Any = self.codec.decode_frame(payload_of(frame))
            getattr(self, f"_{heard.__struct_config__.tag}")(heard)
        if self.connection is not None and not self.wire.is_open and not self.wire.frames:
            self.cut()
        return bool(some)

    def _state(self, state: Any) -> None:
        store = self.stores[state.conversation]
        store.head = max(store.head, state.seq)
        store.told = max(store.told, state.seq)
        store.change_head = max(store.change_head, state.change)
        store.hidden_head = max(store.hidden_head, state.hidden)
        store.asks = store.asks or state.ended
        store.ended, store.left = state.ended, False

    def _sync_page(self, page: Any) -> None:
        for state in page.conversations:
            self._state(state)
        if page.page:
            self.ask(wish.Sync, token=self.token, page=page.page)
        else:
            self.token, self.is_live = page.token, True

    def _sync_token(self, event: Any) -> None:
        self.token = event.token

    def _conversation_changed(self, event: Any) -> None:
        self._state(event.state)

    def _heard_after_the_end(self, name: str) -> Store:
        store = self.stores[name]
        if store.left:
            raise Violation(f"{self.actor.name} hears of {name} after he left it")
        return store

    def _no_hole(self, store: Store, name: str, up_to: int) -> None:
        missing = [seq for seq in range(store.told + 1, up_to + 1) if seq not in store.closed]
        if missing:
            raise Violation(f"{self.actor.name} in {name}: while he was connected nobody told him of {missing}")

    def _messages(self, event: Any) -> None:
        store = self._heard_after_the_end(event.conversation)
        if event.up_to <= store.up_to:
            raise Violation(f"{event.up_to} is told after {store.up_to}")
        store.up_to = event.up_to
        self._no_hole(store, event.conversation, event.after)
        for row in event.messages:
            store.take(row, self.codec)
        store.closed.update(range(event.after + 1, event.up_to + 1))
        store.head = max(store.head, event.up_to)

    def _messages_changed(self, event: Any) -> None:
        store = self._heard_after_the_end(event.conversation)
        for row in event.messages:
            store.take(row, self.codec)
        if event.after <= store.change:
            self._changes_closed(store, event.conversation, event.up_to)
        store.change_head = max(store.change_head, event.up_to)

    def _changes_closed(self, store: Store, name: str, up_to: int) -> None:
        """What is closed is true: each row that it holds is as it was after the last of these changes, or was changed later still.

        Whether it was is known in the end: see ``doubts``.
        """
        store.change = max(store.change, up_to)
        for seq, (change, _) in store.rows.items() if not store.ended else ():
            due = max((one for one in self.changes.get((from_wire(name), seq), ()) if one <= store.change), default=0)
            if change < due:
                self.doubts.append((from_wire(name), seq, due))

    def _messages_hidden(self, event: Any) -> None:
        store = self.stores[event.conversation]
        if event.after <= store.hidden_number:
            store.hidden.update(event.seqs)
            store.hidden_number = max(store.hidden_number, event.up_to)
        store.hidden_head = max(store.hidden_head, event.up_to)

    def _left(self, event: Any) -> None:
        store = self.stores[event.conversation]
        self._no_hole(store, event.conversation, event.seq)
        store.ended = store.left = store.asks = True
        store.head = max(store.head, event.seq)
        store.change_head = max(store.change_head, event.change)

    def _own_marks(self, event: Any) -> None: ...
    def _marks_moved(self, event: Any) -> None: ...
    def _changed(self, answer: Any) -> None: ...
    def _done(self, answer: Any) -> None: ...

    def _error(self, answer: Any) -> None:
        if answer.kind == "unknown" or answer.request is None:
            raise Violation(f"{answer}")
        asked = self._asked[answer.request]
        if isinstance(asked, wish.History | wish.Changes | wish.Sync):
            raise Violation(f"{asked}: {answer}")

    def _sent(self, answer: Any) -> None:
        asked: Any = self._asked[answer.request]
        store = self.stores[asked.conversation]
        store.rows.setdefault(answer.seq, (0, self.codec.plain(asked.body)["text"]))
        store.closed.add(answer.seq)
        store.head = max(store.head, answer.seq)

    def _history_page(self, page: Any) -> None:
        store = self.stores[page.conversation]
        skipped = [seq for gap in page.skipped for seq in range(gap.first, gap.last + 1)]
        if sorted([row.seq for row in page.messages] + skipped) != list(range(page.after + 1, page.up_to + 1)):
            raise Violation(f"a page that does not name all of its seqs: {page}")
        if page.up_to == page.after:
            raise Violation(f"a hole that nobody can close: {page}")
        for row in page.messages:
            store.take(row, self.codec)
        store.closed.update(range(page.after + 1, page.up_to + 1))

    def _changes_page(self, page: Any) -> None:
        store = self.stores[page.conversation]
        for row in page.messages:
            store.take(row, self.codec)
        if page.after <= store.change:
            self._changes_closed(store, page.conversation, page.up_to)
        store.hidden.update(page.hidden)
        store.hidden_number = max(store.hidden_number, page.hidden_up_to)
        store.asks = page.more and store.asks

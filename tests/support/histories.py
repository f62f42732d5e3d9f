"""Random histories of two nodes: the real gateway, hand-out and sync over one database, under devices that lose everything but their store.

Nothing here knows the time: what is late is late by the scheduler's choice. The idea is that of an executable model of the log's rules
(LOG D, E, F); here the parts themselves are run.
"""

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from protocol import commands as wish
from protocol import limits
from protocol.codec import CODECS, Codec
from protocol.commands import Command
from protocol.events import MemberInfo
from protocol.ids import from_wire, to_wire
from server.clock import ManualClock
from server.config.model import Gateway as GatewaySettings
from server.conversations.service import ConversationService
from server.delivery.hand_out import HandOut
from server.delivery.online import Online
from server.gateway.connection import Connection, Stage
from server.gateway.dispatch import Dispatch
from server.gateway.gateway import Gateway, Parts
from server.gateway.handlers.accounts import AccountHandlers
from server.gateway.handlers.conversations import ConversationHandlers
from server.gateway.handlers.directory import DirectoryHandlers
from server.gateway.handlers.messages import MessageHandlers
from server.gateway.handlers.presence import PresenceHandlers
from server.gateway.handlers.table import table
from server.gateway.handshake import Handshake
from server.messages.service import MessageService
from server.sessions.service import Admitted
from server.sync.service import SyncService
from server.sync.tokens import Seal
from server.wheel import Wheel
from storage import feed, messages
from storage.conversations import find
from storage.engine import Storage, connect
from storage.work import Read
from storage.writer.batch import Finished
from storage.writer.entries import ChangedOutcome, ReactEntry, SettingsEntry
from tests.support.cast import Actor, company

T = TypeVar("T")
Truth = tuple[dict[int, tuple[int, str | None]], int | None, set[int]]
PEOPLE = 5
FREE = GatewaySettings(send_per_second=1e9, send_burst=10**9, commands_per_second=1e9, commands_burst=10**9)


class Violation(AssertionError):
    """A device holds, or has heard, what no rule allows."""


class Reluctant:
    """A storage whose reads come late, so that what they see is newer than what they are read for."""

    def __init__(self, storage: Storage, chance: random.Random) -> None:
        self._storage = storage
        self._chance = chance

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    async def read(self, act: Callable[[Read], Awaitable[T]]) -> T:
        for _ in range(self._chance.choice((0, 0, 1, 5, 40))):
            await asyncio.sleep(0)
        return await self._storage.read(act)


class Wire:
    """In place of a door: frames lie in it until the device takes them, and are lost with it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.frames: list[bytes] = []
        self.is_open = True

    def send(self, frame: bytes) -> None:
        if self.is_open:
            self.frames.append(frame)

    answer = send

    def close(self, code: int, reason: str) -> None:
        self.is_open = False

    def pause(self) -> None:
        """Never needed: nobody is fast here."""

    resume = pause


def payload_of(frame: bytes) -> bytes:
    return frame[{126: 4, 127: 10}.get(frame[1], 2) :]


async def nobody_looks(_: Connection) -> None:
    """Who is there is not what these histories are about."""


class Node:
    """A gateway without door and clockwork: its sweeps, tokens and reads come when the scheduler wants."""

    def __init__(self, storage: Storage, seal: Seal, clock: ManualClock, chance: random.Random, spy: Callable[[Finished], None]) -> None:
        self.storage = storage
        self._waiting: dict[int, asyncio.Future[None]] = {}
        online = Online()
        late: Any = Reluctant(storage, chance)
        self.hand_out = HandOut(late, online, seal, clock)
        self.hand_out.stays.most = 2  # so that stays fall out of memory all the time
        self.conversations = ConversationService(storage)
        self.sync = SyncService(late, seal)
        nobody: Any = None

        def dispatch(gateway: Gateway) -> Dispatch:
            talks = ConversationHandlers(gateway, self.conversations, self.sync, seal, nobody_looks)
            accounts, messages = AccountHandlers(gateway, nobody, nobody), MessageHandlers(gateway, MessageService(late))
            return Dispatch(table(accounts, talks, messages, DirectoryHandlers(gateway, nobody, nobody), PresenceHandlers(gateway, nobody)))

        wheel = Wheel(lambda seconds, call: None)
        self.gateway = Gateway(Parts(FREE, 8, storage, clock, wheel, self.hand_out, online, dispatch))
        finished = storage.batches.on_finished

        def heard(ended: Finished) -> None:
            spy(ended)
            finished(ended)
            for entry in ended.entries:
                if (done := self._waiting.pop(id(entry), None)) is not None:
                    done.set_result(None)

        storage.batches.on_finished = heard

    async def written(self) -> None:
        """What was before the writer is committed."""
        entry = SettingsEntry(None, 0, 0, 0, 0)
        done = self._waiting[id(entry)] = asyncio.get_running_loop().create_future()
        self.storage.batches.put(entry)
        await done

    async def settled(self) -> None:
        """Everything that is committed was handed out, and no command is under way."""
        while True:
            await self.written()
            await self.hand_out.sweep()
            head: int = await self.storage.read(lambda read: read.value(feed.HEAD))
            if self.hand_out.applied >= head and not self.gateway._dispatch._tasks and not self.storage.batches.waiting:
                return


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


class World:
    """Two nodes over one database; many histories are run in it, one after the other."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.clock = ManualClock()
        self.nodes: list[Node] = []
        self.changes: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        """Of each message (conversation, seq) the change numbers that touched it."""

    @classmethod
    async def open(cls, url: str, seed: int) -> "World":
        world = cls(random.Random(seed))
        seal_key, epoch = os.urandom(32), os.urandom(16)
        for _ in range(2):
            storage = await connect(url, now=world.clock.now)
            world.nodes.append(Node(storage, Seal(seal_key, epoch), world.clock, world.chance, world._spy))
        for node in world.nodes:
            await node.hand_out.start()
        return world

    def _spy(self, ended: Finished) -> None:
        for entry, answer in zip(ended.entries, ended.answers, strict=True):
            if answer.__class__ is ChangedOutcome:
                self.changes[entry.conversation, entry.seq].append(answer.change)  # type: ignore[attr-defined]

    async def close(self) -> None:
        for node in self.nodes:
            await node.gateway.stop()
            await node.storage.close()


class History:
    """One random history: people, conversations and devices of its own, over the world's two nodes."""

    def __init__(self, world: World, seed: int, steps: int, often: Collection[str] = ()) -> None:
        self.world = world
        self.often = often
        self.seed = seed
        self.chance = random.Random(seed)
        world.chance.seed(seed)
        self.steps = steps
        self.actors: list[Actor] = []
        self.devices: list[Device] = []
        self.talks: list[int] = []
        self.inside: dict[int, set[Actor]] = {}
        self.former: defaultdict[int, list[Actor]] = defaultdict(list)
        self._acts: set[asyncio.Future[Any]] = set()
        self._membership: asyncio.Future[Any] | None = None
        self._broken: BaseException | None = None
        self._words = 0
        self.most = self.chance.choice((4, 4, limits.PAGE))

    async def run(self) -> None:
        """Raises: Violation."""
        chance, world = self.chance, self.world
        codecs = [CODECS[limits.MESSAGEPACK], CODECS[limits.JSON]]
        self.actors = await company(world.nodes[0].storage, f"c{self.seed}", *(f"m{number}" for number in range(PEOPLE)))
        for actor in self.actors:
            self.devices += [Device(actor, chance.choice(codecs), chance, world.changes) for _ in range(chance.choice((1, 1, 2)))]
        for _ in range(chance.choice((1, 1, 2, 4))):
            who = set(chance.sample(self.actors, chance.randint(2, PEOPLE)))
            pairs = [(actor.company, actor.id) for actor in who]
            talk = await chance.choice(world.nodes).conversations.create(pairs[0], pairs[1:])
            self.talks.append(talk)
            self.inside[talk] = who
        for node in world.nodes:
            node.sync._page = chance.choice((1, 2, 5))
        needed = (History.come, History.hear, History.send)
        steps = [step for step, weight in STEPS for _ in range(weight * chance.choice((1 if step in needed else 0, 1, 1, 3)))]
        steps += [step for step, _ in STEPS for _ in range(20) if step.__name__ in self.often]
        try:
            for _ in range(self.steps):
                chance.choice(steps)(self)
                self._look()
                for _ in range(chance.choice((0, 0, 1, 3, 10, 60))):
                    await asyncio.sleep(0)
            for _ in range(chance.choice((0, 0, 2, 4))):  # who joins last hears of nothing later
                self.change_from_elsewhere()
                await self._rest_written()
                self.act()
                await self._rest()
            await self._end()
        finally:
            for task in self._acts:
                task.cancel()
            await asyncio.gather(*self._acts, return_exceptions=True)
            for device in self.devices:
                device.cut()

    def _start(self, work: Awaitable[Any]) -> asyncio.Future[Any]:
        task = asyncio.ensure_future(work)
        self._acts.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._acts.discard(task)
        if not task.cancelled() and self._broken is None:
            self._broken = task.exception()

    def _look(self) -> None:
        """Raises what happened meanwhile."""
        if self._broken is not None:
            raise self._broken

    # ---- steps

    def _connected(self) -> Device | None:
        there = [device for device in self.devices if device.connection is not None and device.is_live]
        return self.chance.choice(there) if there else None

    def come(self) -> None:
        away = [device for device in self.devices if device.connection is None]
        if away:
            self.chance.choice(away).connect(self.chance.choice(self.world.nodes))

    def go(self) -> None:
        device = self.chance.choice(self.devices)
        device.hear(self.chance.choice((0, 1, 3, 1 << 30)))
        device.cut()

    def blink(self) -> None:
        """Cut off and back at once, perhaps on the other node."""
        device = self._connected()
        if device is not None:
            device.cut()
            device.connect(self.chance.choice(self.world.nodes))

    def hear(self) -> None:
        for device in self.chance.sample(self.devices, 3):
            device.hear(self.chance.choice((1, 2, 1 << 30)))

    def fetch(self) -> None:
        device = self._connected()
        if device is not None:
            device.fetch()

    def send(self) -> None:
        device = self._connected()
        if device is not None:
            talk = to_wire(self.chance.choice(self.talks))
            for _ in range(self.chance.choice((1, 1, 1, 4))):
                self._words += 1
                body = device.codec.raw({"kind": "text", "text": f"w{self._words}", **self._reply()})
                device.ask(wish.Send, id=os.urandom(16).hex(), conversation=talk, body=body)

    def _reply(self) -> dict[str, int]:
        return {"reply_to": 1} if self.chance.random() < 0.2 else {}

    def change(self) -> None:
        device = self._connected()
        if device is None:
            return
        name = to_wire(self.chance.choice(self.talks))
        rows = device.stores[name].rows if name in device.stores else {}
        if rows:
            at: dict[str, Any] = {"conversation": name, "seq": self.chance.choice(list(rows))}
            if self.chance.random() < 0.3:
                device.ask(wish.Recall, **at)
            else:
                device.ask(wish.React, **at, emoji=self.chance.choice("abc"), on=self.chance.random() < 0.8)

    def change_from_elsewhere(self) -> None:
        """Somebody whose device is not looked at here changes some messages."""
        talk, node = self.chance.choice(self.talks), self.chance.choice(self.world.nodes)
        head = max((device.stores[to_wire(talk)].head for device in self.devices if to_wire(talk) in device.stores), default=1)
        for actor in self.chance.sample(self.actors, 2):
            at = (None, 0, actor.company, actor.id, talk, self.chance.randint(1, head))
            node.storage.batches.put(ReactEntry(*at, self.chance.choice("abc"), self.chance.random() < 0.7))

    def hide(self) -> None:
        device = self._connected()
        if device is not None:
            name = to_wire(self.chance.choice(self.talks))
            if name in device.stores and device.stores[name].rows:
                device.ask(wish.DeleteForMe, conversation=name, seq=self.chance.choice(list(device.stores[name].rows)))

    def act(self) -> None:
        """Somebody joins or leaves; one act of a conversation at a time."""
        talk = self.chance.choice(self.talks)
        if self._membership is not None and not self._membership.done():
            return
        inside, node = self.inside[talk], self.chance.choice(self.world.nodes)
        former = [actor for actor in self.former[talk] if actor not in inside]
        actor = self.chance.choice(former if former and self.chance.random() < 0.6 else self.actors)
        who = (actor.company, actor.id)
        if actor in inside:
            inside.discard(actor)
            self.former[talk].append(actor)
            work: Awaitable[int] = node.conversations.remove(talk, self.actors[0].id, who)
        else:
            inside.add(actor)
            work = node.conversations.add(talk, self.actors[0].id, who)
        self._membership = self._start(work)

    def sweep(self) -> None:
        self._start(self.chance.choice(self.world.nodes).hand_out.sweep())

    def tokens(self) -> None:
        self.chance.choice(self.world.nodes).hand_out.tell_tokens()

    def leave_with_a_token(self) -> None:
        """Positions are under way, tokens go out, and some are cut off with theirs."""
        node = self.chance.choice(self.world.nodes)

        async def one_after_the_other() -> None:
            await node.hand_out.sweep()
            node.hand_out.tell_tokens()
            for device in self.devices:
                if device.node is node and self.chance.random() < 0.5:
                    device.hear()
                    device.cut()

        self._start(one_after_the_other())

    def come_and_go(self) -> None:
        """One comes, takes the pages as they come, and is cut off with the last one."""
        away = [device for device in self.devices if device.connection is None]
        if not away:
            return
        device = self.chance.choice(away)
        device.connect(self.chance.choice(self.world.nodes))

        async def until_the_last_page() -> None:
            for _ in range(100):
                await asyncio.sleep(0)
                device.hear(1)
                if device.is_live or device.connection is None:
                    break
            device.cut()

        self._start(until_the_last_page())

    # ---- the end

    async def _end(self) -> None:
        """At rest everybody who is connected holds all; then after one more reconnection everybody does."""
        await self._rest()
        for device in self.devices:
            for talk, seq, due in device.doubts:
                if max(self.world.changes[talk, seq]) == due:
                    raise Violation(f"{device.actor.name} in {to_wire(talk)}: change {due}, of {seq}, was closed and not told")
            if device.connection is not None:
                await self._judge(device, "at rest")
        for device in self.devices:
            device.cut()
            device.connect(self.chance.choice(self.world.nodes))
        await self._rest()
        for device in self.devices:
            await self._judge(device, "after one more reconnection")

    async def _rest_written(self) -> None:
        for node in self.world.nodes:
            await node.written()

    async def _rest(self) -> None:
        await asyncio.gather(*self._acts)
        self._look()
        quiet = False
        while not quiet:
            await self._rest_written()
            for node in self.world.nodes:
                await node.settled()
            quiet = not any([device.hear() for device in self.devices])
            for device in self.devices:
                if device.connection is not None and any(store.hole() or store.is_behind for store in device.stores.values()):
                    device.fetch(self.most)
                    quiet = False

    async def _judge(self, device: Device, when: str) -> None:
        for talk in self.talks:
            wanted = await self._wanted(device.actor, talk)
            name = to_wire(talk)
            if wanted is None:
                if name in device.stores and device.stores[name].rows:
                    raise Violation(f"{device.actor.name} knows of {name}, in which he never was")
                continue
            rows, ended_at, hidden = wanted
            store = device.stores.get(name) or Store()
            held = {seq: row for seq, row in store.rows.items() if seq not in store.hidden}
            where = f"{device.actor.name} in {name} {when}"
            if held.keys() != rows.keys():
                raise Violation(f"{where}: lost {sorted(rows.keys() - held.keys())}, leaked {sorted(held.keys() - rows.keys())}")
            if store.hidden != hidden or store.ended != (ended_at is not None):
                raise Violation(f"{where}: hidden {store.hidden}, not {hidden}, or ended {store.ended}, not {ended_at}")
            for seq, (change, text) in rows.items():
                least = (
                    max((one for one in self.world.changes[talk, seq] if one <= ended_at), default=0) if ended_at is not None else change
                )
                if held[seq][0] < least or (held[seq][0] == change and held[seq][1] != text):
                    raise Violation(f"{where}: {seq} is {held[seq]} and should be {(change, text)}, at least as of {least}")

    async def _wanted(self, actor: Actor, talk: int) -> Truth | None:
        return await self.world.nodes[0].storage.read(lambda read: self._truth(read, actor, talk))

    @staticmethod
    async def _truth(read: Read, actor: Actor, talk: int) -> Truth | None:
        """His messages as they are now, the change with which his last stay ended, what he has hidden."""
        place = await find(read, talk)
        assert place is not None
        row = await read.one(messages.PARTICIPANT, company=actor.company, member=actor.id, conversation=talk)
        if row is None:
            return None
        found: dict[int, tuple[int, str | None]] = {}
        hidden = {one[0] for one in await read.all(messages.HIDDEN_AFTER, member=actor.id, conversation=talk, number=0)}
        for first, last in await messages.stays_of(read, place.home, talk, actor.id):
            for one in await messages.between(read, place.home, talk, first, place.head if last is None else last):
                if one.seq not in hidden:
                    body = None if one.recalled else msgspec.msgpack.decode(one.body or b"\xc0")
                    found[one.seq] = (one.change, body and str(body.get("text", body["kind"])))
        return found, None if row[4] is None else row[5], hidden


STEPS: list[tuple[Callable[[History], None], int]] = [
    (History.come, 6),
    (History.go, 3),
    (History.blink, 2),
    (History.hear, 8),
    (History.fetch, 4),
    (History.send, 8),
    (History.change, 6),
    (History.change_from_elsewhere, 6),
    (History.hide, 1),
    (History.act, 5),
    (History.sweep, 4),
    (History.tokens, 2),
    (History.leave_with_a_token, 1),
    (History.come_and_go, 1),
]


def database_folder(otherwise: Path) -> Path:
    """In memory where the machine has such a folder: thousands of commits are synced here."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else otherwise


async def try_histories(url: str, seeds: range, *, steps: int = 60, often: Collection[str] = ()) -> tuple[int, str] | None:
    """The first history that breaks: its seed and how; None where all hold. ``often``: steps that come more often than usual."""
    world = await World.open(url, seeds.start)
    try:
        for seed in seeds:
            try:
                await asyncio.wait_for(History(world, seed, steps, often).run(), 10)
            except Violation as broken:
                return seed, str(broken)
            except TimeoutError:
                return seed, "it never came to rest"
        return None
    finally:
        await world.close()

"""Two nodes over one database for random histories: the real gateway, hand-out and sync, without door and clockwork.

Reads come late and sweeps, tokens and frames when the scheduler wants; what the devices make of it is for ``histories_devices``.
"""

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from server.clock import ManualClock
from server.config.model import Gateway as GatewaySettings
from server.conversations.service import ConversationService
from server.delivery.hand_out import HandOut
from server.delivery.online import Online
from server.gateway.connection import Connection
from server.gateway.dispatch import Dispatch
from server.gateway.gateway import Gateway, Parts
from server.gateway.handlers.accounts import AccountHandlers
from server.gateway.handlers.contacts import ContactHandlers
from server.gateway.handlers.conversations import ConversationHandlers
from server.gateway.handlers.directory import DirectoryHandlers
from server.gateway.handlers.messages import MessageHandlers
from server.gateway.handlers.outside import OutsideHandlers
from server.gateway.handlers.presence import PresenceHandlers
from server.gateway.handlers.table import table
from server.messages.service import MessageService
from server.sync.service import SyncService
from server.sync.tokens import Seal
from server.wheel import Wheel
from storage import feed
from storage.engine import Storage, connect
from storage.work import Read
from storage.writer.batch import Finished
from storage.writer.entries import ChangedOutcome, SettingsEntry

T = TypeVar("T")
FREE = GatewaySettings(send_per_second=1e9, send_burst=10**9, commands_per_second=1e9, commands_burst=10**9)


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


async def nobody_looks(_: Connection) -> None:
    """Presence is not part of these histories."""


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
            talks = ConversationHandlers(gateway, self.conversations, self.sync, seal, nobody_looks, nobody)
            accounts, messages = AccountHandlers(gateway, nobody, nobody, nobody), MessageHandlers(gateway, MessageService(late))
            directory, contacts = DirectoryHandlers(gateway, nobody, nobody), ContactHandlers(nobody, nobody, nobody)
            outside = OutsideHandlers(nobody, nobody, nobody, nobody)
            return Dispatch(table(accounts, talks, messages, directory, PresenceHandlers(gateway, nobody), contacts, outside))

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

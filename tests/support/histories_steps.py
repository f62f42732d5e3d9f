"""What may come next in a random history: devices come, go, send and fetch, people join and leave, nodes sweep.

``STEPS`` has them all with their weights; which comes is chosen by ``histories``, in what order they take effect by the scheduler.
"""

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from protocol import commands as wish
from protocol import limits
from protocol.codec import CODECS
from protocol.ids import to_wire
from storage.writer.entries import ReactEntry
from tests.support.cast import Actor, company
from tests.support.histories_devices import Device
from tests.support.histories_nodes import World

PEOPLE = 5


class Scene:
    """People, conversations and devices of a history's own, over the world's two nodes, and what is under way there."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.seed = seed
        self.chance = random.Random(seed)
        world.chance.seed(seed)
        self.actors: list[Actor] = []
        self.devices: list[Device] = []
        self.talks: list[int] = []
        self.inside: dict[int, set[Actor]] = {}
        self.former: defaultdict[int, list[Actor]] = defaultdict(list)
        self.acts: set[asyncio.Future[Any]] = set()
        self._membership: asyncio.Future[Any] | None = None
        self._broken: BaseException | None = None
        self._words = 0
        self.most = self.chance.choice((4, 4, limits.PAGE))

    async def enter(self) -> None:
        """Everybody is there, nobody connected."""
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

    def _start(self, work: Awaitable[Any]) -> asyncio.Future[Any]:
        task = asyncio.ensure_future(work)
        self.acts.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Future[Any]) -> None:
        self.acts.discard(task)
        if not task.cancelled() and self._broken is None:
            self._broken = task.exception()

    def look(self) -> None:
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


STEPS: list[tuple[Callable[[Scene], None], int]] = [
    (Scene.come, 6),
    (Scene.go, 3),
    (Scene.blink, 2),
    (Scene.hear, 8),
    (Scene.fetch, 4),
    (Scene.send, 8),
    (Scene.change, 6),
    (Scene.change_from_elsewhere, 6),
    (Scene.hide, 1),
    (Scene.act, 5),
    (Scene.sweep, 4),
    (Scene.tokens, 2),
    (Scene.leave_with_a_token, 1),
    (Scene.come_and_go, 1),
]

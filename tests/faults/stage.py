"""A small run step by step: a few devices of named people on one or two gateways, each step chosen by a test, judged like a long one.

Where a fault shows only in one order of things, the test makes that order.
"""

import asyncio
import contextlib
import io
import random
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from protocol.ids import from_wire, to_wire
from server.conversations.service import ConversationService
from storage.draw import draw_id
from tests.faults.checker import check
from tests.faults.devices import Device
from tests.faults.history import Recorder, read
from tests.faults.nodes import Node, Nursery, faults_logged, until
from tests.faults.truth import Truth
from tests.faults.world import World, made
from tests.support.house import PASSWORD

NOWHERE = "ws://127.0.0.1:9/ws"
REST_SECONDS = 10.0
IDLE_SECONDS = 1.1  # longer than a sweep: what has not come by then does not come by itself


class Stage:
    """``people``: members of acme, in the order of their numbers."""

    def __init__(self, url: str, world: World, nodes: Sequence[Node]) -> None:
        self.world, self.nodes = world, nodes
        self.people = world.of("acme")
        self.truth = Truth(url)
        self.service = ConversationService(world.storage)
        self.devices: list[Device] = []
        self._lines = io.BytesIO()
        self._recorder = Recorder(self._lines)
        self._nowhere: set[str] = set()

    async def device(self, member: str, node: int = 0, codec: str = "msgpack") -> Device:
        """A device that is signed in and live on one of the gateways."""
        name = f"d{len(self.devices)}"
        device = Device(
            name,
            member,
            "acme",
            self._recorder,
            self.world.seal,
            lambda: NOWHERE if name in self._nowhere else self.nodes[node].url,
            random.Random(len(self.devices)),
            name=self.world.people[member].number,
            password=PASSWORD,
            codec=codec,
        )
        self.devices.append(device)
        await device.start()
        return device

    async def offline(self, device: Device) -> None:
        self._nowhere.add(device.name)
        device.client.cut()
        await until(lambda: device.client._core.phase.name == "OFF", 5)

    async def online(self, device: Device) -> None:
        self._nowhere.discard(device.name)
        await until(lambda: device.client._core.phase.name == "LIVE", 5)

    async def group(self, *members: str) -> str:
        who = [self.world.people[member].who for member in members]
        conversation = to_wire(await self.service.create(who[0], who[1:], name="Group"))
        self.world.allowed[conversation] = ("acme",)
        return conversation

    async def add(self, conversation: str, member: str) -> int:
        return await self.service.add(from_wire(conversation), draw_id(), self.world.people[member].who)

    async def remove(self, conversation: str, member: str) -> int:
        return await self.service.remove(from_wire(conversation), draw_id(), self.world.people[member].who)

    async def shown(self, device: Device, conversation: str, seq: int) -> None:
        """Returns when the device shows ``seq``. Raises: TimeoutError."""
        await until(lambda: seq in device.rows.get(conversation, {}), 5)

    # ---- the end

    async def _rest(self, patience: float) -> None:
        """Until everybody has everything, or nothing has happened for this long."""
        since, noted = time.monotonic(), (-1, -1)
        while time.monotonic() - since < patience:
            now = await self.truth.read_feed(), self._recorder.last
            heads = await self.truth.heads()
            if now != noted:
                since, noted = time.monotonic(), now
            elif all([device.is_at_rest(heads) for device in self.devices]):
                return
            await asyncio.sleep(0.1)

    async def judge(self, *, hopeless: bool = False) -> dict[str, list[str]]:
        """As the checker says, while still connected and after one more reconnect, and as the servers' logs say.

        ``hopeless``: somebody will wait for ever, so nobody is waited for longer than a sweep.
        """
        await self._rest(IDLE_SECONDS if hopeless else REST_SECONDS)
        for device in self.devices:
            device.settle()
            device.client.cut()
        await self._rest(IDLE_SECONDS / 2 if hopeless else REST_SECONDS)
        for device in self.devices:
            device.settle()
        for device in self.devices:
            await device.stop()
        self._recorder.write(await self.truth.database(self.world.company_of, self.world.allowed))
        self._lines.seek(0)
        found = check(read(self._lines))
        if logged := [fault for node in self.nodes for fault in faults_logged(node)]:
            found["server-fault"] = logged
        return found


@contextlib.asynccontextmanager
async def staged(url: str, folder: Path, nursery: Nursery, *, nodes: int = 1, planted: str = "") -> AsyncIterator[Stage]:
    """Servers with what is ``planted`` in them are up on the database behind ``url``; two companies of three are in it."""
    async with made(url, 3) as world:
        stage = Stage(url, world, [Node(nursery, f"{folder.name}-{nth}", url, folder, planted) for nth in range(nodes)])
        try:
            for node in stage.nodes:
                await node.start()
            yield stage
        finally:
            for device in stage.devices:
                await device.stop()
            for node in stage.nodes:
                if node.lives and not node.is_gone:
                    await node.kill()

"""A fault run: people talk while servers are killed, frozen and started again; in the end the checker judges what was noted.

``Plan`` says what is to happen, ``run`` makes it happen, ``Report`` says what came of it. A run that went wrong keeps its folder.
"""

import asyncio
import contextlib
import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from tests.faults.checker import check
from tests.faults.devices import Device
from tests.faults.history import Recorder, read
from tests.faults.nodes import Node, Nursery, faults_logged, until
from tests.faults.people import People
from tests.faults.points import IN_TURN, POINTS
from tests.faults.truth import Truth
from tests.faults.world import Membership, World, made
from tests.support.house import PASSWORD

SHARE_OF_STOPS = 0.1  # before a kill, once in a while, the server is stopped in order
CALM_SECONDS = 1.0  # before the first fault and after the last
REST_SECONDS = 30.0
QUIET_SECONDS = 2.3  # the marks of the last second are written after one, swept up by the other gateway after another
POINT_SECONDS = 3.0  # in which a named point is usually passed often enough; then the server is killed wherever it is
FROZEN_SECONDS = (1.3, 2.2)
PASSES_WITHIN = 3.5  # LOG A8: the turn of a process that stands still passes on after 1 s, 2 s are allowed; the rest is for a busy machine

Nemesis = Literal["point", "random", "stop", "freeze"]


@dataclass(frozen=True)
class Plan:
    """``url`` of an empty database; ``freezes`` are beside ``kills``, on PostgreSQL with two gateways only."""

    url: str
    folder: Path
    seed: int
    kills: int
    gateways: int = 1
    freezes: int = 0
    people: int = 8  # in each company
    devices: int = 40
    rate: float = 1.5  # what a device does a second
    membership_seconds: float = 0.4
    planted: str = ""


@dataclass
class Report:
    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    freezes: int = 0
    stops: int = 0
    cuts: int = 0
    acknowledged: int = 0
    acts: int = 0
    shown: int = 0
    seconds: float = 0.0
    longest_stop: float = 0.0
    anomalies: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not self.anomalies

    def __str__(self) -> str:
        points = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        done = f"{sum(self.kills.values())} kills ({points}), {self.freezes} freezes (at most {self.longest_stop:.1f} s without an answer)"
        told = (
            f"seed {self.seed}: {done}, {self.stops} stops, {self.cuts} cuts; {self.acknowledged} acknowledged, "
            f"{self.acts} changes of membership, {self.shown} events; {self.seconds:.0f} s; "
        )
        found = "; ".join(f"{name}: {len(evidence)}" for name, evidence in self.anomalies.items())
        return told + (found or "nothing lost, doubled, reordered, leaked")


class Run:
    def __init__(self, plan: Plan, world: World, nodes: Sequence[Node], recorder: Recorder) -> None:
        self._plan, self._world, self._nodes = plan, world, nodes
        self._dice = random.Random(plan.seed)
        self._truth = Truth(plan.url)
        self._recorder = recorder
        self.report = Report(plan.seed)
        self._devices = [self._device(nth) for nth in range(plan.devices)]
        self._people = People(world, self._devices, random.Random(plan.seed + 1), rate=plan.rate)
        self._membership = Membership(world, random.Random(plan.seed + 2), every=plan.membership_seconds)

    def _device(self, nth: int) -> Device:
        """Members have two or three devices each, every other one on JSON; each connection goes to any of the gateways."""
        members = list(self._world.people.values())
        person = members[nth % len(members)]
        dice = random.Random(self._plan.seed * 1000 + nth)
        return Device(
            f"d{nth}",
            person.member,
            self._world.company_of[person.member],
            self._recorder,
            self._world.seal,
            lambda: dice.choice(self._nodes).url,
            dice,
            name=person.number,
            password=PASSWORD,
            codec="json" if nth % 2 else "msgpack",
        )

    async def __call__(self) -> None:
        for node in self._nodes:
            await node.start()
        await asyncio.gather(*(device.start() for device in self._devices))
        async with _beside(*(device.fallen() for device in self._devices)):
            async with _beside(self._people.go_on(), self._membership.go_on(), self._cut_devices(), self._read_along()):
                await asyncio.sleep(CALM_SECONDS)
                await self._faults()
                await asyncio.sleep(CALM_SECONDS)
            await self._rest()
            await self._settle()
        await self._stop_all()
        self.report.acknowledged = self._acknowledged()
        self.report.acts = len(self._membership.acts)

    def _acknowledged(self) -> int:
        return sum(device.acknowledged for device in self._devices)

    # ---- what goes wrong

    def _point(self) -> str:
        """A point, and at which passage; sometimes none."""
        if self._dice.random() < 0.3:
            return ""
        name = self._dice.choice(list(POINTS))
        return f"{name}:{self._dice.randint(1, POINTS[name][1])}"

    async def _faults(self) -> None:
        points = {node.name: "" for node in self._nodes}
        wished = ["kill"] * self._plan.kills + ["freeze"] * self._plan.freezes
        self._dice.shuffle(wished)
        for what in wished:
            node = self._dice.choice(self._nodes)
            await self._revive(node, points)
            if what == "freeze":
                for other in self._nodes:  # to see that it goes on it must be there
                    if other is not node and points[other.name]:
                        await other.kill()
                        await other.start()
                        points[other.name] = ""
                await self._freeze(node)
                points[node.name] = ""
            else:
                if self._dice.random() < SHARE_OF_STOPS:
                    await self._stop(node)
                    points[node.name] = await self._again(node)
                await self._kill(node, points[node.name])
                points[node.name] = await self._again(node)
        for node in self._nodes:  # from here on nothing goes wrong
            await node.kill()
            await node.start()

    async def _revive(self, but: Node, points: dict[str, str]) -> None:
        """The others, where they have died at their points meanwhile."""
        for node in self._nodes:
            if node is not but and node.is_gone:
                await node.gone()
                self.report.kills[points[node.name].partition(":")[0] or "by itself"] += 1
                points[node.name] = await self._again(node)

    async def _kill(self, node: Node, point: str) -> None:
        name = point.partition(":")[0]
        within = POINT_SECONDS if point else self._dice.uniform(0.2, 2.0)
        with contextlib.suppress(TimeoutError):
            await node.gone(within)
            self.report.kills[name or "by itself"] += 1
            return
        await node.kill()
        self.report.kills["anywhere"] += 1

    async def _stop(self, node: Node) -> None:
        """In order, as for an update."""
        await asyncio.sleep(self._dice.uniform(0.2, 1.0))
        if not node.is_gone:
            node.send(signal.SIGTERM)
        await node.gone()
        self.report.stops += 1

    async def _again(self, node: Node) -> str:
        if self._dice.random() < 0.3:
            await asyncio.sleep(self._dice.random() * 0.5)
        point = self._point()
        await node.start(point)
        return point

    async def _freeze(self, node: Node) -> None:
        """The process stands still in its turn, and wakes up when the turn has long been another's."""
        await node.kill()
        await node.start(f"{self._dice.choice(IN_TURN)}:{self._dice.randint(2, 12)}:freeze")
        try:
            await until(lambda: node.is_frozen, 2 * POINT_SECONDS)
        except TimeoutError:
            node.freeze()
        before, since = self._acknowledged(), time.monotonic()
        longest = self._dice.uniform(*FROZEN_SECONDS)
        with contextlib.suppress(TimeoutError):
            await until(lambda: self._acknowledged() > before, 10)
        self.report.longest_stop = max(self.report.longest_stop, stopped := time.monotonic() - since)
        if stopped > PASSES_WITHIN:
            self._found("turn-not-passed", f"{node.name} stood still in its turn, and nobody was answered for {stopped:.1f} s")
        await asyncio.sleep(max(0.0, since + longest - time.monotonic()))
        node.wake()
        self.report.freezes += 1

    async def _cut_devices(self) -> None:
        dice = random.Random(self._plan.seed + 3)
        for _ in itertools.count():
            await asyncio.sleep(dice.expovariate(len(self._devices) / 40))
            dice.choice(self._devices).client.cut()
            self.report.cuts += 1

    async def _read_along(self) -> None:
        while True:
            await asyncio.sleep(5)
            await self._truth.read_feed()

    # ---- the end

    async def _rest(self) -> None:
        """All are answered, all have everything, and nothing moves any more."""
        if left := await self._people.answered(REST_SECONDS):
            self._found("never-answered-in-time", f"{left} wishes")
        await self._until_at_rest()

    async def _until_at_rest(self) -> None:
        last_moment = time.monotonic() + REST_SECONDS
        quiet_since, last = time.monotonic(), -1
        while time.monotonic() < last_moment:
            position, heads = await self._truth.read_feed(), await self._truth.heads()
            restless = [device.name for device in self._devices if not device.is_at_rest(heads)]
            if position != last or restless:
                quiet_since, last = time.monotonic(), position
            elif time.monotonic() - quiet_since > QUIET_SECONDS:
                return
            await asyncio.sleep(0.1)
        self._found("never-at-rest", f"after {REST_SECONDS} s: {restless}")

    async def _settle(self) -> None:
        """Judged while still connected, and after one more reconnect."""
        for device in self._devices:
            device.settle()
        for device in self._devices:
            device.client.cut()
        await asyncio.sleep(0.1)
        await self._until_at_rest()
        for device in self._devices:
            device.settle()

    async def _stop_all(self) -> None:
        for device in self._devices:
            await device.stop()
        for node in self._nodes:
            node.send(signal.SIGTERM)
            await node.gone()
        self._recorder.write(await self._truth.database(self._world.company_of, self._world.allowed))

    def _found(self, name: str, evidence: str) -> None:
        self.report.anomalies.setdefault(name, []).append(evidence)

    async def check_acts(self) -> None:
        """Changes of membership that were answered are there, where the answer said."""
        database = await self._truth.database(self._world.company_of, self._world.allowed)
        notes = {(row.conversation, message.seq): message.bodies[0] for row in database.conversations for message in row.messages}
        for act in self._membership.acts:
            if notes.get((act.conversation, act.seq)) != act.note:
                self._found("lost-act", f"{act}: {notes.get((act.conversation, act.seq))}")

    def check_logs(self) -> None:
        """A server that is killed logs no fault of its own."""
        for node in self._nodes:
            for fault in faults_logged(node):
                self._found("server-fault", f"{node.name}: {fault}")


@contextlib.asynccontextmanager
async def _beside(*works: "object") -> AsyncIterator[None]:
    """Work that goes on until the block ends; if one of them fails, so does the block."""
    tasks = [asyncio.ensure_future(work) for work in works]  # type: ignore[call-overload]
    body = asyncio.current_task()
    failed: list[BaseException] = []

    def ended(task: "asyncio.Future[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None and body is not None:
            failed.append(error)
            body.cancel()

    for task in tasks:
        task.add_done_callback(ended)
    try:
        yield
    except asyncio.CancelledError:
        if failed:
            raise failed[0] from None
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def run(plan: Plan) -> Report:
    """Raises what the harness itself does wrong, or the SDK where it raises what it should not."""
    began = time.monotonic()
    path = plan.folder / "history.jsonl"
    async with contextlib.AsyncExitStack() as parts:
        nursery = parts.enter_context(Nursery(plan.folder))
        world = await parts.enter_async_context(made(plan.url, plan.people))
        nodes = [Node(nursery, f"node{nth}", plan.url, plan.folder, plan.planted) for nth in range(plan.gateways)]
        with path.open("wb", buffering=1 << 20) as out:
            running = Run(plan, world, nodes, Recorder(out))
            await running()
            await running.check_acts()
            running.check_logs()
    report = running.report
    with path.open("rb") as lines:
        history = read(lines)
    report.shown = len(history.events)
    report.anomalies |= check(history)
    report.seconds = time.monotonic() - began
    (plan.folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report.anomalies)))
    return report

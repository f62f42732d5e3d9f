"""What people do on their devices while servers die: they write, change, answer, look, and send the same thing twice on purpose."""

import asyncio
import contextlib
import itertools
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from tests.faults.devices import Device
from tests.faults.world import World
from yizhan.errors import OutcomeUnknown, Refused
from yizhan.messages import Message

EMOJI = ("👍", "🎉", "收到")
RECENT = 30  # messages back that people still react to and change


class People:
    """All devices of a run; each acts about ``rate`` times a second."""

    def __init__(self, world: World, devices: Sequence[Device], dice: random.Random, *, rate: float) -> None:
        self._world, self._devices, self._dice, self._rate = world, devices, dice, rate
        self._numbers = itertools.count(1)
        self._under_way: set[asyncio.Task[None]] = set()
        self._done: list[tuple[Device, str, str, dict[str, Any]]] = []  # sent and acknowledged: device, client id, conversation, body
        self._siblings: dict[str, list[Device]] = {}
        for device in devices:
            self._siblings.setdefault(device.member, []).append(device)

    async def go_on(self) -> None:
        async with asyncio.TaskGroup() as group:
            for device in self._devices:
                group.create_task(self._live(device))

    async def _live(self, device: Device) -> None:
        acts = list(ACTS)
        while True:
            await asyncio.sleep(self._dice.expovariate(self._rate))
            if len(self._under_way) < 10 * len(self._devices):
                act = self._dice.choices(acts, weights=[ACTS[act] for act in acts])[0]
                self._begin(act(self, device))

    def _begin(self, act: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._heard(act))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _heard(self, act: Awaitable[None]) -> None:
        with contextlib.suppress(Refused, OutcomeUnknown):  # noted by the device; whether it may be refused is for the checker
            await act

    async def answered(self, within: float) -> int:
        """Wait until everything that was begun is answered; gives how many were not."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=within)
        for task in list(self._under_way):
            task.cancel()
        return len(self._under_way)

    # ---- what they look at

    def _conversation(self, device: Device) -> str | None:
        known = list(device.client.known)
        return self._dice.choice(known) if known else None

    def _message(self, device: Device, conversation: str, *, own: bool) -> Message | None:
        recent = list(device.rows.get(conversation, {}).values())[-RECENT:]
        fit = [row for row in recent if row.id and (not own or row.sender == device.member)]
        return self._dice.choice(fit) if fit else None

    def _text(self, device: Device, **more: Any) -> dict[str, Any]:
        return {"kind": "text", "text": f"{device.name} says {next(self._numbers)}", **more}

    # ---- what they do

    async def _send(self, device: Device, conversation: str, body: dict[str, Any], *, id: str = "") -> None:
        key = await device.send(conversation, body, id=id)
        self._done.append((device, key, conversation, body))

    async def write(self, device: Device) -> None:
        if (conversation := self._conversation(device)) is not None:
            await self._send(device, conversation, self._text(device))

    async def write_in_a_row(self, device: Device) -> None:
        """Without waiting for answers: the order of sending must hold through every fault."""
        if (conversation := self._conversation(device)) is not None:
            bodies = [self._text(device) for _ in range(4)]
            await asyncio.gather(*(self._send(device, conversation, body) for body in bodies), return_exceptions=True)

    async def answer(self, device: Device) -> None:
        conversation = self._conversation(device)
        if conversation and (message := self._message(device, conversation, own=False)) is not None:
            await self._send(device, conversation, self._text(device, reply_to=message.seq))

    async def mention(self, device: Device) -> None:
        if (conversation := self._conversation(device)) is not None:
            someone = self._dice.choice(list(self._world.people))
            await self._send(device, conversation, self._text(device, mentions=[someone]))

    async def mention_all(self, device: Device) -> None:
        if (conversation := self._conversation(device)) is not None:
            await self._send(device, conversation, self._text(device, mention_all=True))

    async def write_otherwise(self, device: Device) -> None:
        """Bodies of other kinds, one of them unknown to everybody."""
        if (conversation := self._conversation(device)) is not None:
            number = next(self._numbers)
            bodies: list[dict[str, Any]] = [
                {"kind": "rich", "markdown": f"**{device.name}** {number}"},
                {"kind": "x-poll", "fallback": f"a poll of {device.name}, {number}", "options": ["是", "no", {"weight": 1.5}]},
            ]
            await self._send(device, conversation, self._dice.choice(bodies))

    async def write_by_two(self, device: Device) -> None:
        """The same message under one id from two devices of a member, at the same time, perhaps by two gateways."""
        conversation = self._conversation(device)
        other = self._dice.choice(self._siblings[device.member])
        if conversation is None or other is device or conversation not in other.client.known:
            return
        id, body = f"{self._dice.getrandbits(128):032x}", self._text(device)
        await asyncio.gather(
            self._send(device, conversation, body, id=id), self._send(other, conversation, body, id=id), return_exceptions=True
        )

    async def write_again(self, device: Device) -> None:
        """What was acknowledged, once more under its id, by any device of the member."""
        if self._done:
            sender, id, conversation, body = self._dice.choice(self._done[-300:])
            await self._dice.choice(self._siblings[sender.member]).send(conversation, body, id=id)

    async def write_other_under_it(self, device: Device) -> None:
        """Something else under an id that is taken: a conflict."""
        if self._done:
            sender, id, conversation, _ = self._dice.choice(self._done[-300:])
            await self._dice.choice(self._siblings[sender.member]).send(conversation, self._text(device), id=id)

    async def edit(self, device: Device) -> None:
        conversation = self._conversation(device)
        if conversation and (message := self._message(device, conversation, own=True)) is not None and not message.recalled:
            await device.edit(message, self._text(device))

    async def recall(self, device: Device) -> None:
        conversation = self._conversation(device)
        if conversation and (message := self._message(device, conversation, own=True)) is not None:
            await device.recall(message)

    async def react(self, device: Device) -> None:
        conversation = self._conversation(device)
        if conversation and (message := self._message(device, conversation, own=False)) is not None:
            emoji = self._dice.choice(EMOJI)
            await device.react(message, emoji, on=device.member not in message.reactions.get(emoji, ()))

    async def look(self, device: Device) -> None:
        """Read up to a message that the device shows."""
        conversation = self._conversation(device)
        if conversation and (rows := device.rows.get(conversation)):
            await device.read(conversation, self._dice.choice(list(rows)[-5:]))

    async def look_back(self, device: Device) -> None:
        conversation = self._conversation(device)
        if conversation and (rows := device.rows.get(conversation)):
            await device.look_back(conversation, self._dice.choice(list(rows)))

    async def open(self, device: Device) -> None:
        """A direct conversation with somebody of the company, and its first words."""
        other = self._dice.choice(self._world.of(device.company))
        opened = await device.client.open_direct(member=other)
        await self._send(device, opened.conversation, self._text(device))


ACTS: dict[Callable[[People, Device], Coroutine[Any, Any, None]], int] = {
    People.write: 40,
    People.write_in_a_row: 5,
    People.answer: 8,
    People.mention: 3,
    People.mention_all: 2,
    People.write_otherwise: 3,
    People.write_by_two: 6,
    People.write_again: 4,
    People.write_other_under_it: 1,
    People.edit: 8,
    People.recall: 3,
    People.react: 12,
    People.look: 10,
    People.look_back: 3,
    People.open: 3,
}

"""Random histories of two nodes: the real gateway, hand-out and sync over one database, under devices that lose everything but their store.

Start here: ``try_histories`` runs them. ``histories_steps`` is what happens, ``histories_nodes`` and ``histories_devices`` are to whom,
``histories_end`` is the judgement. Nothing here knows the time: what is late is late by the scheduler's choice. The idea is that of
an executable model of the log's rules (LOG D, E, F); here the parts themselves are run.
"""

import asyncio
import os
from collections.abc import Collection
from pathlib import Path

from tests.support.histories_devices import Violation
from tests.support.histories_end import end, rest, rest_written
from tests.support.histories_nodes import World
from tests.support.histories_steps import STEPS, Scene


class History(Scene):
    """One random history, chosen by its seed."""

    def __init__(self, world: World, seed: int, steps: int, often: Collection[str] = ()) -> None:
        super().__init__(world, seed)
        self.steps = steps
        self.often = often

    async def run(self) -> None:
        """Raises: Violation."""
        await self.enter()
        chance = self.chance
        needed = (Scene.come, Scene.hear, Scene.send)
        steps = [step for step, weight in STEPS for _ in range(weight * chance.choice((1 if step in needed else 0, 1, 1, 3)))]
        steps += [step for step, _ in STEPS for _ in range(20) if step.__name__ in self.often]
        try:
            for _ in range(self.steps):
                chance.choice(steps)(self)
                self.look()
                for _ in range(chance.choice((0, 0, 1, 3, 10, 60))):
                    await asyncio.sleep(0)
            for _ in range(chance.choice((0, 0, 2, 4))):  # who joins last hears of nothing later
                self.change_from_elsewhere()
                await rest_written(self)
                self.act()
                await rest(self)
            await end(self)
        finally:
            for task in self.acts:
                task.cancel()
            await asyncio.gather(*self.acts, return_exceptions=True)
            for device in self.devices:
                device.cut()


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

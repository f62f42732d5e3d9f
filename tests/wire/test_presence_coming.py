"""Coming and going over the wire: lost connections, restarts, a feed that stands still, and when one was there last (SPEC G; DESIGN 9)."""

from pathlib import Path
from typing import Any

import pytest

from protocol import commands as wish
from protocol.events import Done, LastSeen, OwnPresence, UnitsPresence, WasThere
from protocol.ids import from_wire
from server.app import running
from server.clock import ManualClock, SystemClock
from storage import sessions
from storage.engine import connect
from tests.support.directory import acme, all_told
from tests.support.house import House, open_house, settings
from tests.support.watching import BUSY, DESKTOP, INVISIBLE, ONLINE, give, pass_time, quiet, still, watching
from tests.support.wire import CROSSED, LITE, NOBODY, Wire, everything_told, greeted, people, signed_in

# ---- coming and going


@CROSSED
async def test_a_lost_connection_counts_for_15_seconds_and_who_signs_out_is_gone_at_once(database: str, tmp_path: Path, codec: str) -> None:
    async with (
        open_house(database, tmp_path, clock=ManualClock(), wheel=still()) as house,
        people(house, "Wang", codec=codec) as (wang,),
    ):
        there = await acme(house)
        north = there.wire("North")
        async with signed_in(house, "Li Na", codec):
            screen = await watching(house, wang, north)
            assert screen.counts[north] == (1, 1)
        await house_has(house, 1)
        await pass_time(house, 14)
        await wang.barrier()
        assert screen.look() == []
        await pass_time(house, 3)
        await wang.barrier()
        screen.look()
        assert screen.counts[north] == (0, 1)
        async with signed_in(house, "Li Na", codec) as lina:
            await quiet(house, wang)
            await lina.ask(wish.SignOut)
            await quiet(house, wang)
            screen.look()
            assert screen.counts[north] == (0, 1)


async def house_has(house: House, connections: int) -> None:
    from tests.support.ws import until

    await until(lambda: len(house.running.gateway.connections) == connections)


@CROSSED
async def test_a_restart_shows_nobody_offline_who_comes_back_in_time(database: str, tmp_path: Path, codec: str) -> None:
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock, wheel=still()) as house:
        there = await acme(house)
        await give(house, "Wang", "system_administrator")
        async with people(house, "Li Na", "Zhao", "Wang", codec=codec) as (lina, zhao, wang):
            await there.place("Zhao", "North")
            await lina.ask(wish.SetStatus, status=BUSY, text="deep in it")
            await wang.ask(wish.SetStatus, status=INVISIBLE)
            await quiet(house, lina, zhao)
            tokens = {"Li Na": lina.token, "Zhao": zhao.token}
    async with running(settings(database, tmp_path), clock=clock, wheel=still()) as server:
        house = House(server, house.people)
        north = there.wire("North")
        async with signed_in(house, "Wang", codec) as watcher:
            await watcher.event(OwnPresence, status=INVISIBLE)
            screen = await watching(house, watcher, north)
            lina_there = (BUSY | DESKTOP, "deep in it")
            both = {house.people["Li Na"].member: lina_there, house.people["Zhao"].member: (ONLINE | DESKTOP, "")}
            assert (screen.counts[north], screen.units[north]) == ((2, 2), both)
            await pass_time(house, 20)
            async with greeted(house, codec) as back:
                await back.resume(tokens["Li Na"])
                await back.sync()
                await quiet(house, watcher, back)
                assert screen.look() == [], "no flapping"
                await pass_time(house, 12)
                await watcher.barrier()
                screen.look()
                assert screen.units[north] == {house.people["Li Na"].member: lina_there}, "who did not come back is offline"


@LITE
async def test_who_was_signed_out_while_the_server_was_down_is_not_taken_over(database: str, tmp_path: Path) -> None:
    async with open_house(database, tmp_path) as house, people(house, "Li Na", "Zhao") as (lina, zhao):
        await quiet(house, lina, zhao)
    storage = await connect(database, now=SystemClock().now)
    await storage.transact(lambda work: sessions.end(work, {from_wire(lina.session): "ended"}))
    await storage.close()
    async with running(settings(database, tmp_path)) as server:
        assert list(server.presence.node.seen) == [house.people["Zhao"].who[1]]


@LITE
async def test_nothing_is_told_while_the_feed_is_not_applied_and_all_is_right_after_it(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG F5: what is committed elsewhere meanwhile may be that somebody is hidden."""
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house:
        there = await acme(house)
        async with people(house, "Wang", "Li Na") as (wang, lina):
            north = there.wire("North")
            screen = await watching(house, wang, north)
            hand_out = house.running.gateway.hand_out
            sweep = hand_out.sweep

            async def away() -> None:
                """The database does not answer this node."""

            monkeypatch.setattr(hand_out, "sweep", away)
            clock.advance(6_000)
            assert not hand_out.is_fresh
            await lina.ask(wish.SetStatus, status=BUSY)
            await pass_time(house, 3)
            await wang.barrier()
            assert screen.look() == []
            monkeypatch.setattr(hand_out, "sweep", sweep)
            await there.hide("Li Na")
            await all_told(house, wang)
            await pass_time(house, 3)
            await quiet(house, wang)
            told = screen.look()
            assert (screen.counts[north], screen.units[north]) == ((0, 0), {})
            assert all(not part.seen for frame in told if isinstance(frame, UnitsPresence) for part in frame.units)


# ---- last seen


@CROSSED
async def test_last_seen_is_told_to_whom_it_is_shown(database: str, tmp_path: Path, codec: str) -> None:
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house:
        there = await acme(house)
        lina, wang = house.people["Li Na"].member, house.people["Wang"].member
        async with people(house, "Wang", "Zhao", codec=codec) as (of_wang, of_zhao):
            async with signed_in(house, "Li Na", codec) as wire:
                assert await ask(of_wang, lina, NOBODY, house.people["Smith"].member) == {lina: 0}
                await wire.ask(wish.SignOut)
            gone_at = clock.now()
            clock.advance(60_000)
            await everything_told(house, of_wang)
            assert await ask(of_wang, lina, wang) == {lina: gone_at, wang: 0}
            await house.running.presence.keeping.flush()
            assert not house.running.presence.node.last_seen
            assert await ask(of_wang, lina) == {lina: gone_at}
            async with signed_in(house, "Li Na", codec) as wire:
                for shown, others in (("own_unit", {}), ("hidden", {}), ("shown", {lina: 0})):
                    assert isinstance(await wire.ask(wish.ChangeProfile, last_seen=shown), Done)
                    await all_told(house, of_wang)
                    assert await ask(of_wang, lina) == others
                assert isinstance(await wire.ask(wish.ChangeProfile, last_seen="own_unit"), Done)
                await there.place("Zhao", "North")
                await all_told(house, of_zhao)
                assert await ask(of_zhao, lina) == {lina: 0}, "of the same unit"
                await there.hide("Li Na")
                await all_told(house, of_zhao)
                assert await ask(of_zhao, lina) == {}


@LITE
async def test_a_node_that_does_not_follow_the_feed_tells_nobody_when_others_were_there(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG F5: who was hidden meanwhile is still found in its picture."""
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house:
        await acme(house)
        lina = house.people["Li Na"].member
        async with people(house, "Wang", "Li Na") as (wang, _):
            assert await ask(wang, lina) == {lina: 0}
            hand_out = house.running.gateway.hand_out

            async def away() -> None:
                """The feed does not reach this node, the database does."""

            with monkeypatch.context() as planted:
                planted.setattr(hand_out, "sweep", away)
                clock.advance(6_000)
                assert not hand_out.is_fresh
                assert await ask(wang, lina) == {}
            await everything_told(house, wang)
            assert await ask(wang, lina) == {lina: 0}


async def ask(wire: Wire, *members: str, where: Any = "tree") -> dict[str, int]:
    answer = await wire.ask(wish.GetLastSeen, where=where, members=members)
    assert isinstance(answer, LastSeen), answer
    assert all(isinstance(one, WasThere) for one in answer.members)
    return {one.member: one.at for one in answer.members}


@LITE
async def test_who_is_invisible_was_last_seen_when_he_became_so(database: str, tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_house(database, tmp_path, clock=clock) as house:
        await acme(house)
        await give(house, "Li Na", "system_administrator")
        lina = house.people["Li Na"].member
        async with people(house, "Wang", "Li Na") as (wang, wire):
            await wire.ask(wish.SetStatus, status=INVISIBLE)
            hid_at = clock.now()
            clock.advance(60_000)
            await wire.ask(wish.SetStatus, status=INVISIBLE, text="working")
            await everything_told(house, wang)
            assert await ask(wang, lina) == {lina: hid_at}
            await wire.ask(wish.SignOut)
            await everything_told(house, wang)
            assert await ask(wang, lina) == {lina: hid_at}

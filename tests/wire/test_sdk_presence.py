"""The SDK's presence over a real server: what is watched is there, also over a connection that breaks (SPEC G1, G2, G6)."""

import pytest

from tests.support.directory import acme
from tests.support.house import PASSWORD, House
from tests.support.wire import CODECS_TOO
from tests.support.ws import until
from tests.wire.test_sdk_server import Cutter
from yizhan import Client, Refused, Seen, Status


@CODECS_TOO
async def test_what_is_watched_follows_and_is_watched_again_on_a_new_connection(house: House, codec: str) -> None:
    there = await acme(house)
    north, wang, lina = there.wire("North"), house.people["Wang"], house.people["Li Na"].member
    async with Cutter(house.running.gateway_port) as cutter, house.client("Li Na", codec=codec) as other:
        url = f"ws://127.0.0.1:{cutter.port}/ws"
        async with Client(url, name=wang.number, password=PASSWORD, codec=codec) as client:  # type: ignore[arg-type]
            presence = client.presence
            top = await client.tree_top()
            await client.watch_units([north], counts=[unit.unit for unit in top.units])
            await client.watch_people("tree", [lina])
            await until(lambda: presence.units.get(north) is not None and presence.of(lina, "tree") is not None)
            assert presence.units[north].members == {lina: Seen(Status.ONLINE, ("desktop",))}
            await until(lambda: (presence.units[top.units[0].unit].online, presence.units[top.units[0].unit].total) == (2, 2))
            await client.set_idle(True)
            await until(lambda: presence.own is not None and presence.own.status == Status.AWAY)
            cutter.cut()
            await until(lambda: not presence.is_live)
            await other.set_status(Status.BUSY, "in a meeting")
            await until(lambda: presence.units[north].members == {lina: Seen(Status.BUSY, ("desktop",), "in a meeting")})
            await until(lambda: presence.of(lina, "tree") == Seen(Status.BUSY, ("desktop",), "in a meeting"))
            assert presence.is_live
            assert presence.own is not None
            await until(lambda: presence.own is not None and presence.own.status == Status.AWAY)
            assert await client.last_seen("tree", [lina]) == {lina: 0}
            with pytest.raises(Refused, match="permission"):
                await client.set_status(Status.INVISIBLE)
            await client.watch_units(no_more=[north])
            assert north not in presence.units

"""A random history comes to rest and is judged: every device holds exactly what its member may see (LOG E5, F4).

What is due is read from the database by the rules of stays; what a device has heard it has judged itself.
"""

import asyncio

import msgspec

from protocol.ids import to_wire
from storage import messages
from storage.conversations import find
from storage.work import Read
from tests.support.cast import Actor
from tests.support.histories_devices import Device, Store, Violation
from tests.support.histories_steps import Scene

Truth = tuple[dict[int, tuple[int, str | None]], int | None, set[int]]


async def end(scene: Scene) -> None:
    """At rest everybody who is connected holds all; then after one more reconnection everybody does."""
    await rest(scene)
    for device in scene.devices:
        for talk, seq, due in device.doubts:
            if max(scene.world.changes[talk, seq]) == due:
                raise Violation(f"{device.actor.name} in {to_wire(talk)}: change {due}, of {seq}, was closed and not told")
        if device.connection is not None:
            await _judge(scene, device, "at rest")
    for device in scene.devices:
        device.cut()
        device.connect(scene.chance.choice(scene.world.nodes))
    await rest(scene)
    for device in scene.devices:
        await _judge(scene, device, "after one more reconnection")


async def rest_written(scene: Scene) -> None:
    for node in scene.world.nodes:
        await node.written()


async def rest(scene: Scene) -> None:
    await asyncio.gather(*scene.acts)
    scene.look()
    quiet = False
    while not quiet:
        await rest_written(scene)
        for node in scene.world.nodes:
            await node.settled()
        quiet = not any([device.hear() for device in scene.devices])
        for device in scene.devices:
            if device.connection is not None and any(store.hole() or store.is_behind for store in device.stores.values()):
                device.fetch(scene.most)
                quiet = False


async def _judge(scene: Scene, device: Device, when: str) -> None:
    for talk in scene.talks:
        wanted = await _wanted(scene, device.actor, talk)
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
            least = max((one for one in scene.world.changes[talk, seq] if one <= ended_at), default=0) if ended_at is not None else change
            if held[seq][0] < least or (held[seq][0] == change and held[seq][1] != text):
                raise Violation(f"{where}: {seq} is {held[seq]} and should be {(change, text)}, at least as of {least}")


async def _wanted(scene: Scene, actor: Actor, talk: int) -> Truth | None:
    return await scene.world.nodes[0].storage.read(lambda read: _truth(read, actor, talk))


async def _truth(read: Read, actor: Actor, talk: int) -> Truth | None:
    """His messages as they are now, the change with which his last stay ended, what he has hidden."""
    place = await find(read, talk)
    assert place is not None
    row = await read.one(messages.PARTICIPANT, company=actor.company, member=actor.id, conversation=talk)
    if row is None:
        return None
    found: dict[int, tuple[int, str | None]] = {}
    hidden = {one[0] for one in await read.all(messages.HIDDEN_AFTER, member=actor.id, conversation=talk, number=0, limit=1_000_000)}
    for first, last in await messages.stays_of(read, place.home, talk, actor.id):
        for one in await messages.between(read, place.home, talk, first, place.head if last is None else last):
            if one.seq not in hidden:
                body = None if one.recalled else msgspec.msgpack.decode(one.body or b"\xc0")
                found[one.seq] = (one.change, body and str(body.get("text", body["kind"])))
    return found, None if row[4] is None else row[5], hidden

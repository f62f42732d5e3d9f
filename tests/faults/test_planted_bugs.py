"""Every planted bug is found by the checker, and without it the same steps are clean: what a green fault run is worth."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from protocol.bodies import note
from protocol.ids import from_wire, to_wire
from storage import conversations
from storage.conversations import Ledger, find
from storage.draw import draw_id
from storage.engine import postgres_dsn
from storage.postgres import TURN, Lost, PostgresStorage
from storage.schema.conversations import marks
from storage.statements import statement, update_of
from storage.work import Work
from tests.faults.devices import Device
from tests.faults.nodes import Nursery, until
from tests.faults.planted import LITTLE, STUCK
from tests.faults.stage import Stage, staged
from tests.support.servers import private_folder
from yizhan.errors import Refused

pytestmark = pytest.mark.timeout(120)
Steps = Callable[[Stage], Awaitable[None]]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with private_folder("nursery") as folder, Nursery(folder) as opened:
        yield opened


def said(number: int, words: str = "") -> dict[str, Any]:
    return {"kind": "text", "text": words or f"no. {number}"}


async def say(device: Device, conversation: str, *numbers: int) -> None:
    for number in numbers:
        await device.send(conversation, said(number))


async def without_net(stage: Stage, *statements: str) -> None:
    """Take away the database's own second net, so that the checker alone must see what falls."""
    if stage.world.storage.kind == "sqlite":
        await stage.world.storage.unit(lambda work: _run_all(work, statements))
        return
    connection = await asyncpg.connect(postgres_dsn(stage.truth.url))
    for one in statements:
        await connection.execute(one)
    await connection.close()


async def _run_all(work: Work, statements: tuple[str, ...]) -> None:
    for one in statements:
        await work.run(statement(sa.text(one)))


NO_UNIQUE_SEQ = ("DROP INDEX IF EXISTS uq_messages_seq", "DROP INDEX IF EXISTS uq_messages_conversation_seq")
NO_UNIQUE_ID = "DROP INDEX uq_messages_client_id"
NO_UNIQUE_POSITION = "ALTER TABLE feed DROP CONSTRAINT pk_feed"


# ---- the steps, each of which makes one order of things


async def power_fails_at_the_third_message(stage: Stage) -> None:
    group = await stage.group(*stage.people)
    device = await stage.device(stage.people[0])
    await say(device, group, 1, 2)
    third = asyncio.create_task(device.send(group, said(3)))
    if stage.nodes[0].is_planted:
        await stage.nodes[0].gone()
        stage.nodes[0].planted("")
        await stage.nodes[0].start()
    await third
    await say(device, group, 4)


async def killed_after_six(stage: Stage) -> None:
    await without_net(stage, *NO_UNIQUE_SEQ)
    group = await stage.group(*stage.people)
    device = await stage.device(stage.people[0])
    await say(device, group, *range(6))
    await stage.nodes[0].kill()
    await stage.nodes[0].start()
    await say(device, group, 6)


async def sent_again_by_another_device(stage: Stage) -> None:
    await without_net(stage, NO_UNIQUE_ID)
    group = await stage.group(*stage.people)
    one, other = await stage.device(stage.people[0]), await stage.device(stage.people[0], codec="json")
    id = await one.send(group, said(1))
    await other.send(group, said(1), id=id)


async def sent_by_two_gateways_at_once(stage: Stage) -> None:
    """Both wait for the turn, which a third holds."""
    await without_net(stage, NO_UNIQUE_ID)
    group = await stage.group(*stage.people)
    devices = [await stage.device(stage.people[0], node) for node in range(2)]
    third = await asyncpg.connect(postgres_dsn(stage.truth.url))
    await third.execute(f"BEGIN; SELECT pg_advisory_xact_lock({TURN})")
    sending = [asyncio.create_task(device.send(group, said(1), id="ab" * 16)) for device in devices]
    await asyncio.sleep(LITTLE)
    await third.close()
    await asyncio.gather(*sending)


async def sent_on_two_gateways(stage: Stage) -> None:
    await without_net(stage, *NO_UNIQUE_SEQ, NO_UNIQUE_POSITION)
    group = await stage.group(*stage.people)
    devices = [await stage.device(stage.people[node], node) for node in range(2)]
    await asyncio.gather(*(device.send(group, said(nth)) for nth, device in enumerate(devices)))


async def one_gets_stuck(stage: Stage) -> None:
    group = await stage.group(*stage.people)
    device = await stage.device(stage.people[0])
    await say(device, group, 1)
    stuck = asyncio.create_task(device.send(group, said(2, STUCK)))
    await asyncio.sleep(LITTLE / 3)
    await asyncio.gather(stuck, *(device.send(group, said(number)) for number in (3, 4)))


async def heard_by_another(stage: Stage) -> None:
    group = await stage.group(*stage.people)
    device, other = [await stage.device(member) for member in stage.people[:2]]
    await say(device, group, 1, 2, 3, 4)
    await stage.shown(other, group, 3)


async def removed_and_goes_on(stage: Stage) -> None:
    group = await stage.group(*stage.people)
    device, other = [await stage.device(member) for member in stage.people[:2]]
    await say(other, group, 1)
    end = await stage.remove(group, stage.people[1])
    await stage.shown(device, group, end)
    await until(lambda: other.client.known[group].ended, 5)
    with contextlib.suppress(Refused):  # as he should be
        await say(other, group, 2)
    await say(device, group, 3)
    await other.client.ping()  # whatever was said to it before this is there now


async def added_by_another_process(stage: Stage) -> None:
    """A conversation that nobody has loaded, moved twice before the server looks."""
    group = await stage.group(*stage.people[:2])
    await stage.device(stage.people[0])
    await stage.add(group, stage.people[2])
    await stage.remove(group, stage.people[2])


async def written_and_moved(stage: Stage) -> None:
    group, cold = await stage.group(*stage.people), await stage.group(*stage.people)
    device, other = [await stage.device(member) for member in stage.people[:2]]
    for number in range(3):
        await say(device, group, number)
        await stage.remove(cold, stage.people[2])
        await stage.add(cold, stage.people[2])
        await asyncio.sleep(2 * LITTLE)
    await stage.shown(other, group, 4)


async def frozen_while_the_feed_goes(stage: Stage) -> None:
    group = await stage.group(*stage.people[:2])
    device, other = [await stage.device(member) for member in stage.people[:2]]
    await say(device, group, 1)
    await stage.shown(other, group, 2)  # nothing is still to be handed out
    stage.nodes[0].freeze()
    await until(lambda: stage.nodes[0].is_frozen, 5)
    await stage.add(group, stage.people[2])
    await stage.remove(group, stage.people[2])
    await stage.truth.read_feed()
    await without_net(stage, "DELETE FROM feed WHERE position < (SELECT max(position) FROM feed)")
    stage.nodes[0].wake()
    await asyncio.sleep(1.2)  # the next sweep


async def written_between_heads_and_answer(stage: Stage) -> None:
    group = await stage.group(*stage.people)
    device, other = [await stage.device(member) for member in stage.people[:2]]
    await say(device, group, 1)
    await stage.shown(other, group, 2)
    other.client.cut()
    await until(lambda: other.client._core.phase.name == "SYNCING", 5)
    await asyncio.sleep(LITTLE)
    await say(device, group, 2)


async def written_while_offline(stage: Stage) -> None:
    group = await stage.group(*stage.people)
    device, other = [await stage.device(member) for member in stage.people[:2]]
    await say(device, group, 1)
    await stage.shown(other, group, 2)
    await stage.offline(other)
    await say(device, group, 2)
    await stage.online(other)


async def changed_while_offline_and_after_leaving(stage: Stage) -> None:
    group = await stage.group(*stage.people)
    device, other = [await stage.device(member) for member in stage.people[:2]]
    await say(device, group, 1)
    await stage.shown(other, group, 2)
    await stage.offline(other)
    await device.react(device.rows[group][2], "👍", on=True)
    await until(lambda: device.rows[group][2].change == 1, 5)
    await stage.remove(group, stage.people[1])
    await device.react(device.rows[group][2], "🎉", on=True)
    await stage.online(other)


async def comes_again(stage: Stage) -> None:
    group = await stage.group(*stage.people)
    device, other = [await stage.device(member) for member in stage.people[:2]]
    await say(device, group, 1)
    await stage.remove(group, stage.people[1])
    await say(device, group, 2, 3)
    await stage.add(group, stage.people[1])
    await say(device, group, 4)
    await stage.shown(other, group, 7)


async def an_act(stage: Stage, group: str) -> None:
    """One that finds nothing wrong with being run twice."""

    async def act(work: Work) -> None:
        place = await find(work, from_wire(group))
        assert place is not None
        ledger = Ledger(work, place)
        await ledger.note(note("greeted", by=to_wire(by)), by=by, salt=bytes(16))
        await ledger.close()

    by = draw_id()
    await stage.world.storage.transact(act)


SQLITE: list[tuple[str, str, Steps, set[str]]] = [
    ("acknowledge_before_commit", "", power_fails_at_the_third_message, {"lost-message"}),
    ("head_from_memory", "", killed_after_six, {"seq-repeated"}),
    ("forget_idempotency_key", "", sent_again_by_another_device, {"stored-twice"}),
    ("keep_after_unknown", "stuck_commit", one_gets_stuck, {"sending-order"}),
    ("later_before_earlier", "", heard_by_another, {"never-delivered"}),
    ("skip_membership_check", "", removed_and_goes_on, {"sent-from-outside"}),
    ("more_for_who_left", "", removed_and_goes_on, {"leak"}),
    ("loading_swallows", "", added_by_another_process, {"never-delivered"}),
    ("token_ahead", "slow_reading", written_and_moved, {"token-ahead"}),
    ("start_anew_without_closing", "", frozen_while_the_feed_goes, {"never-delivered"}),
    ("join_after_heads", "slow_heads", written_between_heads_and_answer, {"never-delivered"}),
    ("place_not_raised", "", written_while_offline, {"never-delivered"}),
    ("changes_cut_for_who_left", "", changed_while_offline_and_after_leaving, {"change-never-learned"}),
]
TWO_GATEWAYS: list[tuple[str, str, Steps, set[str]]] = [
    ("no_turn", "slow_store", sent_on_two_gateways, {"seq-repeated", "position-repeated"}),
    ("look_up_before_turn", "", sent_by_two_gateways_at_once, {"stored-twice"}),
]


@pytest.mark.parametrize(("bug", "circumstances", "steps", "expected"), SQLITE, ids=[bug for bug, *_ in SQLITE])
@pytest.mark.parametrize("is_planted", [True, False], ids=["planted", "clean"])
async def test_a_planted_bug_is_found(
    bug: str, circumstances: str, steps: Steps, expected: set[str], is_planted: bool, fresh_sqlite: str, tmp_path: Path, nursery: Nursery
) -> None:
    found = await judged(fresh_sqlite, tmp_path, nursery, 1, bug if is_planted else "", circumstances, steps)
    assert (expected <= found.keys()) if is_planted else not found, found


@pytest.mark.parametrize(("bug", "circumstances", "steps", "expected"), TWO_GATEWAYS, ids=[bug for bug, *_ in TWO_GATEWAYS])
@pytest.mark.parametrize("is_planted", [True, False], ids=["planted", "clean"])
async def test_a_bug_planted_in_two_gateways_is_found(
    bug: str, circumstances: str, steps: Steps, expected: set[str], is_planted: bool, fresh_postgres: str, tmp_path: Path, nursery: Nursery
) -> None:
    found = await judged(fresh_postgres, tmp_path, nursery, 2, bug if is_planted else "", circumstances, steps)
    assert (expected <= found.keys()) if is_planted else not found, found


async def judged(url: str, folder: Path, nursery: Nursery, nodes: int, bug: str, circumstances: str, steps: Steps) -> dict[str, list[str]]:
    """What the checker finds in a run of the steps, with the bug or (where its name is empty) without."""
    planted = ",".join(filter(None, (circumstances, bug)))
    async with staged(url, folder, nursery, nodes=nodes, planted=planted) as stage:
        await steps(stage)
        return await stage.judge(hopeless=bool(bug))


# ---- planted in this process, which acts beside the servers


@pytest.mark.parametrize("is_planted", [True, False], ids=["planted", "clean"])
async def test_a_new_stay_that_keeps_the_old_mark_is_found(
    is_planted: bool, fresh_sqlite: str, tmp_path: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG H1: a new stay sets the mark to the seq before it."""
    if is_planted:
        kept = update_of(
            marks, "is_open", "place", "end_seq", "end_change", "end_countable", "end_mention_all", "end_at", where=conversations._KEY
        )
        monkeypatch.setattr(conversations, "REJOIN_MARKS", kept)
    async with staged(fresh_sqlite, tmp_path, nursery) as stage:
        await comes_again(stage)
        found = await stage.judge(hopeless=is_planted)
    assert found.keys() == ({"unread-wrong"} if is_planted else set()), found


@pytest.mark.parametrize("is_planted", [True, False], ids=["planted", "clean"])
async def test_an_act_that_is_run_again_without_looking_is_found(
    is_planted: bool, fresh_postgres: str, tmp_path: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOG B1: after a COMMIT without an answer it looks at the position that it would have had."""
    async with staged(fresh_postgres, tmp_path, nursery) as stage:
        group = await stage.group(*stage.people)
        await stage.device(stage.people[0])
        with monkeypatch.context() as patched:
            _lose_one_answer(patched)
            if is_planted:
                patched.setattr(PostgresStorage, "_happened", _did_not)
            await an_act(stage, group)
        found = await stage.judge(hopeless=is_planted)
    assert found.keys() == ({"run-twice"} if is_planted else set()), found


async def _did_not(self: PostgresStorage, work: Work) -> bool:
    return False


def _lose_one_answer(patched: pytest.MonkeyPatch) -> None:
    from storage import postgres

    commit, lost = postgres._commit, False

    async def without_answer(connection: Any) -> None:
        nonlocal lost
        await commit(connection)
        if not lost:
            lost = True
            raise Lost

    patched.setattr(postgres, "_commit", without_answer)

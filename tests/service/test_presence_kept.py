"""What is kept of presence: the newest choice, the latest sight, and which sessions a node had when it wrote last (DESIGN 9)."""

from server.clock import ManualClock
from storage import presence as stored
from storage.engine import Storage
from storage.presence import Choice, Chosen, Left, Live
from tests.support.office import ROOT, Office, laptop

MINUTE = 60_000


async def test_the_newest_choice_holds_whichever_comes_last(storage: Storage) -> None:
    newer, older = Choice(3, "back at two", 20), Choice(5, "", 10)
    for choice in (newer, older):
        await storage.unit(lambda work, choice=choice: stored.choose(work, [Chosen(7, 1, choice)]))  # type: ignore[misc]
    assert await storage.read(lambda read: stored.choices(read, [7, 8])) == {7: newer}


async def test_the_latest_sight_holds_and_takes_nothing_from_the_choice(storage: Storage) -> None:
    choice = Choice(3, "", 20)
    await storage.unit(lambda work: stored.choose(work, [Chosen(7, 1, choice)]))
    for at in (50, 40):
        await storage.unit(lambda work, at=at: stored.saw(work, {(1, 7): at, (1, 9): at}))  # type: ignore[misc]
    assert await storage.read(lambda read: stored.last_seen(read, [7, 8, 9])) == {7: 50, 9: 50}
    assert await storage.read(lambda read: stored.choices(read, [7])) == {7: choice}


async def test_a_node_finds_what_others_had_but_for_what_was_ended_and_forgets_the_dead(storage: Storage, clock: ManualClock) -> None:
    office = Office(storage, clock)
    await office.company()
    lina, wang = await office.member("acme", "Li Na"), await office.member("acme", "Wang")
    first, second = await office.sign_in(lina), await office.sign_in(wang)
    kept, ended = (Live(one.session, one.member, one.company, "desktop") for one in (first, second))
    await storage.unit(lambda work: stored.write_live(work, "n1", [kept, ended], []))
    await storage.unit(lambda work: stored.choose(work, [Chosen(lina.member, first.company, Choice(4, "shh", 9))]))
    wrote_at = clock.now()
    await office.sessions.sign_out(second)
    assert await storage.read(lambda read: stored.left(read, "n1")) == []
    assert await storage.read(lambda read: stored.left(read, "n2")) == [Left(kept, Choice(4, "shh", 9), wrote_at)]
    clock.advance(MINUTE)
    await storage.unit(lambda work: stored.write_live(work, "n2", [kept], []))
    await storage.unit(lambda work: stored.write_live(work, "n1", [], [kept.session]))
    assert await storage.read(lambda read: stored.left(read, "n3")) == [Left(kept, Choice(4, "shh", 9), clock.now())], "it is at n2 now"
    clock.advance(MINUTE)
    await storage.unit(lambda work: stored.write_live(work, "n1", [], []))
    await storage.unit(lambda work: stored.sweep(work, clock.now() - MINUTE // 2))
    assert await storage.read(lambda read: stored.left(read, "n3")) == [], "n2 has not written for a minute"
    office.close()


async def test_who_is_deleted_leaves_nothing_of_it(storage: Storage, clock: ManualClock) -> None:
    office = Office(storage, clock)
    await office.company()
    lina = await office.member("acme", "Li Na")
    session = await office.sign_in(lina, laptop())
    await storage.unit(lambda work: stored.saw(work, {(session.company, lina.member): 40}))
    await office.leaving.delete(ROOT, "acme", lina.number)
    assert await storage.read(lambda read: stored.last_seen(read, [lina.member])) == {}
    office.close()

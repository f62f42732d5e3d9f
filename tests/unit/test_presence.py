"""Presence on the tree as people meet it."""

from collections.abc import Iterable

import msgspec
import pytest

from protocol.codec import JSON, MESSAGEPACK
from protocol.events import UnitsPresence
from server.org.organisation import Person
from server.presence import beats
from server.presence.statuses import CHOICES, Status
from server.presence.visible import Where
from server.presence.words import Word
from storage.units import Place, Unit
from tests.support.presence import COMPANY, ROOT, Client, House

SALES, NORTH, DESIGN = 101, 102, 103
LI_NA, WANG_WEI, ZHANG_MIN, BOSS = 1_001, 1_002, 1_003, 1_004
UNITS = (Unit(ROOT, None, "Yi"), Unit(SALES, ROOT, "Sales"), Unit(NORTH, SALES, "North"), Unit(DESIGN, ROOT, "Design"))


def person(member: int, *units: int, **more: object) -> Person:
    return msgspec.structs.replace(Person(member, "active", places=tuple(map(Place, units))), **more)


def house(*people: Person, node: str = "n1") -> House:
    made = House(UNITS, people or usual(), node=node)
    made.presence.start()
    return made


def usual() -> Iterable[Person]:
    return (person(LI_NA, SALES), person(WANG_WEI, NORTH), person(ZHANG_MIN, NORTH, DESIGN), person(BOSS, ROOT))


def watcher(at: House, units: dict[int, bool], member: int = BOSS) -> Client:
    client = at.comes(member, member)
    at.watches(client, units)
    at.is_quiet()
    client.frames.clear()
    return client


def test_a_member_counts_once_in_each_of_his_units_and_once_above_them() -> None:
    yi = house()
    yi.comes(ZHANG_MIN, 1)
    boss = watcher(yi, {ROOT: False, SALES: False, NORTH: False, DESIGN: False})
    assert boss.counts == {ROOT: (2, 4), SALES: (1, 3), NORTH: (1, 2), DESIGN: (1, 1)}


def test_a_member_of_two_units_of_one_branch_counts_once_in_it() -> None:
    yi = house(person(LI_NA, SALES, NORTH), person(BOSS, ROOT))
    assert watcher(yi, {SALES: False}).counts == {SALES: (0, 1)}


def test_changes_are_merged_for_up_to_a_second_and_told_in_one_frame() -> None:
    yi = house()
    boss = watcher(yi, {SALES: True, NORTH: True})
    for member in (LI_NA, WANG_WEI, ZHANG_MIN):
        yi.comes(member, member)
    yi.turns()
    assert boss.frames == []
    yi.passes(1)
    assert len(boss.frames) == 1
    assert not yi.mistaken()


def test_a_state_that_flips_back_is_never_sent() -> None:
    yi = house()
    yi.comes(LI_NA, 1)
    boss = watcher(yi, {SALES: True})
    yi.chooses(LI_NA, Status.BUSY)
    yi.chooses(LI_NA, Status.ONLINE)
    yi.passes(5)
    assert boss.frames == []


def test_who_begins_between_two_flushes_is_not_left_with_what_flips_back() -> None:
    yi = house()
    yi.comes(LI_NA, 1)
    watcher(yi, {SALES: True})
    yi.chooses(LI_NA, Status.BUSY)
    late = yi.comes(BOSS, 99)
    yi.watches(late, {SALES: True})
    yi.turns()
    yi.chooses(LI_NA, Status.ONLINE)
    yi.is_quiet()
    assert not yi.mistaken()


def test_a_unit_with_many_watchers_is_told_every_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beats, "MANY_WATCHERS", 0)
    yi = house()
    boss = watcher(yi, {SALES: True})
    for number in range(24):
        yi.chooses(BOSS, Status.ONLINE)
        (yi.comes(LI_NA, 7) if number == 0 else None)
        yi.chooses(LI_NA, CHOICES[number % 4])
        yi.passes(0.5)
    assert 3 <= sum(isinstance(frame, UnitsPresence) for frame in boss.frames) <= 5


def test_hiding_is_told_at_once_with_the_corrected_counts_and_nothing_follows() -> None:
    yi = house()
    yi.comes(WANG_WEI, 1)
    boss = watcher(yi, {ROOT: False, NORTH: True})
    yi.chooses(WANG_WEI, Status.BUSY)  # waits for the merge
    yi.person(person(WANG_WEI, NORTH, is_hidden=True))
    yi.turns()
    assert len(boss.frames) == 1
    assert (boss.counts, boss.units[NORTH]) == ({ROOT: (1, 3), NORTH: (0, 1)}, {})
    yi.chooses(WANG_WEI, Status.AWAY)
    yi.passes(20)
    assert len(boss.frames) == 1


def test_hidden_members_see_each_other() -> None:
    yi = house(person(LI_NA, SALES, is_hidden=True), person(BOSS, ROOT, is_hidden=True))
    yi.comes(LI_NA, 1)
    boss = watcher(yi, {SALES: True})
    assert boss.counts == {SALES: (1, 1)}
    assert list(boss.units[SALES]) == [LI_NA]


def test_a_hidden_frequent_contact_has_presence_there_and_in_no_count() -> None:
    yi = house(person(LI_NA, SALES, is_hidden=True), person(BOSS, ROOT))
    yi.evaluator.contacts.add((BOSS, LI_NA))
    yi.comes(LI_NA, 1)
    boss = watcher(yi, {SALES: True})
    for where in Where:
        yi.watches_people(boss, where, [LI_NA])
    yi.is_quiet()
    assert boss.shown == {Where.TREE: {}, Where.CONTACT: {LI_NA: (9, "")}, Where.DIRECT: {}}
    assert (boss.counts, boss.units[SALES]) == ({SALES: (0, 0)}, {})


def test_invisible_is_offline_to_everybody_else_and_the_truth_on_own_devices() -> None:
    yi = house()
    li_na = yi.comes(LI_NA, 1)
    boss = watcher(yi, {SALES: True})
    yi.chooses(LI_NA, Status.INVISIBLE)
    yi.is_quiet()
    assert boss.units[SALES] == {}
    assert boss.counts[SALES] == (0, 3)
    assert li_na.own is not None
    assert (li_na.own.status, li_na.own.devices) == (Status.INVISIBLE, {"desktop": Status.INVISIBLE})


def test_what_a_node_tells_stops_while_its_feed_is_not_applied_and_is_told_anew_after_it() -> None:
    yi = house()
    li_na = yi.comes(LI_NA, 1)
    boss = watcher(yi, {ROOT: False, SALES: True})
    yi.watches_people(boss, Where.TREE, [WANG_WEI])
    yi.turns()
    boss.frames.clear()
    yi.chooses(LI_NA, Status.BUSY)
    yi.feed.is_fresh = False
    yi.comes(WANG_WEI, 2)
    yi.watches(boss, {NORTH: True})
    yi.passes(6)
    assert boss.frames == []
    yi.person(person(LI_NA, SALES, is_hidden=True))
    yi.feed.is_fresh = True
    yi.is_quiet()
    assert not yi.mistaken()
    assert li_na.own is not None
    assert li_na.own.status == Status.BUSY


def test_a_unit_that_is_not_there_looks_like_one_that_may_not_be_seen() -> None:
    yi = house()
    yi.evaluator.forbidden.add((ROOT, SALES))
    yi.comes(LI_NA, 1)
    boss = watcher(yi, {SALES: True, 999: True})
    assert (boss.counts[SALES], boss.units[SALES]) == (boss.counts[999], boss.units[999]) == ((0, 0), {})


def test_a_dropped_connection_is_not_seen_until_its_grace_is_over() -> None:
    yi = house()
    li_na = yi.comes(LI_NA, 1)
    boss = watcher(yi, {SALES: True})
    yi.drops(li_na)
    yi.passes(14)
    assert boss.frames == []
    yi.passes(3)
    assert boss.counts[SALES] == (0, 3)


def test_a_restart_shows_nobody_offline_who_comes_back_in_time() -> None:
    before = house()
    before.comes(LI_NA, 1)
    before.comes(WANG_WEI, 2)
    after = House(UNITS, usual())
    after.presence.start(dict.fromkeys(before.presence.live(), 7))
    boss = after.comes(BOSS, BOSS)
    after.watches(boss, {SALES: True, NORTH: True})
    after.passes(2)
    assert boss.counts == {SALES: (2, 3), NORTH: (1, 2)}
    told = len(boss.frames)
    after.comes(LI_NA, 1)
    after.passes(25)
    assert len(boss.frames) == told
    after.passes(7)
    assert boss.counts == {SALES: (1, 3), NORTH: (0, 2)}
    assert after.presence.last_seen == {(COMPANY, WANG_WEI): 7}, "when the node stopped"


def test_who_goes_was_seen_when_his_connection_dropped_and_who_hides_when_he_hid() -> None:
    yi = house()
    li_na, _ = yi.comes(LI_NA, 1), yi.comes(WANG_WEI, 2)
    yi.drops(li_na)
    dropped_at = yi.clock.now()
    yi.passes(17)
    assert abs(yi.presence.last_seen[COMPANY, LI_NA] - dropped_at) <= 2 * 250, "two ticks of the wheel"
    yi.chooses(WANG_WEI, Status.INVISIBLE)
    hid_at = yi.clock.now()
    yi.chooses(WANG_WEI, Status.INVISIBLE, "still here")
    yi.presence.ended(2)
    assert yi.presence.last_seen[COMPANY, WANG_WEI] == hid_at


# ---- nodes


def pass_on(*houses: House) -> list[Word]:
    """What the nodes have published reaches the others."""
    said: list[Word] = []
    while any(one.words for one in houses):
        for one in houses:
            words, one.words[:] = list(one.words), []
            said += words
            for word in words:
                for other in houses:
                    other.presence.word(word)
                    other.turns()
    return said


def test_a_member_on_another_node_is_seen_as_if_he_were_here() -> None:
    here, there = house(node="n1"), house(node="n2")
    boss = watcher(here, {SALES: True})
    there.comes(LI_NA, 1, "phone", text="on the road")
    there.turns()
    pass_on(here, there)
    here.is_quiet()
    assert boss.units[SALES] == {LI_NA: (17, "on the road")}


def test_nodes_exchange_facts_one_word_a_turn() -> None:
    there = house(node="n2")
    for member in (LI_NA, WANG_WEI):
        there.comes(member, member)
    there.chooses(LI_NA, Status.BUSY)
    there.turns()
    (word,) = there.words
    assert [(fact.member, fact.status) for fact in word.said] == [(LI_NA, Status.BUSY), (WANG_WEI, Status.ONLINE)]


def test_what_was_lost_on_the_way_is_asked_for() -> None:
    here, there = house(node="n1"), house(node="n2")
    boss = watcher(here, {SALES: True})
    there.comes(LI_NA, 1)
    there.turns()
    there.words.clear()  # lost
    there.passes(11)  # a heartbeat
    here.turns()
    pass_on(here, there)
    here.is_quiet()
    assert boss.counts[SALES] == (1, 3)


def test_the_members_of_a_dead_node_are_offline() -> None:
    here, there = house(node="n1"), house(node="n2")
    boss = watcher(here, {SALES: True})
    there.comes(LI_NA, 1)
    there.turns()
    pass_on(here, there)
    here.is_quiet()
    assert boss.counts[SALES] == (1, 3)
    here.passes(45)
    assert boss.counts[SALES] == (0, 3)


def test_a_choice_made_on_another_node_stays_when_that_session_ends() -> None:
    here, there = house(node="n1"), house(node="n2")
    here.comes(LI_NA, 1)
    phone = there.comes(LI_NA, 2, "phone")
    there.chooses(LI_NA, Status.DO_NOT_DISTURB)
    there.turns()
    pass_on(here, there)
    there.signs_out(phone)
    there.turns()
    pass_on(here, there)
    assert here.presence.standing(LI_NA).status == Status.DO_NOT_DISTURB


# ---- turns and bytes


def test_a_class_that_nobody_watches_is_forgotten_after_a_minute() -> None:
    yi = house()
    boss = watcher(yi, {SALES: True})
    yi.drops(boss)
    presence = yi.presence.of(COMPANY)
    assert len(presence._views) == 1
    yi.passes(90)
    assert len(presence._views) == 0


def test_nothing_is_scheduled_for_a_company_in_which_nothing_happens() -> None:
    yi = house()
    watcher(yi, {SALES: True})
    yi.turns()
    assert yi.loop.soon == []
    assert yi.presence._turns._waits == {}


def test_both_codecs_say_the_same_and_one_change_is_small() -> None:
    yi = house()
    boss = watcher(yi, {SALES: True})
    web = yi.comes(BOSS, 77)
    web.codec = JSON
    taken: list[bytes] = []
    web.give = taken.append  # type: ignore[method-assign, assignment]
    yi.watches(web, {SALES: True})
    yi.comes(LI_NA, 1)
    boss.bytes = 0
    yi.is_quiet()
    payload = taken[-1][2:]
    assert msgspec.json.decode(payload, type=UnitsPresence) == boss.frames[-1]
    assert boss.bytes <= 64
    assert MESSAGEPACK is boss.codec

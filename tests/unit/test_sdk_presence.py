"""The SDK's presence without I/O: it shows what the server told, and watches again what was watched (SPEC G1, G2)."""

import json
from pathlib import Path
from typing import Any

import pytest

from yizhan import OwnPresenceChanged, PeoplePresenceChanged, Presence, Seen, Status, UnitsPresenceChanged
from yizhan._protocol import commands
from yizhan._protocol.codec import JSON
from yizhan._protocol.events import PeoplePresence, SeenAs, UnitPresence, UnitsPresence

SALES, ROOT, TOM, ROBOT = "uS4lesUn1D", "uR0otUn1tA", "mB3x9LwRtE", "mR0b0tR0b0"
VECTORS = Path(__file__).parents[2] / "protocol/vectors/events.json"


def vector(name: str) -> Any:
    (row,) = [row for row in json.loads(VECTORS.read_text("utf-8")) if row["name"] == name]
    return JSON.decode_frame(json.dumps(row["json"]).encode())


@pytest.fixture
def presence() -> Presence:
    made = Presence()
    made.watch_units([SALES], [ROOT], [])
    made.watch_people("contact", [TOM], [])
    return made


def test_a_whole_picture_then_what_changed(presence: Presence) -> None:
    changed = presence.take_units(vector("units_presence_whole"))
    assert changed is not None
    assert changed.units == (SALES, ROOT), "the third is not watched"
    assert presence.units[SALES].members == {
        ROBOT: Seen(Status.ONLINE, ("desktop",)),
        TOM: Seen(Status.BUSY, ("phone",), "on the road"),
    }
    assert presence.take_units(vector("units_presence")) == UnitsPresenceChanged((SALES, ROOT), (ROBOT, TOM))
    sales, root = presence.units[SALES], presence.units[ROOT]
    assert (sales.online, sales.total, root.online, root.total) == (1, 2, 2, 3)
    assert sales.members == {TOM: Seen(Status.ONLINE, ("phone",))}, "an empty text takes it away"


def test_who_is_not_in_a_whole_picture_is_offline_and_named(presence: Presence) -> None:
    presence.take_units(vector("units_presence_whole"))
    changed = presence.take_units(UnitsPresence(units=(UnitPresence(SALES, 0, 2),), whole=True))
    assert changed is not None
    assert set(changed.members) == {TOM, ROBOT}
    assert presence.units[SALES].members == {}


def test_a_text_stays_until_it_is_taken_away(presence: Presence) -> None:
    presence.take_units(vector("units_presence_whole"))
    presence.take_units(UnitsPresence(units=(UnitPresence(SALES, 2, 2, (SeenAs(17, (TOM,)),)),)))
    assert presence.units[SALES].members[TOM] == Seen(Status.ONLINE, ("phone",), "on the road")


def test_people_are_seen_in_the_place_where_they_are_watched(presence: Presence) -> None:
    assert presence.take_people(vector("people_presence")) == PeoplePresenceChanged("contact", (TOM,))
    assert presence.of(TOM, "contact") == Seen(Status.ONLINE, ("desktop", "phone"), "back at two")
    assert presence.of(TOM, "direct") is None
    presence.take_people(vector("people_presence_offline"))
    assert presence.of(TOM, "contact") is None


def test_what_still_comes_after_watching_ended_is_passed_over(presence: Presence) -> None:
    presence.watch_units([], [], [SALES, ROOT])
    presence.watch_people("contact", [], [TOM])
    assert presence.take_units(vector("units_presence_whole")) is None
    assert presence.take_people(vector("people_presence")) is None
    assert (presence.units, presence.of(TOM, "contact")) == ({}, None)
    assert presence.take_people(PeoplePresence(where="moon", seen=(SeenAs(9, (TOM,)),))) is None


def test_oneself(presence: Presence) -> None:
    assert presence.take_own(vector("own_presence_invisible")) == OwnPresenceChanged(5, "", {"desktop": 5})
    assert presence.own is not None
    assert Status(presence.own.status) is Status.INVISIBLE


def test_a_new_connection_watches_what_the_last_one_did(presence: Presence) -> None:
    presence.set_idle(True)
    presence.cut()
    assert not presence.is_live
    presence.watch_units([ROOT], [], [SALES])
    assert presence.begin() == [
        commands.WatchUnits(request=0, units=(ROOT,)),
        commands.WatchPeople(request=0, where="contact", members=(TOM,)),
        commands.SetIdle(request=0, idle=True),
    ]
    assert presence.is_live


def test_what_the_server_refused_is_not_watched_again(presence: Presence) -> None:
    presence.take_units(vector("units_presence_whole"))
    presence.not_watched(presence.watch_units(["x" * 10, SALES], [], []))
    presence.not_watched(presence.watch_people("contact", ["y" * 10], []))
    assert presence.begin()[0] == commands.WatchUnits(request=0, units=(SALES,), counts=(ROOT,))
    assert presence.begin()[1] == commands.WatchPeople(request=0, where="contact", members=(TOM,))

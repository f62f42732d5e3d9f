"""What sessions say becomes one status for the others, and the truth for the own devices."""

from server.presence.sessions import GRACE, TAKE_OVER_GRACE, Gone, Sessions
from server.presence.standings import DEAD_AFTER, Nodes, Standings
from server.presence.statuses import NOWHERE, OFFLINE, Said, Seen, Status, merge

LI_NA, WANG_WEI = 7, 8


def said(session: int = 1, device: str = "desktop", status: Status = Status.ONLINE, **more: object) -> Said:
    return Said(session, LI_NA, 1, device, int(status), **more)  # type: ignore[arg-type]


def test_who_has_no_session_is_offline() -> None:
    assert merge([]) is NOWHERE


def test_others_see_the_status_and_the_device_classes() -> None:
    seen = merge([said(1, "desktop"), said(2, "phone")]).seen
    assert (seen.status, seen.devices) == (Status.ONLINE, ["desktop", "phone"])


def test_idle_at_the_desk_and_busy_on_the_phone_is_online() -> None:
    standing = merge([said(1, "desktop", is_idle=True), said(2, "phone")])
    assert standing.seen.status == Status.ONLINE
    assert standing.own == (("desktop", Status.AWAY), ("phone", Status.ONLINE))


def test_away_by_idleness_where_all_devices_are_idle() -> None:
    assert merge([said(1, is_idle=True), said(2, is_idle=True)]).seen.status == Status.AWAY


def test_idleness_does_not_soften_do_not_disturb() -> None:
    assert merge([said(status=Status.DO_NOT_DISTURB, is_idle=True)]).seen.status == Status.DO_NOT_DISTURB


def test_the_last_choice_of_any_device_holds() -> None:
    old, new = said(2, "phone", Status.ONLINE, chosen_at=10), said(1, "desktop", Status.BUSY, text="in a call", chosen_at=20)
    assert merge([old, new]).seen == Seen(Status.BUSY | 8 | 16, "in a call")


def test_invisible_is_offline_to_others_and_the_truth_to_oneself() -> None:
    standing = merge([said(status=Status.INVISIBLE, text="hidden away")])
    assert standing.seen == OFFLINE
    assert (standing.status, standing.own, standing.text) == (Status.INVISIBLE, (("desktop", Status.INVISIBLE),), "hidden away")


# ---- sessions


def test_a_dropped_connection_is_no_news_until_its_grace_is_over() -> None:
    sessions = Sessions()
    sessions.came(said(), "a")
    assert sessions.dropped(1, "a", now=0) == []
    assert sessions.expire(GRACE - 1) == []
    assert sessions.expire(GRACE) == [Gone(1, LI_NA, 1)]
    assert len(sessions) == 0


def test_who_is_back_in_time_is_no_news() -> None:
    sessions = Sessions()
    sessions.came(said(), "a")
    sessions.dropped(1, "a", now=0)
    assert sessions.came(said(), "b") == []
    assert sessions.expire(10 * GRACE) == []
    assert sessions.next_at is None


def test_one_tab_of_two_may_close() -> None:
    sessions = Sessions()
    sessions.came(said(), "a")
    sessions.came(said(), "b")
    sessions.dropped(1, "a", now=0)
    assert sessions.expire(10 * GRACE) == []


def test_a_session_is_idle_where_all_its_tabs_are() -> None:
    sessions = Sessions()
    sessions.came(said(), "a")
    sessions.came(said(), "b")
    assert sessions.idles(1, "a", True) == []
    assert sessions.idles(1, "b", True) == [said(is_idle=True)]
    assert sessions.idles(1, "a", False) == [said()]


def test_closing_the_tab_in_use_leaves_an_idle_session() -> None:
    sessions = Sessions()
    sessions.came(said(), "a")
    sessions.came(said(), "b")
    sessions.idles(1, "a", True)
    assert sessions.dropped(1, "b", now=0) == [said(is_idle=True)]


def test_signing_out_is_gone_at_once() -> None:
    sessions = Sessions()
    sessions.came(said(), "a")
    assert sessions.left(1) == [Gone(1, LI_NA, 1)]
    assert sessions.left(1) == []


def test_a_choice_holds_for_all_sessions_of_the_member() -> None:
    sessions = Sessions()
    sessions.came(said(1), "a")
    sessions.came(said(2, "phone"), "b")
    facts = sessions.chooses(LI_NA, Status.BUSY, "", 5)
    assert {(fact.session, fact.status) for fact in facts if isinstance(fact, Said)} == {(1, Status.BUSY), (2, Status.BUSY)}


def test_a_choice_heard_from_another_node_outlives_that_node() -> None:
    sessions = Sessions()
    sessions.came(said(1), "a")
    heard = said(9, "phone", Status.DO_NOT_DISTURB, chosen_at=5)
    assert sessions.adopts(heard) == [said(1, status=Status.DO_NOT_DISTURB, chosen_at=5)]
    assert sessions.adopts(heard) == []
    assert sessions.adopts(said(9, chosen_at=4)) == []


def test_after_a_restart_whoever_was_there_has_thirty_seconds() -> None:
    sessions = Sessions()
    assert sessions.take_over([said(1), said(2, "phone")], now=0) == [said(1), said(2, "phone")]
    assert sessions.came(said(1), "a") == []
    assert sessions.expire(TAKE_OVER_GRACE - 1) == []
    assert sessions.expire(TAKE_OVER_GRACE) == [Gone(2, LI_NA, 1)]
    assert sessions.of(1) == said(1)


# ---- nodes


def test_a_member_stays_online_while_one_node_says_so() -> None:
    standings = Standings()
    assert standings.apply("a", said(1))
    assert not standings.apply("b", said(1))
    assert not standings.apply("a", Gone(1, LI_NA, 1))
    assert standings.apply("b", Gone(1, LI_NA, 1))
    assert standings.of(LI_NA) is NOWHERE


def test_what_a_dead_node_told_is_forgotten() -> None:
    standings = Standings()
    standings.apply("a", said(1))
    standings.settle(LI_NA)
    for fact in standings.forget("a"):
        standings.apply("a", fact)
    standings.settle(LI_NA)
    assert standings.seen == {}
    assert standings.forget("a") == []


def test_all_the_facts_of_a_node_replace_what_it_told() -> None:
    standings = Standings()
    standings.apply("a", said(1))
    for fact in standings.correct("a", [said(2, "phone", Status.BUSY)]):
        standings.apply("a", fact)
    assert standings.of(LI_NA).own == (("phone", Status.BUSY),)


def test_a_missed_word_is_noticed_by_the_next_one_and_by_the_heartbeat() -> None:
    nodes = Nodes()
    assert nodes.hears("a", 1, now=0)
    assert not nodes.hears("a", 3, now=0)
    assert not nodes.beats("a", 3, now=0)
    nodes.told_all("a", 3, now=0)
    assert nodes.beats("a", 3, now=0)
    assert nodes.hears("a", 4, now=0)


def test_a_node_first_heard_in_the_middle_is_asked() -> None:
    assert not Nodes().hears("a", 17, now=0)
    assert not Nodes().beats("a", 17, now=0)


def test_a_node_is_dead_after_thirty_seconds_of_silence_once() -> None:
    nodes = Nodes()
    nodes.hears("a", 1, now=0)
    nodes.beats("a", 1, now=10_000)
    assert nodes.dead(10_000 + DEAD_AFTER - 1) == []
    assert nodes.dead(10_000 + DEAD_AFTER) == ["a"]
    assert nodes.dead(10**9) == []

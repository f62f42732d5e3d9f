"""The benchmark's own arithmetic: figures of windows, the verdict on two commits, and who comes to watch what."""

from typing import Any

import pytest

from protocol.ids import to_wire
from tests.bench import audience, report, staff, verdicts
from tests.bench.figures import BEST_NS, figures
from tests.bench.organisation import Organisations, Workforce
from tests.bench.scenarios import BY_NAME, SCENARIOS, Scenario
from tests.bench.verdicts import GONE, LOST, NEW, WORSE, Row

CLOSED, OPEN, IDLE = BY_NAME["direct_w16"], BY_NAME["direct_300"], BY_NAME["idle_10000"]
END = {"undelivered": 0, "disordered": 0}


def window(nth: int, **fields: Any) -> dict[str, Any]:
    made = {"window": nth, "seconds": 2.0, "connections": 100, "delivered": 1000, "server_ns": 50_000_000, "database_ns": 0, "load_ns": 1}
    return made | {"work_ns": BEST_NS, "p50_us": 1000.0, "p99_us": 3000.0, "highest_us": 9000.0} | fields


def results(field: str, *values: float, **more: float) -> list[dict[str, float]]:
    return [{field: value, **more} for value in values]


def row(scenario: Scenario, base: list[dict[str, float]], this: list[dict[str, float]], field: str) -> Row:
    return next(one for one in verdicts.rows(scenario, base, this) if one.field == field)


# ---- windows by turns


def by_turns(*tails: tuple[float, float]) -> dict[str, Any]:
    """(p99 without, p99 with the stalled reader), ms."""
    windows = []
    for nth, (without, beside) in enumerate(tails):
        windows += [window(2 * nth, p99_us=1000 * without, stalled=0), window(2 * nth + 1, p99_us=1000 * beside, stalled=1, stalls=nth)]
    return figures(windows, END, per="message", database=False)


def test_one_disturbed_window_changes_no_ratio() -> None:
    calm = by_turns((3.0, 3.3), (3.0, 3.3), (3.0, 3.3))
    disturbed = by_turns((3.0, 3.3), (3.0, 90.0), (3.0, 3.3))
    assert calm["p99_ratio"] == disturbed["p99_ratio"] == pytest.approx(1.1)
    assert disturbed["p99_ratios"] == [1.1, 30.0, 1.1]


def test_a_machine_that_grows_slow_changes_no_ratio() -> None:
    assert by_turns((3.0, 3.0), (6.0, 6.0), (12.0, 12.0))["p99_ratio"] == 1.0


def test_cpu_is_of_windows_with_nothing_beside() -> None:
    made = figures([window(0), window(1, beside=True, server_ns=500_000_000)], END, per="message", database=False)
    assert made["cpu_us"] == 50.0


# ---- two commits


def test_the_median_of_the_turns_is_judged() -> None:
    found = row(CLOSED, results("cpu_us", 40, 41, 42, 43, 400), results("cpu_us", 45, 1, 44, 46, 45), "cpu_us")
    assert (found.base, found.this, found.word) == (42, 45, "")


@pytest.mark.parametrize(("cpu", "word"), [(109.0, ""), (110.0, ""), (110.2, WORSE), (10.0, "")])
def test_over_a_tenth_more_cpu_is_worse(cpu: float, word: str) -> None:
    assert row(CLOSED, results("cpu_us", 100, 100, 100), results("cpu_us", cpu, cpu, cpu), "cpu_us").word == word


def test_memory_is_what_idle_connections_are_judged_by() -> None:
    found = verdicts.rows(IDLE, results("kib_per_connection", 14.0, cpu_us=1), results("kib_per_connection", 16.0, cpu_us=9))
    assert [(one.field, one.word) for one in found] == [("kib_per_connection", WORSE)]


def test_a_tail_is_worse_where_no_reading_of_it_was_as_good_as_the_base() -> None:
    base = results("p99_ms", 3.0, 3.2, 9.0, 3.1, 3.0)
    wandering = row(OPEN, base, results("p99_ms", 3.0, 8.0, 9.0, 8.0, 8.0), "p99_ms")
    worse = row(OPEN, base, results("p99_ms", 3.6, 3.6, 3.7, 3.5, 3.9), "p99_ms")
    assert (wandering.word, worse.word) == ("", WORSE)


def test_a_scenario_that_one_side_has_not_is_told_and_does_not_fail() -> None:
    there = results("cpu_us", 40.0)
    found = [row(CLOSED, [], there, "cpu_us"), row(CLOSED, there, [], "cpu_us")]
    assert [one.word for one in found] == [NEW, GONE]
    assert verdicts.verdict(found) == ""


def test_lost_messages_fail_however_fast_it_was() -> None:
    found = verdicts.rows(CLOSED, results("cpu_us", 40.0), results("cpu_us", 20.0, undelivered=1))
    assert [one.word for one in found] == ["", LOST]
    assert verdicts.verdict(found) == "worse: direct_w16.undelivered (1.000)"


def test_the_verdict_names_what_is_worse_and_by_how_much() -> None:
    found = [Row("direct_w1", "cpu_us", 50.0, 49.0, ""), Row("direct_w16", "cpu_us", 40.0, 50.0, WORSE)]
    assert verdicts.verdict(found) == "worse: direct_w16.cpu_us by 25 %"
    assert verdicts.verdict(found[:1]) == ""


def test_the_table_has_the_ratio_of_each() -> None:
    lines = verdicts.table([Row("direct_w16", "cpu_us", 40.0, 50.0, WORSE), Row("search_100000", "p99_ms", None, 46.0, NEW)]).splitlines()
    assert lines[1].split() == ["direct_w16", "cpu_us", "40.000", "50.000", "1.250", "WORSE"]
    assert lines[2].split() == ["search_100000", "p99_ms", "46.000", "new"]


def test_turns_alternate_and_the_base_begins() -> None:
    assert verdicts.order(2) == ["base", "this", "base", "this"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_scenario_is_judged_by_something(scenario: Scenario) -> None:
    assert verdicts.judged_fields(scenario)


@pytest.mark.parametrize(
    ("tags", "commits", "base"),
    [(["v2", "v1"], ["c"], "v2"), ([], ["head", "before"], "before"), ([], ["before", "first"], "before"), ([], ["head"], None)],
)
def test_the_base_is_the_last_release(tags: list[str], commits: list[str], base: str | None) -> None:
    assert verdicts.base_of(tags, commits, "head") == base


def test_an_environment_is_used_again_where_the_same_packages_are_required() -> None:
    one = {"run.txt": "# made by a tool\nmsgspec==0.22.0\ntwisted==26.10.0\n"}
    assert verdicts.same_requirements(one, {"run.txt": "twisted==26.10.0\n\nmsgspec==0.22.0  # pinned\n"})
    assert not verdicts.same_requirements(one, {"run.txt": "msgspec==0.21.0\ntwisted==26.10.0\n"})


# ---- who is searched for


def test_the_concealed_are_the_hidden_and_the_last_branch() -> None:
    last = staff.SEARCHED.leaves - 1
    assert staff.is_concealed(7 * staff.HIDDEN_EACH)
    assert staff.is_concealed(last)
    assert not staff.is_concealed(7 * staff.HIDDEN_EACH + 1)


def test_searchers_may_be_found_and_see_all_or_one_branch() -> None:
    searchers = staff.searchers()
    assert not any(staff.is_concealed(nth) for nth, _ in searchers)
    assert {within is None for _, within in searchers} == {True, False}
    assert staff.SEARCHED.levels[0] - 1 not in {within for _, within in searchers}


def test_a_workbook_has_heads_and_as_many_rows_as_wished() -> None:
    heads, *rows = staff.roster(50, "Acme")
    assert list(heads) == list(staff.HEADS)
    assert len({row[1] for row in rows}) == len(rows) == 50
    assert all(len(row) == len(heads) and row[2].startswith("Acme / ") for row in rows)


# ---- who comes, and what he watches


def force(people: int, units: int) -> Workforce:
    root, branch, other, *ids = [to_wire(nth + 1) for nth in range(people + units + 3)]
    leaves, members = ids[:units], ids[units:]
    tokens = [f"token{nth}" for nth in range(people)]
    numbers = [str(100_001 + nth) for nth in range(people)]
    return Workforce("acme", 1, root, leaves, [[root, (branch, other)[nth % 2]] for nth in range(units)], members, numbers, tokens)


def made(people: int, units: int) -> Organisations:
    one = force(people, units)
    return Organisations(one, one, one, one, pairs=[], nothing_new="sync", messages=0, conversations=0)


@pytest.mark.parametrize(("people", "units"), [(10, 4), (12, 4), (3, 3)])
def test_everybody_watches_the_unit_that_he_is_in(people: int, units: int) -> None:
    there = made(people, units)
    lists = audience.returning(there, people)
    for nth, (line, watched) in enumerate(zip(lists["cast"], lists["watch"], strict=True)):
        _, place, *_ = line.split()
        first, count, own = watched.partition("/")[0].split()
        assert lists["members"][int(place)] == f"{there.staff.members[nth]} {own}"
        inside = lists["members"][int(first) : int(first) + int(count)]
        assert [one.split()[1] for one in inside] == [own] * int(count)
        assert int(first) <= int(place) < int(first) + int(count)


def test_the_root_is_the_last_whose_counts_are_watched() -> None:
    there = made(10, 4)
    watched = [*audience.returning(there, 10)["watch"], *audience.one_tree(there)["watch"]]
    assert {line.split("/")[1].split()[-1] for line in watched} == {there.staff.root}


def test_all_of_one_tree_watch_all_of_it() -> None:
    there = made(10, 4)
    (watched,) = set(audience.one_tree(there)["watch"])
    assert watched.split("/")[0].split() == ["0", "10", *there.tree.units]


def test_every_hundredth_who_arrives_comes_by_password_behind_those_who_talk() -> None:
    there = made(300, 4)
    lists = audience.arriving(there, ["talking - 0 sync -", "listening - 0 sync -"], 200)
    assert lists["watch"][:2] == ["", ""]
    by_password = [line.split()[0] for line in lists["cast"] if line.startswith("@")]
    assert by_password == [f"@{there.staff.numbers[99]}", f"@{there.staff.numbers[199]}"]
    assert len(lists["cast"]) == len(lists["watch"]) == 202


# ---- a storm


def test_the_worst_window_of_a_storm_is_its_figure() -> None:
    calm = {"arrived": 500, "waiting": 0, "arrival_p50_us": 4000.0, "arrival_p99_us": 9000.0}
    worse = calm | {"p99_us": 48_000.0, "server_ns": 900_000_000, "waiting": 70}
    found = figures([window(0, **calm), window(1, **worse), window(2, **calm)], END, per="arrival", database=False)
    assert (found["p99_ms"], found["core_share"], found["waiting"]) == (48.0, 0.45, [0, 70, 0])
    assert found["cpu_us"] == 100.0


def test_presence_is_counted_by_the_states_that_frames_carry() -> None:
    fields = {"delivered": 20_000, "server_ns": 100_000_000, "changes": 40, "frames_per_second": 1000.0, "bytes_per_second": 240_000.0}
    found = figures([window(0, **fields)], END, per="message", database=False)
    assert (found["cpu_us"], found["frames_per_second"], found["changes_per_second"]) == (5.0, 1000.0, 20.0)


def test_what_was_scaled_down_is_said_and_what_a_scenario_tells_besides() -> None:
    storm = {"scenario": "sign_in_storm", "p99_ms": 9.0, "waiting": [1, 2], "scaled": "10 s of 120"}
    told = report.besides([{"scenario": "direct_w16", "p99_ms": 9.0}, storm])
    assert told == "sign_in_storm: waiting [1, 2], scaled down to a quick run's 10 s of 120: no figure to compare"

"""The wheel: alarms ring once, not too early, and one that fails harms no other."""

from collections.abc import Callable

import pytest

from server.wheel import SLOTS, Alarm, Wheel


class HandTurnedLoop:
    """Keeps what a loop would be asked to call, and calls it when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, Callable[[], object]]] = []

    def call_later(self, seconds: float, call: Callable[[], object]) -> None:
        self.asked.append((seconds, call))

    def go(self, times: int) -> None:
        for _ in range(times):
            asked, self.asked = self.asked, []
            for _, call in asked:
                call()


def wheel_of_quarters() -> tuple[HandTurnedLoop, Wheel]:
    loop = HandTurnedLoop()
    return loop, Wheel(loop.call_later, tick=0.25)


def test_an_alarm_rings_once_and_not_before_its_time() -> None:
    loop, wheel = wheel_of_quarters()
    rung: list[int] = []
    wheel.alarm(lambda: rung.append(wheel.ticks)).set(1.0)
    loop.go(4)
    assert rung == []
    loop.go(300)
    assert rung == [5]


def test_an_alarm_may_lie_further_than_the_wheel_is_round() -> None:
    loop, wheel = wheel_of_quarters()
    rung: list[int] = []
    wheel.alarm(lambda: rung.append(wheel.ticks)).set(SLOTS * 0.25 * 3)
    loop.go(SLOTS * 3)
    assert rung == []
    loop.go(1)
    assert rung == [SLOTS * 3 + 1]


def test_a_stopped_alarm_is_silent_and_a_new_setting_replaces_the_old() -> None:
    loop, wheel = wheel_of_quarters()
    rung: list[str] = []
    stopped, moved = wheel.alarm(lambda: rung.append("stopped")), wheel.alarm(lambda: rung.append("moved"))
    stopped.set(1)
    moved.set(1)
    stopped.stop()
    moved.set(2)
    loop.go(8)
    assert rung == []
    loop.go(100)
    assert rung == ["moved"]


def test_an_alarm_may_set_itself_again_when_it_rings() -> None:
    loop, wheel = wheel_of_quarters()
    rung: list[int] = []

    def ring() -> None:
        rung.append(wheel.ticks)
        alarm.set(0.5)

    alarm = wheel.alarm(ring)
    alarm.set(0.5)
    loop.go(9)
    assert rung == [3, 6, 9]


def test_of_two_alarms_due_together_the_first_may_stop_the_second() -> None:
    loop, wheel = wheel_of_quarters()
    rung: list[str] = []
    alarms: dict[str, Alarm] = {}

    def ring(name: str, other: str) -> None:
        rung.append(name)
        alarms[other].stop()

    alarms["a"] = wheel.alarm(lambda: ring("a", "b"))
    alarms["b"] = wheel.alarm(lambda: ring("b", "a"))
    for alarm in alarms.values():
        alarm.set(1)
    loop.go(10)
    assert len(rung) == 1


def test_an_alarm_that_fails_is_logged_and_the_others_ring(caplog: pytest.LogCaptureFixture) -> None:
    loop, wheel = wheel_of_quarters()
    rung: list[bool] = []
    wheel.alarm(lambda: 1 // 0).set(1)
    wheel.alarm(lambda: rung.append(True)).set(1)
    loop.go(10)
    assert rung == [True]
    assert "ZeroDivisionError" in caplog.text


def test_a_wheel_without_alarms_asks_nothing_of_the_loop() -> None:
    loop, wheel = wheel_of_quarters()
    assert loop.asked == []
    wheel.alarm(lambda: None).set(1)
    wheel.alarm(lambda: None).set(2)
    assert len(loop.asked) == 1
    loop.go(20)
    assert loop.asked == []

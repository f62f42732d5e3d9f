import threading

import pytest

from server.clock import ManualClock, SystemClock, processor_seconds


def test_the_time_is_in_milliseconds_and_later_than_this_file() -> None:
    assert SystemClock().now() > 1_767_225_600_000  # the first second of 2026


def test_measured_time_does_not_go_back() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()


def test_a_manual_clock_stands_still_until_it_is_told() -> None:
    clock = ManualClock(now=5_000)
    assert (clock.now(), clock.monotonic()) == (5_000, 0.0)
    clock.advance(1_500)
    assert (clock.now(), clock.monotonic()) == (6_500, 1.5)


def test_a_manual_clock_refuses_to_go_back_unless_it_is_set() -> None:
    clock = ManualClock(now=5_000)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
    clock.set(1_000)
    assert (clock.now(), clock.monotonic()) == (1_000, 0.0)


def test_work_of_this_thread_shows_in_its_processor_time() -> None:
    before = processor_seconds(threading.get_ident())
    sum(range(300_000))
    assert processor_seconds(threading.get_ident()) > before

"""The stopwatch adds up what each stage took, whatever happens in it."""

from __future__ import annotations

import time

import pytest

from bot.timing import Stopwatch


def test_a_stage_entered_twice_adds_up() -> None:
    watch = Stopwatch()
    for _ in range(2):
        with watch.stage("search"):
            time.sleep(0.01)
    # two sleeps of 10 ms each; a sleep never ends early by more than the clock's grain
    assert watch.read()["search"] >= 19


def test_stages_are_kept_apart_and_the_total_covers_them() -> None:
    watch = Stopwatch()
    with watch.stage("a"):
        time.sleep(0.005)
    with watch.stage("b"):
        pass
    times = watch.read()
    assert set(times) == {"a", "b", "total"}
    assert times["a"] > times["b"] >= 0
    assert times["total"] >= times["a"]


def test_a_stage_that_fails_is_counted_and_its_error_goes_on() -> None:
    watch = Stopwatch()
    with pytest.raises(KeyError), watch.stage("broken"):
        raise KeyError("x")
    assert "broken" in watch.read()


def test_the_total_runs_from_the_start_and_readings_do_not_stop_it() -> None:
    watch = Stopwatch()
    first = watch.read()["total"]
    time.sleep(0.005)
    assert watch.read()["total"] > first


def test_a_reading_is_a_copy() -> None:
    watch = Stopwatch()
    watch.read()["total"] = -1
    assert watch.read()["total"] >= 0

"""The service watches itself: the clock that was set, the seconds that come late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kapmonitor.alarms.selfcheck import ClockWatch, LoadWatch
from kapmonitor.model import Moment

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def moment(at: float, ahead_s: float = 0.0) -> Moment:
    """`at` seconds after noon, on a wall clock that is `ahead_s` ahead."""
    return Moment(at, NOON + timedelta(seconds=at + ahead_s))


@pytest.mark.parametrize(("step", "found"), [(2.0, False), (2.1, True), (-2.1, True), (3600, True)])
def test_a_clock_that_is_set_by_more_than_two_seconds_is_said_once(step: float, *, found: bool) -> None:
    watch = ClockWatch()
    said = [watch.tick(moment(at, 0.0 if at < 3 else step)) for at in range(6)]
    assert [each is not None for each in said] == [False, False, False, found, False, False]


def test_both_times_are_named() -> None:
    watch = ClockWatch()
    watch.tick(moment(0))
    problem = watch.tick(moment(1, 3600))
    assert problem is not None
    assert problem.detail == "3600 s forward, 2026-11-21T12:00:01.000Z became 2026-11-21T13:00:01.000Z"


def test_a_clock_that_is_slewed_is_well_however_far_it_goes() -> None:
    watch = ClockWatch()
    assert not any(watch.tick(moment(at, at * 0.01)) for at in range(10_000))


def test_a_late_tick_is_no_clock_step() -> None:
    watch = ClockWatch()
    assert not any(watch.tick(moment(at)) for at in (0, 1, 30, 31))


def lateness(*late: float) -> list[bool]:
    """One tick a second, each so late."""
    watch = LoadWatch()
    return [watch.tick(each, float(at)) is not None for at, each in enumerate(late)]


def test_seconds_that_are_late_for_five_seconds_are_an_overload() -> None:
    assert lateness(*[0.6] * 6) == [False] * 5 + [True]
    assert not any(lateness(*[0.5] * 100))


def test_one_stall_of_five_seconds_is_an_overload() -> None:
    assert lateness(0, 5.0) == [False, True]
    assert lateness(0, 4.9, 0) == [False, False, False]


def test_it_is_over_after_five_seconds_in_time() -> None:
    assert lateness(6, *[0] * 7) == [True] * 6 + [False] * 2
    assert all(lateness(6, 0, 0, 0, 0.7, 0, 0, 0, 0.7, 0, 0))

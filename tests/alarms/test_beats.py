"""A strap whose beats never change has frozen; one that sends none is left alone."""

from __future__ import annotations

from collections.abc import Sequence

from kapmonitor.alarms.beats import FrozenBeats
from kapmonitor.model import Quality, Reading, missing, reading

RATE = reading("heart_rate", 70)


def counts(beats: Sequence[float | None]) -> list[bool]:
    """One RR interval (None: none came) and a rate a second: whether the rate counts."""
    strap, found = FrozenBeats(), list[bool]()
    for second, rr in enumerate(beats):
        if rr is not None:
            strap.judge(reading("rr_interval", rr), float(second))
        found.append(strap.judge(RATE, float(second)).counts)
    return found


def test_after_a_minute_of_the_same_beat_the_strap_is_doubted() -> None:
    assert counts([857.0] * 62) == [True] * 60 + [False] * 2


def test_it_says_why() -> None:
    strap = FrozenBeats()
    for second in range(61):
        strap.judge(reading("rr_interval", 857), float(second))
    assert strap.judge(RATE, 60.0) == Reading("heart_rate", 70, Quality.QUESTIONABLE, "frozen")


def test_one_beat_that_differs_is_a_heart_again() -> None:
    assert counts([857.0] * 61 + [858.0])[-2:] == [False, True]


def test_without_rr_intervals_nothing_changes() -> None:
    assert all(counts([None] * 200))


def test_beats_that_stopped_coming_say_nothing_any_more() -> None:
    assert all(counts([857.0] * 40 + [None] * 60))
    assert all(counts([857.0] * 40 + [None] * 10 + [857.0] * 40))


def test_others_are_left_alone() -> None:
    strap = FrozenBeats()
    for second in range(70):
        strap.judge(reading("rr_interval", 857), float(second))
    for one in (reading("pulse_rate", 70), reading("spo2", 97), missing("heart_rate", "no_contact")):
        assert strap.judge(one, 70.0) is one

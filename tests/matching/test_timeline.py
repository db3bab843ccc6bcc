"""What is kept of a wave and of beats has an end, whoever else is there or asks."""

from __future__ import annotations

from kapmonitor.matching.beats import Beats
from kapmonitor.matching.timeline import Timeline


def test_no_more_is_kept_than_is_looked_at() -> None:
    """A strap that stays away, and rooms without one, keep nothing of the oximeter either."""
    timeline, beats = Timeline(60.0, 20.0), Beats(20.0)
    for tenth in range(6000):
        timeline.add([1.0] * 6, tenth / 10)
    for second in range(600):
        beats.add([1.0 + (second % 7 - 3) / 1000], float(second))
    values, times = timeline.samples()
    assert 19 <= times[-1] - times[0] <= 21
    assert len(values) == len(times) <= 21 * 60
    assert 18 <= beats.at[-1] - beats.at[0] <= 21


def test_samples_are_spread_over_the_time_in_which_they_were_taken() -> None:
    timeline = Timeline(10.0, 20.0)
    for second in range(1, 11):
        timeline.add(list(range(10)), second + 0.3)
    values, times = timeline.samples()
    assert values.tolist() == list(range(10)) * 10
    assert abs(times[0] - (1.3 - 0.9)) < 1e-9
    assert abs(times[-1] - 10.3) < 1e-9

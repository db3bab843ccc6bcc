"""The display filter: right by hand, right by a naive reference, honest about its delay, and never stale."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.smoothing import Smoothed, Smoother

CHANNELS = ("heart_rate", "pulse_rate", "spo2", "perfusion_index")
TAU_S = 3.0
FRESH_S = 5.0


def shown(smoothed: Smoothed, channel: str) -> float:
    return float(smoothed.values[smoothed.channels.index(channel)])


def delay(smoothed: Smoothed, channel: str) -> float:
    return float(smoothed.delay_s[smoothed.channels.index(channel)])


def test_one_outlier_in_five_is_not_shown() -> None:
    smoother = Smoother(CHANNELS)
    for second, value in enumerate([97.0, 97.0, 60.0, 97.0, 98.0]):
        smoother.put("spo2", value, float(second))
    smoothed = smoother.tick(4.0)
    assert shown(smoothed, "spo2") == 97.0
    assert smoothed.raw[2] == 98.0
    assert smoothed.age_s[2] == 0.0


def test_the_average_moves_by_its_time_constant() -> None:
    smoother = Smoother(("spo2",), window=1)
    smoother.put("spo2", 90.0, 0.0)
    assert shown(smoother.tick(0.0), "spo2") == 90.0
    smoother.put("spo2", 96.0, 1.0)
    assert shown(smoother.tick(1.0), "spo2") == pytest.approx(91.70081214)  # 90 + 6 * (1 - exp(-1/3))
    smoother.put("spo2", 96.0, 3.0)
    assert shown(smoother.tick(3.0), "spo2") == pytest.approx(93.79272735)  # 96 - 6 * exp(-3/3)


def test_of_two_values_the_median_is_their_middle() -> None:
    smoother = Smoother(("heart_rate",))
    smoother.put("heart_rate", 70.0, 0.0)
    smoother.put("heart_rate", 80.0, 1.0)
    smoothed = smoother.tick(1.0)
    assert shown(smoothed, "heart_rate") == 75.0
    assert delay(smoothed, "heart_rate") == 0.5


def test_a_channel_that_never_had_a_value_shows_none() -> None:
    smoother = Smoother(CHANNELS)
    smoother.put("spo2", 97.0, 0.0)
    smoothed = smoother.tick(0.0)
    for row in (smoothed.values, smoothed.raw, smoothed.age_s, smoothed.delay_s):
        assert np.isnan(row[[0, 1, 3]]).all()
        assert np.isfinite(row[2])


def test_a_value_is_shown_until_it_is_no_longer_fresh_and_never_after() -> None:
    smoother = Smoother(CHANNELS)
    smoother.put("spo2", 97.0, 10.0)
    smoother.put("heart_rate", 70.0, 12.0)
    assert shown(smoother.tick(15.0), "spo2") == 97.0
    late = smoother.tick(15.001)
    assert math.isnan(shown(late, "spo2"))
    assert math.isnan(delay(late, "spo2"))
    assert shown(late, "heart_rate") == 70.0
    assert late.age_s[2] == pytest.approx(5.001)


def test_values_that_are_no_longer_fresh_leave_the_median() -> None:
    smoother = Smoother(("spo2",))
    for second in range(4):
        smoother.put("spo2", 97.0, float(second))
    smoother.put("spo2", 85.0, 8.5)
    assert shown(smoother.tick(8.5), "spo2") == 85.0


def test_after_a_long_gap_the_average_starts_anew() -> None:
    smoother = Smoother(("spo2",))
    smoother.put("spo2", 97.0, 0.0)
    smoother.tick(0.0)
    smoother.put("spo2", 85.0, 9.1)
    smoothed = smoother.tick(9.1)
    assert shown(smoothed, "spo2") == 85.0
    assert delay(smoothed, "spo2") == 0.0


def test_after_a_short_gap_the_average_goes_on_over_the_real_time() -> None:
    smoother = Smoother(("spo2",))
    smoother.put("spo2", 97.0, 0.0)
    smoother.tick(0.0)
    assert math.isnan(shown(smoother.tick(7.0), "spo2"))
    smoother.put("spo2", 85.0, 8.0)
    assert shown(smoother.tick(8.0), "spo2") == pytest.approx(85.0 + 12.0 * math.exp(-8.0 / 3.0))


def test_the_delay_at_one_value_a_second_is_two_and_a_half_and_two_seconds() -> None:
    smoother = Smoother(("spo2",))
    smoothed = smoother.tick(0.0)
    for second in range(60):
        smoother.put("spo2", 100.0 - second, float(second))
        smoothed = smoother.tick(float(second))
    lag_on_the_ramp = shown(smoothed, "spo2") - smoothed.raw[0]
    assert lag_on_the_ramp == pytest.approx(2.0 + 1.0 / math.expm1(1.0 / 3.0))
    assert delay(smoothed, "spo2") == pytest.approx(lag_on_the_ramp)


@given(
    st.lists(st.tuples(st.floats(0.01, 8.0), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 9),
    st.floats(0.5, 20.0),
)
def test_on_a_ramp_the_stated_delay_is_the_measured_one_however_irregular(
    steps: list[tuple[float, bool]], window: int, tau_s: float
) -> None:
    """A value that changes by 0.5 a second is shown as it was `delay_s` before the newest reading."""
    smoother = Smoother(("heart_rate",), window=window, tau_s=tau_s)
    now = 1000.0
    for wait, tick_too in steps:
        now += wait
        smoother.put("heart_rate", 0.5 * now, now)
        if tick_too:
            smoothed = smoother.tick(now)
            assert shown(smoothed, "heart_rate") == pytest.approx(
                0.5 * (now - delay(smoothed, "heart_rate")), abs=1e-9
            )
            assert delay(smoothed, "heart_rate") >= -1e-9


@dataclass
class NaiveChannel:
    """The same filter as a person would write it down: np.median over a list, one channel, no ring."""

    window: int
    readings: list[tuple[float, float]] = field(default_factory=list)
    average: float = math.nan
    ticked_at: float = math.nan
    newest_then: float = math.nan

    def tick(self, now: float) -> float:
        recent = self.readings[-self.window :]
        fresh = [value for value, at in recent if now - at <= FRESH_S]
        if not fresh:
            return math.nan
        median = float(np.median(fresh))
        newest_at = recent[-1][1]
        if math.isnan(self.average) or newest_at - self.newest_then > 3 * TAU_S:
            self.average = median
        else:
            alpha = 1.0 - math.exp(-(now - self.ticked_at) / TAU_S)
            self.average += alpha * (median - self.average)
        self.ticked_at, self.newest_then = now, newest_at
        return self.average


PUT = st.tuples(st.sampled_from(CHANNELS), st.floats(20, 250))


@given(st.lists(st.tuples(st.floats(0.0, 7.0), st.none() | PUT), max_size=120), st.integers(1, 7))
def test_all_channels_at_once_give_what_each_gives_alone(
    script: list[tuple[float, tuple[str, float] | None]], window: int
) -> None:
    """Whatever comes when, the array form equals the naive one (None in the script = a tick)."""
    smoother = Smoother(CHANNELS, window=window)
    naive = {channel: NaiveChannel(window) for channel in CHANNELS}
    now = 0.0
    for wait, step in script:
        now += wait
        if step is not None:
            smoother.put(*step, now)
            naive[step[0]].readings.append((step[1], now))
            continue
        expected = [naive[channel].tick(now) for channel in CHANNELS]
        np.testing.assert_allclose(smoother.tick(now).values, expected, rtol=0, atol=1e-9)


def test_what_was_handed_out_does_not_change_with_the_next_tick() -> None:
    smoother = Smoother(CHANNELS)
    smoother.put("spo2", 97.0, 0.0)
    first = smoother.tick(0.0)
    kept = [row.copy() for row in (first.values, first.raw, first.age_s, first.delay_s)]
    smoother.put("spo2", 80.0, 1.0)
    smoother.tick(1.0)
    for now_there, then in zip((first.values, first.raw, first.age_s, first.delay_s), kept, strict=True):
        np.testing.assert_array_equal(now_there, then)


def test_a_late_value_does_not_become_the_newest() -> None:
    smoother = Smoother(("spo2",))
    smoother.put("spo2", 97.0, 5.0)
    smoother.put("spo2", 60.0, 4.0)
    smoothed = smoother.tick(5.0)
    assert shown(smoothed, "spo2") == 97.0
    assert smoothed.raw[0] == 97.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="spo2"):
        Smoother(("spo2",)).put("spo2", value, 0.0)


@pytest.mark.parametrize(
    ("channels", "window", "tau_s"),
    [
        (("spo3",), 5, 3.0),
        (("spo2", "spo2"), 5, 3.0),
        (("spo2",), 0, 3.0),
        (("spo2",), 5, 0.0),
        (("spo2",), 5, math.nan),
    ],
)
def test_a_filter_that_cannot_be_is_refused(channels: tuple[str, ...], window: int, tau_s: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Smoother(channels, window=window, tau_s=tau_s)


@pytest.mark.parametrize(
    ("value", "raw", "expected"),
    [
        (95.0, 87.0, 87.0),  # both limits between
        (90.0, 91.0, 90.0),  # both on the same side
        (91.6, 91.0, 91.0),  # prints as 92, which does not break the limit that the raw value breaks
        (91.4, 92.0, 92.0),  # shown below the limit while raw is on it
        (92.4, 92.0, 92.4),  # both print as 92
        (92.5, 93.0, 93.0),  # rounds to 92, which is on the limit
        (math.nan, 85.0, math.nan),  # stale stays stale
    ],
)
def test_where_a_limit_lies_between_raw_is_shown(value: float, raw: float, expected: float) -> None:
    channels = ("spo2", "pulse_rate")
    limits = np.array([[92.0, np.nan], [88.0, np.nan]])
    smoothed = Smoothed(
        channels,
        values=np.array([value, 70.0]),
        raw=np.array([raw, 150.0]),
        age_s=np.zeros(2),
        delay_s=np.array([4.5, 4.5]),
    )
    followed = smoothed.following(limits)
    np.testing.assert_array_equal(followed.values, [expected, 70.0])
    assert followed.delay_s[0] == (4.5 if np.array_equal(expected, value, equal_nan=True) else 0.0)
    assert followed.delay_s[1] == 4.5


def test_without_limits_everything_stays_smoothed() -> None:
    smoother = Smoother(CHANNELS)
    smoother.put("spo2", 97.0, 0.0)
    smoother.tick(0.0)
    smoother.put("spo2", 85.0, 1.0)
    smoothed = smoother.tick(1.0)
    followed = smoothed.following(np.empty((0, len(CHANNELS))))
    np.testing.assert_array_equal(followed.values, smoothed.values)

"""RMSSD of the last minute: by hand, against a recomputation, with ectopic beats, jumps, gaps and silence."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.model import Route
from kapmonitor.smoothing import RrVariability, Variability
from simulators.physiology import Body


def feed(intervals_ms: list[float], start: float = 0.0) -> tuple[RrVariability, float]:
    """A strap that reports each beat when it comes; what it made, and when the last one came."""
    variability, now = RrVariability(), start
    for rr_ms in intervals_ms:
        now += rr_ms / 1000
        variability.add(rr_ms, now)
    return variability, now


def test_beats_that_alternate_by_20_ms_have_an_rmssd_of_20() -> None:
    variability, now = feed([800.0, 820.0] * 15)
    assert variability.value(now) == Variability(20.0, 0.0, 25)


def test_rmssd_by_hand() -> None:
    """21 differences: 20 of 10 ms and one of 30 ms: sqrt((20 * 100 + 900) / 21)."""
    variability, now = feed([800.0] * 5 + [800.0, 810.0] * 10 + [800.0, 830.0])
    assert variability.value(now).rmssd_ms == pytest.approx(math.sqrt(2900 / 21))


def test_too_few_beats_give_no_number() -> None:
    variability, now = feed([800.0] * 5 + [800.0] * 20)  # 19 differences between 20 accepted beats
    assert variability.value(now) == Variability(None, 0.0, 20)
    variability.add(800.0, now + 0.8)
    assert variability.value(now + 0.8) == Variability(0.0, 0.0, 21)


def test_no_beat_at_all_gives_no_number() -> None:
    assert RrVariability().value(0.0) == Variability(None, 0.0, 0)


def test_a_strap_that_fell_silent_shows_no_last_number() -> None:
    variability, now = feed([800.0, 820.0] * 30)
    assert variability.value(now + 5.0).rmssd_ms == pytest.approx(20.0)
    assert variability.value(now + 5.1).rmssd_ms is None
    assert variability.value(now + 60.0) == Variability(None, 0.0, 0)


def test_an_ectopic_beat_and_its_pause_are_left_out() -> None:
    """Early beat and compensatory pause: both rejected, and no difference is taken to or from either."""
    variability, now = feed([800.0, 820.0] * 15 + [480.0, 1140.0] + [820.0, 800.0] * 10)
    value = variability.value(now)
    assert value.rmssd_ms == pytest.approx(20.0)
    assert value.rejected == pytest.approx(2 / 47)


def test_a_burst_of_ectopic_beats_blanks_the_number_until_it_is_a_fifth() -> None:
    variability, now = feed([800.0] * 40 + [480.0, 1140.0] * 4)
    assert variability.value(now).rmssd_ms is not None
    for rr_ms in [480.0, 1140.0] * 2:
        now += rr_ms / 1000
        variability.add(rr_ms, now)
    value = variability.value(now)
    assert value.rejected > 0.2
    assert value.rmssd_ms is None


@pytest.mark.parametrize(
    ("rr_ms", "rejected"), [(960.0, False), (960.001, True), (640.0, False), (639.999, True)]
)
def test_twenty_percent_is_where_an_artefact_begins(rr_ms: float, rejected: bool) -> None:  # noqa: FBT001 - a column of the table
    variability, now = feed([800.0] * 30 + [rr_ms])
    assert (variability.value(now).rejected > 0) is rejected


def test_a_real_jump_from_70_to_150_is_believed_after_three_beats() -> None:
    variability, now = feed([857.0] * 40 + [400.0] * 30)
    value = variability.value(now)
    assert round(value.rejected * value.beats) == 3
    assert value.rmssd_ms == 0.0


def test_beats_on_both_sides_of_a_gap_are_no_pair() -> None:
    variability = RrVariability()
    for k in range(35):
        variability.add(800.0, 0.8 * k)
    for k in range(20):
        variability.add(900.0, 40.0 + 0.9 * k)
    assert variability.value(57.1).rmssd_ms == 0.0


def test_beats_that_come_in_one_report_are_neighbours() -> None:
    variability = RrVariability()
    for report in range(30):
        variability.add(500.0, float(report))
        variability.add(510.0, float(report))
    assert variability.value(29.0).rmssd_ms == pytest.approx(10.0)


def recomputed(intervals: list[tuple[float, float]], now: float) -> float | None:
    """RMSSD from all beats ever, written down anew: no sums kept, no window kept."""
    judged = []
    for k in range(5, len(intervals)):
        median = sorted(rr for rr, _ in intervals[k - 5 : k])[2]
        judged.append((*intervals[k], abs(intervals[k][0] - median) <= 0.2 * median + 1e-9))
    recent = [k for k, (_, at, _) in enumerate(judged) if at > now - 60.0]
    squares = [
        (judged[k][0] - judged[k - 1][0]) ** 2
        for k in recent
        if k
        and judged[k][2]
        and judged[k - 1][2]
        and judged[k][1] - judged[k - 1][1] <= judged[k][0] / 1e3 + 2
    ]
    rejected = sum(not judged[k][2] for k in recent)
    if len(squares) < 20 or rejected > 0.2 * len(recent):
        return None
    return math.sqrt(math.fsum(squares) / len(squares))


RR_MS = st.integers(200_000, 3_000_000).map(lambda microseconds: microseconds / 1000)
STEADY_RR_MS = st.integers(700_000, 900_000).map(lambda microseconds: microseconds / 1000)
# One interval in 20 is anything possible, one in 40 comes after 3 s without a beat.
BEAT = st.tuples(
    st.integers(0, 19).flatmap(lambda k: RR_MS if k == 7 else STEADY_RR_MS),
    st.integers(0, 39).map(lambda k: 3.0 if k == 7 else 0.0),
)


@given(st.lists(BEAT, min_size=30, max_size=120))
def test_kept_up_beat_by_beat_it_equals_a_recomputation(beats: list[tuple[float, float]]) -> None:
    variability, now, seen = RrVariability(), 0.0, []
    for rr_ms, missing_s in beats:
        now += rr_ms / 1000 + missing_s
        variability.add(rr_ms, now)
        seen.append((rr_ms, now))
        expected = recomputed(seen, now)
        got = variability.value(now).rmssd_ms
        assert got == (expected if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-9))


def test_ten_hours_of_beats_leave_no_drift() -> None:
    variability, now = feed([800.0, 950.0, 700.0, 400.0, 1100.0] * 9000)
    for k in range(80):
        now += 0.8
        variability.add(800.0 + k % 2, now)
    assert variability.value(now).rmssd_ms == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_artefacts_in_a_real_rhythm_hardly_change_its_rmssd(seed: int) -> None:
    """3.5 % corrupted beats: without rejection RMSSD would be several times too large."""
    clean = [beat.rr_ms for beat in Body(seed, Route.SUBLINGUAL, 0.0).beats(0.0, 60.0)]
    dice = Random(seed)
    corrupted = [rr_ms * dice.choice((0.5, 1.9)) if dice.random() < 0.035 else rr_ms for rr_ms in clean]

    def rmssd(intervals: list[float]) -> float:
        squares = [(b - a) ** 2 for a, b in pairwise(intervals)]
        return math.sqrt(sum(squares) / len(squares))

    variability, now = feed(corrupted)
    assert variability.value(now).rmssd_ms == pytest.approx(rmssd(clean), rel=0.15)
    assert corrupted == clean or rmssd(corrupted) > 2 * rmssd(clean)

"""The figures of a report, against the same ones counted second by second in another way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.model import Phase, Quality
from kapmonitor.report.summary import Span, figures, holes, monitored, opened, pressures
from kapmonitor.report.times import SECOND_US, to_us
from kapmonitor.session import commands, entries
from kapmonitor.session.history import QUALITIES, Series
from tests.report.bedside import OFF, START, WELL, Bedside, at

FIRST = to_us(START)
Second = tuple[float | None, Quality]


def series(seconds: Mapping[int, Second]) -> Series:
    """SpO2 of these seconds; the others were never written."""
    times = sorted(seconds)
    found = [seconds[each] for each in times]
    return Series(
        quantity="spo2",
        unit="%",
        t_us=np.array([FIRST + each * SECOND_US for each in times], dtype=np.int64),
        value=np.array([np.nan if value is None else value for value, _ in found]),
        raw=np.array([np.nan if value is None else value for value, _ in found], dtype=np.float64),
        quality=np.array([QUALITIES.index(quality) for _, quality in found], dtype=np.uint8),
        reason=np.array([1 if value is None else 0 for value, _ in found], dtype=np.uint8),
        device=np.zeros(len(found), dtype=np.uint8),
        devices=("ox-1",),
        reasons=("", "no_finger"),
    )


def span(start: float, end: float) -> Span:
    return Span(FIRST + round(start * SECOND_US), FIRST + round(end * SECOND_US))


@given(
    st.dictionaries(
        st.integers(0, 60),
        st.tuples(st.none() | st.integers(70, 100).map(float), st.sampled_from(list(Quality))),
    ),
    st.integers(0, 30),
    st.integers(30, 60),
)
def test_every_half_second_is_in_or_out_or_missing(seconds: dict[int, Second], start: int, end: int) -> None:
    found = figures("spo2", series(seconds), [span(start, end)], (92, None), 97)
    good = below = doubtful = 0.0
    for half in range(2 * start, 2 * end):  # what is known at each half second, looked up one by one
        whole = half // 2
        here = seconds.get(whole) or (seconds.get(whole - 1) if half % 2 == 0 else None)
        if here is None or here[0] is None:
            continue
        counts = here[1] in (Quality.VALID, Quality.ONGOING)
        good += 0.5 * counts
        below += 0.5 * (counts and here[0] < 92)
        doubtful += 0.5 * (here[1] is Quality.QUESTIONABLE)
    last = max(seconds, default=None)
    if (
        last is not None and start <= last + 1 < end
    ):  # behind the last row nothing is held for longer than 1 s
        value, quality = seconds[last]
        if value is not None:
            counts = quality in (Quality.VALID, Quality.ONGOING)
            good -= 0.5 * counts
            below -= 0.5 * (counts and value < 92)
            doubtful -= 0.5 * (quality is Quality.QUESTIONABLE)
    assert found.out_s == pytest.approx(below)
    assert found.missing_s == pytest.approx(end - start - good)
    assert found.doubtful_s == pytest.approx(doubtful)
    counted = [v for t, (v, q) in seconds.items() if v is not None and q.counts and start <= t < end]
    assert found.lowest == min(counted, default=None)
    assert found.highest == max(counted, default=None)


def test_a_minute_that_was_never_written_is_missing_and_in_no_limit() -> None:
    low = dict.fromkeys(range(30), (90.0, Quality.VALID))
    well = dict.fromkeys(range(90, 120), (97.0, Quality.VALID))
    found = figures("spo2", series(low | well), [span(0, 120)], (92, None), None)
    assert (found.out_s, found.missing_s, found.total_s) == (30.5, 59.5, 120)
    assert found.missing == pytest.approx(59.5 / 120)
    [hole] = holes(series(low | well), [span(0, 120)], 10)
    assert hole.span == span(30.5, 90)


def test_what_was_never_measured_is_all_missing() -> None:
    found = figures("spo2", None, [span(0, 60)], (92, None), None)
    assert (found.missing, found.lowest, found.median, found.out_s) == (1.0, None, None, 0)
    assert [hole.reason for hole in holes(None, [span(0, 60)], 10)] == ["never_seen"]
    assert figures("spo2", None, [], (None, None), None).missing is None


def test_a_gap_has_its_most_frequent_reason() -> None:
    seconds: dict[int, Second] = dict.fromkeys(range(5, 40), (None, Quality.NOT_AVAILABLE))
    seconds |= dict.fromkeys(range(5), (97.0, Quality.VALID))
    [hole] = holes(series(seconds), [span(0, 40)], 10)
    assert hole == (span(5, 40), "no_finger")


def test_a_pressure_at_its_limit_breaks_it() -> None:
    bed = Bedside()
    for systolic in (165.0, 164.0, 90.0, 120.0):
        bed.enter(entries.Measured(id=f"n-{systolic:g}", systolic=systolic, diastolic=70))
    bed.enter(entries.Measured(id="n-0", systolic=190, diastolic=60, quality=Quality.QUESTIONABLE))
    found = pressures("systolic", bed.monitor.session, (90, 165), 118)
    assert (found.out, found.readings, found.lowest, found.highest) == (2, 4, 90, 165)


def test_the_time_monitored_is_from_the_baseline_or_first_dose_and_only_while_open() -> None:
    bed = Bedside()
    bed.body = WELL
    bed.wait(60)
    assert monitored(bed.monitor.session, bed.now.utc) == (Span(FIRST, to_us(at(60).utc)),)
    bed.do(
        commands.GiveDose(amount=60, reason="there was no time", given=bed.now.utc - timedelta(seconds=20))
    )
    bed.wait(30, OFF)
    bed.do(commands.SetPhase(phase=Phase.ABORTED, reason="unwell"))
    bed.do(commands.EndSession(reason="taken to hospital"))
    bed.second += 100
    bed.do(commands.Reopen(reason="the wrong session was ended"))
    bed.second += 10
    later = bed.now.utc + timedelta(seconds=5)
    ended, again, end = (to_us(each) for each in (at(90).utc, at(190).utc, later))
    assert opened(bed.monitor.session, later) == (Span(FIRST, ended), Span(again, end))
    assert monitored(bed.monitor.session, later) == (Span(to_us(at(40).utc), ended), Span(again, end))

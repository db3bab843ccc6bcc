"""What a session's numbers come to: their range, how long out of limits, how much is missing. Pure.

A row of a series stands for the time until the next one, at most `HOLD_US`: so a second that was never
written is missing, and a service that was away has measured nothing. What counts is what an alarm may be
judged by (`Quality.counts`), as it was read and not as it was smoothed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from kapmonitor.alarms.shown import NO_LIMITS, Limits
from kapmonitor.model import Quality
from kapmonitor.report.times import SECOND_US, to_us
from kapmonitor.session import entries
from kapmonitor.session.history import QUALITIES, Series
from kapmonitor.session.record import happened
from kapmonitor.session.session import Session

HOLD_US = 1_500_000
"""A row is written every second; for longer than this it says nothing of what was."""
_COUNTING = np.array([quality.counts for quality in QUALITIES])
_DOUBTFUL = QUALITIES.index(Quality.QUESTIONABLE)

Times = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Span(NamedTuple):
    """From `start` until `end`, in microseconds of UTC since 1970."""

    start: int
    end: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity while the session was monitored; numbers in its unit, None where there is none.

    `out_s`: seconds below `limits[0]` or above `limits[1]`, None without limits. `missing_s`: seconds of
    `total_s` without a number that counts; for `doubtful_s` of these there was a doubtful one.
    """

    quantity: str
    limits: Limits
    baseline: float | None
    lowest: float | None
    highest: float | None
    median: float | None
    out_s: float | None
    missing_s: float
    doubtful_s: float
    total_s: float

    @property
    def missing(self) -> float | None:
        """The share of the time without a number that counts, 0..1; None where no time went by."""
        return self.missing_s / self.total_s if self.total_s else None


class Pressures(msgspec.Struct, frozen=True, kw_only=True):
    """The cuff's readings that count; `out`: how many of them were at a limit or beyond."""

    quantity: str
    limits: Limits
    baseline: float | None
    lowest: float | None
    highest: float | None
    median: float | None
    readings: int
    out: int | None


class Hole(NamedTuple):
    """No number that counts for some time; `reason` is the most frequent one, or empty: none was written."""

    span: Span
    reason: str


def monitored(session: Session, now: datetime) -> tuple[Span, ...]:
    """When it was watched: from the confirmed baseline, or the first dose, while the session was open.

    Without either the whole session. One that has not ended goes until `now` (UTC).
    """
    start = min(_begun(session), default=session.started.utc)
    first = to_us(start)
    return tuple(Span(max(one.start, first), one.end) for one in opened(session, now) if one.end > first)


def opened(session: Session, now: datetime) -> tuple[Span, ...]:
    """When the session was open: whoever reopens it leaves a hole."""
    found: list[Span] = []
    start: int | None = to_us(session.started.utc)
    for entry in session.entries:
        at = to_us(entry.moment.utc)
        if isinstance(entry.what, entries.Ended) and start is not None:
            found.append(Span(start, at))
            start = None
        elif isinstance(entry.what, entries.Reopened):
            start = at
    if start is not None:
        found.append(Span(start, max(start, to_us(now))))
    return tuple(found)


def _begun(session: Session) -> Iterator[datetime]:
    for entry in session.entries:
        if isinstance(entry.what, entries.BaselineConfirmed | entries.Dose):
            yield happened(entry.what) or entry.moment.utc


def figures(
    quantity: str, series: Series | None, spans: Sequence[Span], limits: Limits, baseline: float | None
) -> Figures:
    """What `series` comes to within `spans`; None: it was never measured, and all is missing."""
    total = sum(span.end - span.start for span in spans)
    values, out_us, good_us, doubtful_us = np.empty(0), 0, 0, 0
    if series is not None:
        good, held = counting(series), _held_us(series.t_us, spans)
        values = series.raw[good & within(series.t_us, spans)]
        out_us = int(held[good & _outside(series.raw, limits)].sum())
        good_us = int(held[good].sum())
        doubtful_us = int(held[(series.quality == _DOUBTFUL) & ~np.isnan(series.raw)].sum())
    lowest, median, highest = _spread(values)
    return Figures(
        quantity=quantity,
        limits=limits,
        baseline=baseline,
        lowest=lowest,
        highest=highest,
        median=median,
        out_s=None if limits == NO_LIMITS else out_us / SECOND_US,
        missing_s=(total - good_us) / SECOND_US,
        doubtful_s=doubtful_us / SECOND_US,
        total_s=total / SECOND_US,
    )


def pressures(quantity: str, session: Session, limits: Limits, baseline: float | None) -> Pressures:
    """What the readings of the cuff come to; `quantity` is `systolic` or `diastolic`."""
    found = [getattr(one, quantity) for _, one in session.measured if one.counts]
    values = np.array(found, dtype=np.float64)
    lowest, median, highest = _spread(values)
    return Pressures(
        quantity=quantity,
        limits=limits,
        baseline=baseline,
        lowest=lowest,
        highest=highest,
        median=median,
        readings=len(found),
        out=None if limits == NO_LIMITS else int(_reaching(values, limits).sum()),
    )


def _spread(values: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    """Lowest, median and highest; None without any."""
    if not values.size:
        return None, None, None
    return float(values.min()), float(np.median(values)), float(values.max())


def counting(series: Series) -> Flags:
    """Per row whether it has a number that may be judged by."""
    return _COUNTING[series.quality] & ~np.isnan(series.raw)


def within(t_us: Times, spans: Iterable[Span]) -> Flags:
    """Per instant whether it lies in one of the spans."""
    found = np.zeros(len(t_us), dtype=np.bool_)
    for span in spans:
        found |= (t_us >= span.start) & (t_us < span.end)
    return found


def holes(series: Series | None, spans: Sequence[Span], least_s: float) -> Iterator[Hole]:
    """Where for `least_s` or longer there was no number that counts, in order."""
    for span in spans:
        edge = span.start
        for start, end in [*_good(series, span), (span.end, span.end)]:
            if start - edge >= least_s * SECOND_US:
                yield Hole(Span(edge, start), _reason(series, edge, start))
            edge = max(edge, end)


def _good(series: Series | None, span: Span) -> Iterator[tuple[int, int]]:
    if series is None:
        return
    there = counting(series) & within(series.t_us, [span])
    held = _held_us(series.t_us, [span])
    yield from zip(series.t_us[there].tolist(), (series.t_us + held)[there].tolist(), strict=True)


def _reason(series: Series | None, start: int, end: int) -> str:
    if series is None:
        return "never_seen"
    codes = series.reason[(series.t_us >= start) & (series.t_us < end)]
    codes = codes[codes > 0]
    return series.reasons[int(np.bincount(codes).argmax())] if codes.size else ""


def _held_us(t_us: Times, spans: Iterable[Span]) -> Times:
    """For how long within `spans` each row stands."""
    ends = t_us + np.minimum(np.diff(t_us, append=t_us[-1:] + SECOND_US), HOLD_US)
    held = np.zeros(len(t_us), dtype=np.int64)
    for span in spans:
        held += np.maximum(np.minimum(ends, span.end) - np.maximum(t_us, span.start), 0)
    return held


def _outside(values: NDArray[np.float64], limits: Limits) -> Flags:
    low, high = limits
    found: Flags = (values < (-np.inf if low is None else low)) | (
        values > (np.inf if high is None else high)
    )
    return found


def _reaching(values: NDArray[np.float64], limits: Limits) -> Flags:
    """A pressure at its limit breaks it."""
    low, high = limits
    found: Flags = (values <= (-np.inf if low is None else low)) | (
        values >= (np.inf if high is None else high)
    )
    return found

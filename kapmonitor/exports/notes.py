"""What stands beside the curves of a session: doses, events, alarms, phases, gaps, each at its time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from kapmonitor.exports.course import SECOND_US, to_us, when
from kapmonitor.exports.grid import NOTHING, rows_of, runs
from kapmonitor.exports.share import Share, line
from kapmonitor.session.entries import Entry, Gap, Interrupted
from kapmonitor.session.history import QUALITIES, History, Series, Unrecorded
from kapmonitor.session.past import AlarmLine

ABSENT_S = 2
"""A row that is missing for one second is the clock's; from two on it is a gap (s)."""


class Note(msgspec.Struct, frozen=True, order=True):
    """`text` at `t_us`, for `lasted_s` seconds or (None) at that moment."""

    t_us: int
    lasted_s: float | None
    text: str


def notes(history: History, share: Share) -> list[Note]:
    """All of the entries and alarms, and what the disk did not take."""
    entries = [_entry(entry, share) for entry in history.session.entries]
    return [*entries, *_alarms(history.alarms), *map(_unrecorded, history.unrecorded)]


def _unrecorded(one: Unrecorded) -> Note:
    what = "waveforms" if one.what == "wave" else "numbers"
    lasted = max(0.0, (one.until - one.since).total_seconds())
    return Note(to_us(one.since), lasted, f"not recorded, the disk took nothing: {one.rows} rows of {what}")


def _entry(entry: Entry, share: Share) -> Note:
    what = entry.what
    text = line(what, share)
    match what:
        case Gap():
            return Note(to_us(what.since), max(0.0, (what.until - what.since).total_seconds()), text)
        case Interrupted():
            return Note(when(entry), what.minutes * 60, text)
        case _:
            return Note(when(entry), None, text)


def _alarms(lines: Sequence[AlarmLine]) -> Iterator[Note]:
    """Every transition; its beginning lasts until the alarm was over, where it was."""
    over = {one.alarm: to_us(one.t) for one in lines if one.state == "inactive"}
    for one in lines:
        us, text = to_us(one.t), f"alarm {one.event}: {one.name}, {one.rule}, {one.priority}"
        lasted = None
        if one.event == "start" and one.alarm in over:
            lasted = max(0.0, (over[one.alarm] - us) / SECOND_US)
        yield Note(us, lasted, text)


def doubts(series: Series, label: str, start_us: int, seconds: int) -> Iterator[Note]:
    """Where a series has no value, a doubted one, or no row at all, from `start_us` for so many seconds."""
    rows = rows_of(series, start_us, seconds)
    codes = np.full(seconds, NOTHING, np.int64)
    there = rows != NOTHING
    codes[there] = series.quality[rows[there]].astype(np.int64) * 256 + series.reason[rows[there]]
    for first, length, code in runs(codes):
        text = _doubt(series, label, int(code), length)
        if text:
            yield Note(start_us + first * SECOND_US, float(length), text)


def _doubt(series: Series, label: str, code: int, length: int) -> str:
    if code == NOTHING:
        return f"{label}: not recorded" if length >= ABSENT_S else ""
    quality, reason = QUALITIES[code // 256], series.reasons[code % 256]
    if quality.counts:
        return ""
    return f"{label}: {quality.value.replace('_', ' ')}" + (f" ({reason})" if reason else "")

"""Rows of a series on an even grid of one a second, for formats that know no other time. Pure."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from kapmonitor.exports.course import SECOND_US
from kapmonitor.session.history import Series

SPLIT_US = 3600 * SECOND_US
"""Where the record says nothing for so long (the service was off, the clock was set), a new part begins:
no reader should have to scroll through empty days."""
NOTHING = -1
"""The row of a second that has none."""


class Part(msgspec.Struct, frozen=True):
    """A stretch of the record from `first_us` to `last_us`, both of them in it."""

    first_us: int
    last_us: int

    def holds(self, us: int) -> bool:
        """Whether an instant lies in it."""
        return self.first_us <= us <= self.last_us


def parts(times_us: NDArray[np.int64]) -> list[Part]:
    """The stretches in which these instants lie, in order of time; at least one instant."""
    ordered = np.sort(times_us)
    breaks = np.flatnonzero(np.diff(ordered) > SPLIT_US)
    starts = [0, *(breaks + 1).tolist()]
    stops = [*breaks.tolist(), len(ordered) - 1]
    return [Part(int(ordered[a]), int(ordered[b])) for a, b in zip(starts, stops, strict=True)]


def start_of(part: Part, first_row_us: int | None) -> int:
    """Where the grid of a part begins: whole seconds before its first row, and not after its first instant.

    So a row stands where it was measured, and not up to a second beside it.
    """
    if first_row_us is None:
        return part.first_us
    before = -((part.first_us - first_row_us) // SECOND_US)
    return first_row_us - max(0, before) * SECOND_US


def rows_of(series: Series, start_us: int, seconds: int) -> NDArray[np.int64]:
    """Per second of the grid the row of `series` in it, or `NOTHING`; of two in one second the later one.

    Seconds are counted from the first row on: a clock that ticks a hair early loses no row.
    """
    found = np.full(seconds, NOTHING, np.int64)
    later = series.t_us >= start_us
    if later.any():
        first = int(series.t_us[later].min())
        place = round((first - start_us) / SECOND_US)
        slots = np.rint((series.t_us - first) / SECOND_US).astype(np.int64) + place
        inside = np.flatnonzero(later & (slots < seconds))
        found[slots[inside]] = inside
    return found


def runs(codes: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Equal neighbours together: first place, how many, which code."""
    if not len(codes):
        return []
    starts = np.concatenate(([0], np.flatnonzero(np.diff(codes)) + 1))
    lengths = np.diff(np.concatenate((starts, [len(codes)])))
    return [
        (start, length, code)
        for start, length, code in zip(starts.tolist(), lengths.tolist(), codes[starts].tolist(), strict=True)
    ]

"""When samples were taken, which came late and in pieces, and since when nothing was lost between.

Arrivals scatter and are late, never early. So the least delay of a few seconds says when a sample was taken;
a delay that grows and stays is lost samples, one that falls and stays is samples that came twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GAP_S = 1.5
"""After so long (s) without samples nothing says how many were lost: the count begins anew."""
PIECE_S = 0.1
"""Samples that come one by one are put together for so long (s)."""
BIN_S = 0.5
SPAN_S = 2.5
"""The least delay is that of so long (s) before and after; no machine stands still for longer in peace."""
STEP_S = 0.08
"""What delays change by (s) from the seconds before to the seconds after, where something was lost. A clock
that is 2 % off makes 0.05 of it."""
_SPAN = round(SPAN_S / BIN_S)


@dataclass(slots=True)
class _Piece:
    """Some samples: when the last of them came, and how many seconds the device had counted after them."""

    since: float
    at: float
    counted_s: float
    values: list[float]


class Timeline:
    """The newest samples of one wave."""

    def __init__(self, rate_hz: float, kept_s: float) -> None:
        """Samples are taken `rate_hz` times a second; those of the last `kept_s` are kept."""
        self.rate_hz = rate_hz
        self._kept_s = kept_s
        self._counted_s = 0.0
        self._pieces: deque[_Piece] = deque()

    def broken(self, now: float) -> bool:
        """Whether what comes `now` (s) does not go on where the last samples ended."""
        return bool(self._pieces) and now - self._pieces[-1].at > GAP_S

    def add(self, values: Sequence[float], now: float) -> None:
        """These samples came at `now` (s)."""
        self._counted_s += len(values) / self.rate_hz
        last = self._pieces[-1] if self._pieces else None
        if last is not None and now - last.since < PIECE_S:
            last.at, last.counted_s = now, self._counted_s
            last.values.extend(values)
        else:
            self._pieces.append(_Piece(now, now, self._counted_s, list(values)))
        while self._pieces[0].at < now - self._kept_s:
            self._pieces.popleft()

    def samples(self) -> tuple[Floats, Floats]:
        """(values, when each was taken, s, ascending) since something was last lost; empty without any."""
        if not self._pieces:
            return np.empty(0), np.empty(0)
        at = np.array([each.at for each in self._pieces])
        counted = np.array([each.counted_s for each in self._pieces])
        first, delays = _since_the_last_step(at, at - counted)
        pieces = list(self._pieces)[first:]
        return _values(pieces), _times(pieces, counted[first:] + delays, 1 / self.rate_hz)


def _since_the_last_step(at: Floats, late: Floats) -> tuple[int, Floats]:
    """Which piece was the first after the delay last changed for good, and the delay from there on."""
    place = ((at - at[0]) / BIN_S).astype(np.intp)
    least = np.full(int(place.max()) + 1, np.inf)
    np.minimum.at(least, place, late)
    before, after = _least_around(least)
    known = max(0, len(least) - _SPAN)  # of the newest it will show whether they are only late
    steps: NDArray[np.intp] = np.flatnonzero(np.abs(after - before)[:known] > STEP_S)
    first = int(np.count_nonzero(place <= steps[-1])) if len(steps) else 0
    return first, np.minimum(before, after)[place[first:]]


def _values(pieces: Sequence[_Piece]) -> Floats:
    return np.array([value for each in pieces for value in each.values])


def _times(pieces: Sequence[_Piece], ends: Floats, step_s: float) -> Floats:
    """When each sample was taken, if the last of each piece was at `ends`."""
    counts = np.array([len(each.values) for each in pieces], dtype=np.intp)
    left: NDArray[np.intp] = np.repeat(np.cumsum(counts), counts) - np.arange(1, int(counts.sum()) + 1)
    times: Floats = np.repeat(ends, counts) - left * step_s
    return times


def _least_around(least: Floats) -> tuple[Floats, Floats]:
    """The least of each bin and those within `SPAN_S` before it, and of it and those after it."""
    padded = np.concatenate([np.full(_SPAN, np.inf), least, np.full(_SPAN, np.inf)])
    windows: Floats = sliding_window_view(padded, _SPAN + 1).min(axis=1)
    return windows[: len(least)], windows[_SPAN:]

"""Everything that the record has of one session, in memory: what exports, reports and replays read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from kapmonitor.model import Origin, Quality
from kapmonitor.session.past import AlarmLine
from kapmonitor.session.session import Session

QUALITIES = tuple(Quality)
"""What a code of `Series.quality` means: its place here."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity, one row a second: all arrays are equally long, times rise.

    `t_us`: UTC in microseconds since 1970. `value`: smoothed, as shown; `raw`: the newest as read; both NaN
    where there was none. `quality`: codes into `QUALITIES`. `reason`: codes into `reasons`, 0 = none.
    """

    quantity: str
    unit: str
    device: str
    t_us: NDArray[np.int64]
    value: NDArray[np.float64]
    raw: NDArray[np.float64]
    quality: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    reasons: tuple[str, ...] = ("",)


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity in equal parts of the time from `since` to `until` (UTC), for a screen.

    `low` and `high`: the lowest and the highest that was read in each part, None where there was nothing.
    """

    quantity: str
    unit: str
    since: datetime
    until: datetime
    low: Sequence[float | None]
    high: Sequence[float | None]


class WaveBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive samples of a waveform; `t_us` is the time of the first one."""

    quantity: str
    t_us: int
    rate_hz: float
    values: NDArray[np.float32]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """One session: its entries (in `session`), its numbers, its waveforms, what happened to its alarms.

    `origin` is what its devices were. Nothing here is filled in where the record has nothing.
    """

    session: Session
    origin: Origin
    numerics: Mapping[str, Series]
    waves: Mapping[str, Sequence[WaveBlock]]
    alarms: Sequence[AlarmLine]

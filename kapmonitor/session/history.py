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
    `device`: codes into `devices`, which measured it.
    """

    quantity: str
    unit: str
    t_us: NDArray[np.int64]
    value: NDArray[np.float64]
    raw: NDArray[np.float64]
    quality: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    device: NDArray[np.uint8]
    devices: tuple[str, ...]
    reasons: tuple[str, ...] = ("",)

    def apart(self) -> Sequence[Series]:
        """The same by device, in the order in which they measured first; each has one."""
        codes = list(dict.fromkeys(self.device.tolist()))
        return [self] if len(self.devices) == 1 or not codes else [self._of(code) for code in codes]

    def _of(self, code: int) -> Series:
        there = self.device == code
        return Series(
            quantity=self.quantity,
            unit=self.unit,
            t_us=self.t_us[there],
            value=self.value[there],
            raw=self.raw[there],
            quality=self.quality[there],
            reason=self.reason[there],
            device=np.zeros(int(there.sum()), np.uint8),
            devices=(self.devices[code],),
            reasons=self.reasons,
        )


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
    """Consecutive samples of a waveform from one device; `t_us` is the time of the first one."""

    quantity: str
    device: str
    t_us: int
    rate_hz: float
    values: NDArray[np.float32]


class Unrecorded(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured and is not in the record: the disk took nothing for too long.

    `rows` rows of `what` (`numeric`: seconds, `wave`: pieces of waveforms), from the first to the last.
    """

    what: str
    since: datetime
    until: datetime
    rows: int


class History(msgspec.Struct, frozen=True, kw_only=True):
    """One session: its entries (in `session`), its numbers, its waveforms, what happened to its alarms.

    `origin` is what its devices were; of one quantity there may be several. Nothing here is filled in where
    the record has nothing; `unrecorded` says where that is because the disk took nothing. `behind`: the disk
    took nothing when this was read, so that what came last is missing.
    """

    session: Session
    origin: Origin
    numerics: Mapping[str, Series]
    waves: Mapping[str, Sequence[WaveBlock]]
    alarms: Sequence[AlarmLine]
    unrecorded: Sequence[Unrecorded] = ()
    behind: bool = False

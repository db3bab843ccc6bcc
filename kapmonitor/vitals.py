"""The display path of one session: the newest of every quantity, smoothed for eyes, with age and quality.

Alarms never read this. Missing is never 0 and never the last value: what is not fresh and valid has no
number and says why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from kapmonitor import documents
from kapmonitor.model import Reading
from kapmonitor.quantities import QUANTITIES, Quantity
from kapmonitor.smoothing import RrVariability, Smoother

SMOOTHED = ("heart_rate", "pulse_rate", "spo2", "perfusion_index")
"""The quantities whose trend a person reads; one channel of the session's ring each."""
ALWAYS_SHOWN = ("heart_rate", "pulse_rate", "spo2")


class Newest(msgspec.Struct, frozen=True):
    """The newest reading of a quantity: from which device, and when (monotonic seconds)."""

    reading: Reading
    device: str
    at: float


def _table(limits: Mapping[str, Sequence[float]]) -> NDArray[np.float64]:
    """One column a smoothed quantity, its limits below each other; NaN where there are fewer."""
    most = max((len(limits.get(name, ())) for name in SMOOTHED), default=0)
    found = np.full((most, len(SMOOTHED)), np.nan)
    for column, name in enumerate(SMOOTHED):
        own = limits.get(name, ())
        found[: len(own), column] = own
    return found


class Vitals:
    """What a session's page shows of its live quantities."""

    def __init__(self, limits: Mapping[str, Sequence[float]]) -> None:
        """Start with nothing seen. `limits`: a quantity's alarm limits, which no smoothing may blur."""
        self._limits = _table(limits)
        self._newest: dict[str, Newest] = {}
        self._smoother = Smoother(SMOOTHED)
        self._beats = RrVariability()
        self._beats_seen = False

    def keep_sharp(self, limits: Mapping[str, Sequence[float]]) -> None:
        """Other limits, which no smoothing may blur."""
        self._limits = _table(limits)

    def put(self, one: Reading, device: str, now: float) -> None:
        """The newest of one quantity; only what counts is smoothed. A battery is not the body's: left out."""
        if QUANTITIES[one.quantity].fresh_s == 0:
            return
        self._newest[one.quantity] = Newest(one, device, now)
        if not one.counts or one.value is None:
            return
        if one.quantity in SMOOTHED:
            self._smoother.put(one.quantity, one.value, now)
        elif one.quantity == "rr_interval":
            self._beats_seen = True
            self._beats.add(one.value, now)

    def second(self, now: float) -> tuple[dict[str, documents.Value], documents.Hrv | None]:
        """All quantities as they are shown at `now`, and the beats' variability where a strap sends beats."""
        smoothed = self._smoother.tick(now).following(self._limits)
        shown = {
            name: (float(value), float(delay))
            for name, value, delay in zip(SMOOTHED, smoothed.values, smoothed.delay_s, strict=True)
            if not math.isnan(value)
        }
        names = dict.fromkeys([*ALWAYS_SHOWN, *self._newest])
        values = {name: self._value(QUANTITIES[name], shown.get(name), now) for name in names}
        return values, self._hrv(now)

    def _value(self, row: Quantity, smooth: tuple[float, float] | None, now: float) -> documents.Value:
        newest = self._newest.get(row.name)
        if newest is None:
            return _nothing(row, "never_seen")
        age = now - newest.at
        if age > row.fresh_s > 0:
            return _nothing(row, "stale", age, newest.device)
        one = newest.reading
        value, delay = (one.value, 0.0) if smooth is None or not one.counts else smooth
        return documents.Value(
            value=None if one.value is None or value is None else round(value, row.decimals),
            raw=one.value,
            unit=row.unit,
            quality=one.quality,
            reason=one.reason,
            age_s=round(age, 1),
            device=newest.device,
            delay_s=round(delay, 1),
        )

    def _hrv(self, now: float) -> documents.Hrv | None:
        if not self._beats_seen:
            return None
        found = self._beats.value(now)
        rmssd = None if found.rmssd_ms is None else round(found.rmssd_ms, 1)
        return documents.Hrv(rmssd_ms=rmssd, rejected=round(found.rejected, 2))


def _nothing(
    row: Quantity, reason: str, age: float | None = None, device: str | None = None
) -> documents.Value:
    return documents.Value(
        value=None,
        raw=None,
        unit=row.unit,
        quality="not_available",
        reason=reason,
        age_s=None if age is None else round(age, 1),
        device=device,
    )

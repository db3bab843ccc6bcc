"""The rate-of-change gate: an SpO2 value that fell faster than a body can is doubted before it alarms.

Desaturations of sleep apnoea fall by 0.26 %/s on average, the steepest a few times as fast, and an oximeter
shows the mean of several seconds; a number that goes from 97 to 75 within a second is a finger that moved far
more often than a patient. The gate marks it `questionable` with `artifact`, so it neither raises nor clears.
It never decides for good: what stays is believed, and so is what goes on jumping for longer than `LONGEST_S`.

Only falls out of the good range are doubted. From a value that is low already nothing is held back, so a
fall that was seen coming alarms as fast as ever; a rise is not doubted either, since an alarm that is over
has a clearing time of its own. Rates are not doubted: an asystole falls just as an artefact does.

Pure: time is an argument. Starts with nothing, so after a restart the first value is believed.
"""

from __future__ import annotations

from kapmonitor.model import Quality, Reading

GOOD_FROM = 92.0
"""Values from here on (%) are good: the limit of `spo2-low`. Only a fall from there is doubted."""
STEP = 4.0
"""A fall by so much (%) is never a jump: rounding, and devices that renew their number every 4 s."""
RATE = 1.0
"""What a body may lose beyond that (%/s): four times the mean slope of apnoeas (0.26 %/s, SD 0.02)."""
BAND = 2.0
"""Doubted values within so much of each other (%) say the same thing; artefacts scatter far wider."""
STAYS_S = 2.0
"""Doubted values that said the same for so long (s) are believed: the fall is real."""
LONGEST_S = 6.0
"""The longest that a violation is held back (s); below the 10 s for which missing data hold a delay."""
STEADY_S = 30.0
"""After so long without a doubt (s) the gate may use its `LONGEST_S` anew; no shorter than any SpO2 delay."""


class RateGate:
    """One session's gate. `judge` each reading once, in order; `now` must not fall."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._believed: float | None = None
        self._seen_at = 0.0
        self._doubt: _Doubt | None = None
        self._spent_s = 0.0
        self._steady_since = 0.0

    def judge(self, one: Reading, now: float) -> Reading:
        """The reading as the alarms are to see it, at `now` (s): as it is, or doubted."""
        if one.quantity != "spo2" or not one.counts or one.value is None:
            return one
        jumped = self._jumped(one.value, now)
        self._seen_at = now
        if jumped and self._doubts(one.value, now):
            return Reading(one.quantity, one.value, Quality.QUESTIONABLE, "artifact")
        self._believe(one.value, now)
        return one

    def _jumped(self, value: float, now: float) -> bool:
        before = self._believed
        if before is None or before < GOOD_FROM:
            return False
        return before - value > STEP + RATE * (now - self._seen_at)

    def _doubts(self, value: float, now: float) -> bool:
        if self._doubt is None:
            self._doubt = _Doubt(value, now)
        self._doubt.add(value, now)
        held_s = self._spent_s + now - self._doubt.began
        return now - self._doubt.same_since < STAYS_S and held_s < LONGEST_S

    def _believe(self, value: float, now: float) -> None:
        if self._doubt is not None:
            self._spent_s += now - self._doubt.began
            self._doubt, self._steady_since = None, now
        if now - self._steady_since >= STEADY_S:
            self._spent_s = 0.0
        self._believed = value


class _Doubt:
    """Values that are held back: since when, and since when they say the same."""

    def __init__(self, value: float, now: float) -> None:
        self.began = self.same_since = now
        self._low = self._high = value

    def add(self, value: float, now: float) -> None:
        """One more; one that leaves the band begins a band of its own."""
        low, high = min(self._low, value), max(self._high, value)
        if high - low > BAND:
            low = high = value
            self.same_since = now
        self._low, self._high = low, high

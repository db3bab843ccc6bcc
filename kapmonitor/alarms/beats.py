"""A strap that repeats itself: RR intervals that do not change for a minute come from no heart.

No two minutes of a living heart have the same beat-to-beat interval to the millisecond; a strap that says so
has frozen, and its rate is as old as its beats. Rate and beats are then questionable, with `frozen`, until an
interval differs. Where a strap sends no RR intervals, nothing is known and nothing changes.

Pure: time is an argument.
"""

from __future__ import annotations

from kapmonitor.model import Quality, Reading
from kapmonitor.quantities import QUANTITIES

FROZEN_AFTER_S = 60.0
"""Unchanged for so long (s), RR intervals are not a heart's."""
_FRESH_S = QUANTITIES["rr_interval"].fresh_s


class FrozenBeats:
    """One session's strap. `judge` each reading once, in order; `now` must not fall."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._rr: float | None = None
        self._since = 0.0
        self._newest_at = 0.0

    def judge(self, one: Reading, now: float) -> Reading:
        """The reading as it is at `now` (s), or doubted where the strap has frozen."""
        if one.quantity not in ("heart_rate", "rr_interval") or not one.counts:
            return one
        if one.quantity == "rr_interval":
            self._beat(one.value, now)
        if not self._frozen(now):
            return one
        return Reading(one.quantity, one.value, Quality.QUESTIONABLE, "frozen")

    def _beat(self, rr_ms: float | None, now: float) -> None:
        if rr_ms != self._rr or now - self._newest_at > _FRESH_S:
            self._rr, self._since = rr_ms, now
        self._newest_at = now

    def _frozen(self, now: float) -> bool:
        still_sent = self._rr is not None and now - self._newest_at <= _FRESH_S
        return still_sent and now - self._since >= FROZEN_AFTER_S

"""When samples were taken, which came late and in pieces: the device's own count, at its least delay."""

from __future__ import annotations

LEAK_S_PER_S = 0.02
"""How much later per second the count may run (s): a device's clock that is 2 % slow is followed."""
GAP_S = 1.5
"""After so long (s) without samples nothing says how many were lost: the count begins anew."""


class Timeline:
    """Arrivals scatter and are late, never early; so the earliest of late says when a sample was taken."""

    def __init__(self, rate_hz: float) -> None:
        """Samples are taken `rate_hz` times a second."""
        self.rate_hz = rate_hz
        self._taken = 0.0
        self._offset: float | None = None
        self._newest_at = 0.0

    def broken(self, now: float) -> bool:
        """Whether what comes `now` (s) does not go on where the last samples ended."""
        return self._offset is not None and now - self._newest_at > GAP_S

    def add(self, count: int, now: float) -> float:
        """`count` samples came at `now` (s); when the first of them was taken."""
        self._taken += count / self.rate_hz
        late = now - self._taken
        if self._offset is None or self.broken(now):
            self._offset = late
        else:
            self._offset = min(late, self._offset + LEAK_S_PER_S * (now - self._newest_at))
        self._newest_at = now
        return self._offset + self._taken - count / self.rate_hz

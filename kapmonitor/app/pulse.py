"""Whether the service monitors just now."""

from __future__ import annotations

import time
from collections.abc import Callable

TICK_LATE_S = 5.0
"""Alarm engines that have not been driven for this long (s, real time) are not monitoring."""


class Pulse:
    """Whether the alarm engines are driven, and what else staff should know. Implements `ports.Health`."""

    def __init__(self, elsewhere: Callable[[], list[str]]) -> None:
        """`elsewhere`: what other parts say of themselves."""
        self.beat_at = time.monotonic()
        self._elsewhere = elsewhere

    def monitoring(self) -> bool:
        """Whether the last second was judged within the last few."""
        return time.monotonic() - self.beat_at < TICK_LATE_S

    def problems(self) -> list[str]:
        """What is wrong, the worst first."""
        found = self._elsewhere()
        if not self.monitoring():
            late = time.monotonic() - self.beat_at
            found.insert(
                0, f"Nothing was judged for {late:.0f} s. Look after the patients; restart kapmonitor."
            )
        return found

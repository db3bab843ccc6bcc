"""The one clock that devices, sessions and alarms share.

`now()` is monotonic and is what durations are measured by; `utc()` is what documents are stamped with.
A demo may run faster than life (`speed`); pagers, heartbeat, broker and log-in do not use this clock.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from kapmonitor.model import Moment


class Clock:
    """Monotonic seconds, wall time and waiting, all at `speed` times real time."""

    def __init__(self, speed: float = 1.0) -> None:
        """Start at the present moment; `speed` > 0."""
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self._zero = time.monotonic()
        self._utc_zero = datetime.now(UTC)

    def now(self) -> float:
        """Seconds of this clock since an arbitrary start; never falls."""
        return self._zero + (time.monotonic() - self._zero) * self.speed

    def utc(self) -> datetime:
        """The wall time. At speed 1 it is the machine's; faster, it runs ahead from the start."""
        if self.speed == 1:
            return datetime.now(UTC)
        return self._utc_zero + timedelta(seconds=self.now() - self._zero)

    def moment(self) -> Moment:
        """This instant on both clocks."""
        return Moment(self.now(), self.utc())

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of this clock."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)

    def timeout(self, seconds: float) -> asyncio.Timeout:
        """`asyncio.timeout` in seconds of this clock."""
        return asyncio.timeout(seconds / self.speed)

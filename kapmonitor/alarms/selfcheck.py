"""What the service finds out about itself once a second, pure: is the clock true, does it keep up."""

from __future__ import annotations

from kapmonitor.alarms.service import Problem
from kapmonitor.model import Moment

CLOCK_STEP_S = 2.0
"""The wall clock may leave the monotonic clock by this much from one second to the next (s)."""
LATE_S = 0.5
"""A second that is judged later than this is late (s)."""
LATE_FOR_S = 5.0
"""So long it may go on (s)."""


class ClockWatch:
    """Compares the wall clock with the monotonic one from tick to tick; slewing is no step."""

    def __init__(self) -> None:
        """The first tick is compared with nothing."""
        self._last: Moment | None = None

    def tick(self, moment: Moment) -> Problem | None:
        """One second later; a problem if the wall clock was set since the last tick."""
        last, self._last = self._last, moment
        if last is None:
            return None
        step = (moment.utc - last.utc).total_seconds() - (moment.at - last.at)
        if abs(step) <= CLOCK_STEP_S:
            return None
        way = "forward" if step > 0 else "back"
        was = moment.earlier(moment.at - step)
        return Problem("clock-step", f"{abs(step):.0f} s {way}, {was} became {moment.ts}")


class LoadWatch:
    """Whether the seconds are judged in time."""

    def __init__(self) -> None:
        """Nothing is late yet."""
        self._late_since: float | None = None
        self._in_time_since: float | None = None
        self._overloaded = False

    def tick(self, late_s: float, now: float) -> Problem | None:
        """A tick came `late_s` after it was due (both in real seconds); a problem while that goes on.

        One stall that is long enough is a problem by itself. It is over after 5 s in time.
        """
        if late_s > LATE_S:
            self._in_time_since = None
            self._late_since = now - late_s if self._late_since is None else self._late_since
            self._overloaded = self._overloaded or now - self._late_since >= LATE_FOR_S
        else:
            self._late_since = None
            self._in_time_since = now if self._in_time_since is None else self._in_time_since
            self._overloaded = self._overloaded and now - self._in_time_since < LATE_FOR_S
        return Problem("overload", f"a second was judged {late_s:.1f} s late") if self._overloaded else None

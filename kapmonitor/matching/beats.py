"""A strap's beats, one after the other by their intervals, since it last kept one to itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

GAP_S = 3.5
"""A strap that was silent for longer (s) may have kept beats to itself: the row begins anew."""
LATE_S = 1.2
"""How much less late than before, or later, intervals may come (s): by the time between two beats or two
messages. Beyond it some in between were lost, or told twice."""
SAME_S = 20.0
"""How long ago (s) before is."""
STUCK = 3
"""No heart is that even: a strap that says the same intervals so many times in a row is stuck."""


class Beats:
    """The newest beats of one strap; `at` (s, ascending) is when each was, but for a delay that stays."""

    def __init__(self, kept_s: float) -> None:
        """None was heard of; those of the last `kept_s` are kept."""
        self._kept_s = kept_s
        self.at: deque[float] = deque()
        self._end = 0.0
        self._late: deque[tuple[float, float]] = deque()
        self._told: tuple[float, ...] = ()
        self._alike = 0

    def add(self, intervals: Sequence[float], now: float) -> bool:
        """These intervals (s), at least one, came at `now`; False where a new row begins with the next."""
        told = tuple(intervals)
        self._alike = self._alike + 1 if told == self._told else 1
        self._told = told
        if not self._late or now - self._late[-1][0] > GAP_S:
            self.forget()
            self._end = now - sum(intervals)
        for interval_s in intervals:
            self._end += interval_s
            self.at.append(self._end)
        while self.at and self.at[0] < now - self._kept_s:
            self.at.popleft()
        self._late.append((now, now - self._end))
        if self._alike < STUCK and self._scatter(now) <= LATE_S:
            return True
        self.forget()
        return False

    def forget(self) -> None:
        """The row begins anew."""
        self.at.clear()
        self._late.clear()

    def _scatter(self, now: float) -> float:
        """By how much (s) intervals came more or less late than each other."""
        while self._late[0][0] < now - SAME_S:
            self._late.popleft()
        lates = [late for _, late in self._late]
        return max(lates) - min(lates)

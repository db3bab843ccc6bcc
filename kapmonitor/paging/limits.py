"""At most one call about one hazard in 30 s; drills and real alarms never share a limit."""

from __future__ import annotations

from kapmonitor.documents import Alarm, Priority
from kapmonitor.paging.post import URGENCY
from kapmonitor.paging.times import APART_S

_Hazard = tuple[bool, str, str]


class Limits:
    """When there was last a call about each hazard, and how urgent it was."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._last: dict[_Hazard, tuple[float, Priority]] = {}

    def until(self, alarm: Alarm, now: float) -> float:
        """From when on there may be a call about `alarm`; what is more urgent than the last never waits."""
        last = self._last.get(_hazard(alarm))
        if last is None or URGENCY[alarm.priority] < URGENCY[last[1]]:
            return now
        return max(now, last[0] + APART_S)

    def called(self, alarm: Alarm, now: float) -> None:
        """There is a call about `alarm` now."""
        self._last = {key: each for key, each in self._last.items() if now - each[0] < APART_S}
        self._last[_hazard(alarm)] = (now, alarm.priority)


def _hazard(alarm: Alarm) -> _Hazard:
    return alarm.drill, alarm.session or f"{alarm.room}/{alarm.seat}", alarm.name

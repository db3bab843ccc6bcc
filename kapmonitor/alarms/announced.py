"""The alarm documents that stand on the broker: said at every event and again, and taken away. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

from kapmonitor import documents
from kapmonitor.alarms.announce import Whose, announce, standing
from kapmonitor.alarms.engine import Transition
from kapmonitor.documents import Message
from kapmonitor.model import Moment

REPEAT_EVERY_S = 30.0
KEEP_S = 600.0
"""How long the document of an alarm that is over stays on the broker."""


class Announced:
    """Those of one session, or of the service itself."""

    def __init__(self, repeated_at: float = -inf) -> None:
        """`repeated_at`: when all that are open were said last (monotonic s)."""
        self._repeated_at = repeated_at
        self._over: dict[str, float] = {}

    def event(self, transition: Transition, whose: Whose, moment: Moment) -> list[Message]:
        """The alarm as it is now, and what happened to it."""
        if transition.state == "inactive":
            self._over[transition.alarm] = moment.at
        return announce(transition, whose, moment)

    def were_over(self, alarms: Iterable[str], now: float) -> None:
        """They ended before, nobody knows when: they stay as if it were now."""
        self._over |= dict.fromkeys(alarms, now)

    def second(
        self,
        there: Callable[[], Iterable[Transition]],
        whose: Callable[[Transition], Whose],
        moment: Moment,
    ) -> list[Message]:
        """One second: at times those that are open (`there`) again; those that are over long enough go."""
        came: list[Message] = []
        if moment.at - self._repeated_at >= REPEAT_EVERY_S:
            self._repeated_at = moment.at
            came += [standing(each, whose(each), moment) for each in there()]
        over = self._over.items()
        return came + self._cleared([alarm for alarm, over_at in over if moment.at - over_at >= KEEP_S])

    def replace(self, alarm: str) -> list[Message]:
        """Those that are over and named as a new one go: after a restart nobody would know of them."""
        name = alarm.rpartition("-")[0]
        return self._cleared([old for old in self._over if old.rpartition("-")[0] == name])

    def clear(self, there: Iterable[Transition]) -> list[Message]:
        """All of them go, those that are open (`there`), too."""
        self._over |= dict.fromkeys((each.alarm for each in there), 0.0)
        return self._cleared(list(self._over))

    def _cleared(self, alarms: list[str]) -> list[Message]:
        for alarm in alarms:
            del self._over[alarm]
        return [documents.alarm_cleared(alarm) for alarm in alarms]

"""A weak signal that says something bad: not sure enough for a limit, too bad to be kept to oneself."""

from __future__ import annotations

from math import inf
from typing import ClassVar

from kapmonitor.alarms.inputs import Input
from kapmonitor.alarms.kinds.limit import Limit
from kapmonitor.alarms.rules import Rung, climb, first_rung_mistakes, ladder_mistakes, worse
from kapmonitor.alarms.state import Condition, EngineState
from kapmonitor.alarms.words import COMPARE, Operator, Priority
from kapmonitor.model import Quality, Reading

SENSOR_OFF = frozenset({"no_finger", "sensor_off", "no_contact", "disconnected"})
"""Reasons that say: nothing is being measured, so nothing weak is either."""


class WeakRule(Limit, frozen=True, kw_only=True, tag="weak"):
    """Questionable values beyond `limit` for as long as the ladder says.

    Over with a valid one beyond `clear`, or when the sensor is off.
    """

    ladder: tuple[Rung, ...]
    clear_op: Operator
    clear: float

    minds_missing: ClassVar[bool] = True

    def calm(self) -> tuple[float, float]:
        """All: a valid value begins nothing."""
        return -inf, inf

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """One value of the vital."""
        if not isinstance(what, Reading):
            return
        if what.counts and what.value is not None:
            condition.raising.stop()
            if COMPARE[self.clear_op](what.value, self.clear):
                self._end(condition)
        elif what.reason in SENSOR_OFF:
            self._end(condition)
        elif what.quality is not Quality.QUESTIONABLE or what.value is None:
            condition.raising.hold(now)
        elif COMPARE[self.op](what.value, self.limit):
            condition.raising.go_on(now)
            condition.value, condition.limit = what.value, self.limit
            self._climb(condition, seen)
        else:
            condition.raising.stop()

    def _climb(self, condition: Condition, seen: EngineState) -> None:
        reached = climb(self.ladder, condition.raising.elapsed, seen.phase)
        if reached is not None:
            condition.priority = worse(reached, condition.priority) if condition.raised else reached
            condition.raised = True

    def _end(self, condition: Condition) -> None:
        condition.raising.stop()
        condition.raised = False

    def priorities(self) -> tuple[Priority, ...]:
        """Its rungs'."""
        return tuple(rung.priority for rung in self.ladder)

    def mistakes(self) -> list[str]:
        """An unknown vital, a limit that no site may choose, or what could never be over."""
        clearing = self.clearing_mistakes(self.clear_op, self.clear)
        found = super().mistakes() + [f"rule {self.rule!r}: {mistake}" for mistake in clearing]
        return found + ladder_mistakes(self, "ladder", self.ladder) + first_rung_mistakes(self, self.ladder)

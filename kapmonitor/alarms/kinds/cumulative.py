"""Rules on how long a number was beyond a limit, added up over the recent past."""

from __future__ import annotations

from collections.abc import Iterator

from kapmonitor.alarms import bounds as allowed
from kapmonitor.alarms.inputs import Input
from kapmonitor.alarms.kinds.limit import Limit
from kapmonitor.alarms.rules import Rung, climb, first_rung_mistakes, ladder_mistakes, out_of_bounds, worse
from kapmonitor.alarms.state import Condition, EngineState
from kapmonitor.alarms.words import COMPARE, Priority
from kapmonitor.model import Reading


class CumulativeRule(Limit, frozen=True, kw_only=True, tag="cumulative"):
    """The time (s) that valid values spent beyond `limit` within the last `window_s`, added up.

    Raised above a rung's `after_s`; over when the sum is below `clear_s`. Judged at valid values only.
    """

    window_s: float
    clear_s: float
    ladder: tuple[Rung, ...]
    bounds: tuple[float, float]

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """One value of the vital."""
        if not isinstance(what, Reading):
            return
        if not what.counts or what.value is None:
            condition.spans.gap(now)
            return
        holds = COMPARE[self.op](what.value, self.limit)
        if not (holds or condition.raised or condition.spans.held or condition.spans.last is not None):
            return  # by far the most values
        condition.spans.add(now, holds=holds)
        total = condition.spans.total(now - self.window_s)
        reached = climb(self.ladder, total, seen.phase, beyond=True)
        if holds:
            condition.value, condition.limit = what.value, self.limit
        if reached is not None:
            condition.priority = worse(reached, condition.priority) if condition.raised else reached
            condition.raised = True
            condition.detail = f"{total:.0f} s in the last {self.window_s / 60:g} min"
        elif total < self.clear_s:
            condition.raised = False

    def priorities(self) -> tuple[Priority, ...]:
        """Its rungs'."""
        return tuple(rung.priority for rung in self.ladder)

    def mistakes(self) -> list[str]:
        """Limits outside the bounds, and sums that could never be reached or never be over."""
        found = super().mistakes() + out_of_bounds(self.rule, "limit", self.limit, self.bounds)
        found += out_of_bounds(self.rule, "window_s", self.window_s, allowed.LOOK_BACK_S)
        own = [*allowed.wider("bounds", self.bounds, self.measured, self.direction), *self._sums()]
        found = list(dict.fromkeys(found + [f"rule {self.rule!r}: {mistake}" for mistake in own]))
        return found + ladder_mistakes(self, "ladder", self.ladder) + first_rung_mistakes(self, self.ladder)

    def _sums(self) -> Iterator[str]:
        if not self.ladder:
            return
        first, last = self.ladder[0].after_s, self.ladder[-1].after_s
        if last >= self.window_s:
            yield f"window_s = {self.window_s:g} has no room for the ladder's {last:g} s; make it longer"
        if not 0 < self.clear_s <= first:
            yield f"clear_s = {self.clear_s:g} is outside 0..{first:g}; it would never be over, or chatter"

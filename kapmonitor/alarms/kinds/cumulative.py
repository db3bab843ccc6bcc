"""Rules on how long a number was beyond a limit, added up over the recent past."""

from __future__ import annotations

from collections.abc import Iterator

from kapmonitor.alarms import bounds as allowed
from kapmonitor.alarms.inputs import Input
from kapmonitor.alarms.kinds.limit import Limit
from kapmonitor.alarms.rules import Rung, climb, first_rung_mistakes, ladder_mistakes, out_of_bounds
from kapmonitor.alarms.state import Condition, EngineState
from kapmonitor.alarms.words import COMPARE, Priority
from kapmonitor.model import COUNTING, Reading

_WORST = max(Priority, key=lambda each: each.rank)


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
        spans = condition.spans
        value = what.value if what.quality in COUNTING else None
        if value is None:
            spans.gap(now)
            return
        holds = COMPARE[self.op](value, self.limit)
        spans.add(now, holds=holds)
        total = spans.total(now - self.window_s)
        if holds:
            condition.note(value, self.limit, condition.priority)
        if total < self.clear_s:  # and so below the first rung: `_sums` sees to it
            condition.raised = False
        elif not condition.raised or condition.priority is not _WORST:
            self._climb(condition, climb(self.ladder, total, seen.phase, beyond=True))

    def _climb(self, condition: Condition, reached: Priority | None) -> None:
        if reached is not None and not (condition.raised and condition.priority.rank >= reached.rank):
            condition.raised, condition.priority = True, reached

    def told(self, condition: Condition, now: float) -> str:
        """How long in all."""
        return f"{condition.spans.total(now - self.window_s):.0f} s in the last {self.window_s / 60:g} min"

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

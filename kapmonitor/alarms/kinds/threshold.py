"""Rules on a number that comes every second: beyond a limit for a while."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kapmonitor.alarms import bounds as allowed
from kapmonitor.alarms.inputs import Input
from kapmonitor.alarms.kinds.limit import Limit
from kapmonitor.alarms.rates import NO_VALUE, Rates, Verdict
from kapmonitor.alarms.rules import out_of_bounds
from kapmonitor.alarms.state import Condition, EngineState
from kapmonitor.alarms.words import COMPARE, EPSILON, Operator
from kapmonitor.model import COUNTING, Reading


class Fast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shorter delay for a fall that was seen coming.

    `delay_s` holds where valid values from `low` to `high` filled `fill_s` of the `within_s` before it.
    """

    delay_s: float
    low: float
    high: float
    fill_s: float
    within_s: float

    def mistakes(self, rule: ThresholdRule) -> Iterator[str]:
        """What would make it slower than the rule's own delay, or keep a fall from being seen."""
        if not 0 <= self.delay_s <= rule.delay_s:
            yield f"fast.delay_s = {self.delay_s:g} is outside 0..{rule.delay_s:g}, the rule's own delay_s"
        if not 0 < self.fill_s <= self.within_s <= allowed.LOOK_BACK_S[1]:
            least = f"fast.fill_s = {self.fill_s:g} has to fit into within_s = {self.within_s:g}"
            yield f"{least}, at most {allowed.LOOK_BACK_S[1]} s"
        if not rule.guards_low():
            yield "fast is for what falls: an op of < or <="
        elif not rule.limit < self.high or self.low > self.high:
            band = f"fast.low..fast.high = {self.low:g}..{self.high:g}"
            yield f"{band} has to reach above limit = {rule.limit:g}; no fall would be seen coming"


class ThresholdRule(Limit, frozen=True, kw_only=True, tag="threshold"):
    """Raised when `vital` `op` `limit` for `delay_s`; over when `vital` `clear_op` `clear` for `hold_s`.

    With a same-day baseline below `limit` + `baseline_margin` the limit follows it down:
    `max(baseline - baseline_margin, baseline_floor)`, and the clearing value keeps its distance.
    """

    delay_s: float
    clear_op: Operator
    clear: float
    hold_s: float
    bounds: tuple[float, float]
    baseline_margin: float | None = None
    baseline_floor: float = 0.0
    fast: Fast | None = None

    def calm(self) -> tuple[float, float]:
        """What is beyond the limit, and beyond the band in which a fall announces itself."""
        low, high = super().calm()
        return (low if self.fast is None else max(low, self.fast.high)), high

    def effective(self, baseline: float | None) -> float:
        """The limit for a patient with this same-day `baseline` of the same vital (None: unknown)."""
        if self.baseline_margin is None or baseline is None or baseline >= self.limit + self.baseline_margin:
            return self.limit
        return min(self.limit, max(baseline - self.baseline_margin, self.baseline_floor))

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """One value of the vital, or of the source that speaks for it."""
        if not isinstance(what, Reading):
            return
        limit, verdict = self.limit, NO_VALUE
        if self.baseline_margin is not None:
            limit = self.effective(seen.baseline.get(self.quantities()[0]))
        value = what.value if what.quality in COUNTING else None
        if self.vital == "rate":
            found = Rates(what.quantity, *seen.rates).verdict(self.op, limit)
            if found is None:
                return
            verdict, value = found, found.value
        if value is None:
            condition.raising.hold(now)
            condition.clearing.hold(now)
            condition.spans.gap(now)
        else:
            self._hear(condition, value, limit, verdict, now)

    def _hear(self, condition: Condition, value: float, limit: float, verdict: Verdict, now: float) -> None:
        breaks = COMPARE[self.op](value, limit)
        delay_s = self.delay_s
        if self.fast is not None:
            delay_s = self._fast_delay(condition, self.fast, value, breaks=breaks, now=now)
        if breaks:
            condition.note(value, limit, self.priority, verdict.detail)
            if condition.raised:
                condition.clearing.stop()  # what breaks it never clears: `clearing_mistakes` sees to it
            else:
                condition.raising.go_on(now)
                condition.raised = condition.raising.reached(max(delay_s, verdict.delay_s))
        elif condition.raised:
            self._clear(condition, value, limit, now)
        elif condition.raising.last is not None or condition.raising.held:
            condition.raising.stop()

    def _clear(self, condition: Condition, value: float, limit: float, now: float) -> None:
        """A value that keeps the limit; it may not be good enough yet."""
        if not COMPARE[self.clear_op](value, limit + (self.clear - self.limit)):
            condition.clearing.stop()
            return
        condition.clearing.go_on(now)
        if condition.clearing.reached(self.hold_s):
            condition.raised = False
            condition.raising.stop()
            condition.clearing.stop()

    def _fast_delay(
        self, condition: Condition, fast: Fast, value: float, *, breaks: bool, now: float
    ) -> float:
        """The delay for a run of violating values: decided at its first, from what came before."""
        spans, before = condition.spans, now - fast.within_s
        if not breaks:
            if condition.delay_s is not None:
                condition.delay_s = None
            if spans.held and spans.held[0].end <= before:
                spans.forget(before)
        elif condition.delay_s is None:
            spans.add(now, holds=False)
            seen_coming = spans.total(before) >= fast.fill_s - EPSILON
            condition.delay_s = fast.delay_s if seen_coming else self.delay_s
        spans.add(now, holds=fast.low <= value <= fast.high)
        return self.delay_s if condition.delay_s is None else condition.delay_s

    def mistakes(self) -> list[str]:
        """Limits outside the bounds, times that no site may choose, and what could never be over."""
        found = super().mistakes() + out_of_bounds(self.rule, "limit", self.limit, self.bounds)
        found += out_of_bounds(self.rule, "delay_s", self.delay_s, allowed.DELAY_S)
        found += out_of_bounds(self.rule, "hold_s", self.hold_s, allowed.HOLD_S)
        own = [*allowed.wider("bounds", self.bounds, self.measured, self.direction)]
        own += self.clearing_mistakes(self.clear_op, self.clear)
        own += self._following()
        own += () if self.fast is None else self.fast.mistakes(self)
        # A limit outside both the row's bounds and everybody's is one mistake.
        return list(dict.fromkeys(found + [f"rule {self.rule!r}: {mistake}" for mistake in own]))

    def _following(self) -> Iterator[str]:
        """A limit that follows the baseline to where no site may put it."""
        if self.baseline_margin is None:
            return
        low, high = allowed.BASELINE_MARGIN
        if not self.guards_low():
            yield "baseline_margin is for low limits; leave it out"
        elif not low <= self.baseline_margin <= high:
            yield f"baseline_margin = {self.baseline_margin:g} is outside {low}..{high}; choose one inside"
        elif self.baseline_floor > self.limit:
            floor = f"baseline_floor = {self.baseline_floor:g} lies above limit = {self.limit:g}"
            yield f"{floor}; the limit would never follow"
        else:
            least = self.bounds[0]
            lowest = next((b for b in self.baselines() if self.effective(b) < least), None)
            if lowest is not None:
                followed = f"with a baseline of {lowest:g} the limit would be {self.effective(lowest):g}"
                yield f"{followed}, outside the bounds; raise baseline_floor to {least:g}"

    def baselines(self) -> list[float | None]:
        """The baselines for which it has to hold good; None: not known."""
        return [None, *allowed.BASELINES.get(self.measured, ())]

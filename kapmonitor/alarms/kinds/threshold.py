"""Rules on a number that comes every second: beyond a limit for a while."""

from __future__ import annotations

from math import inf
from typing import ClassVar

import msgspec

from kapmonitor.alarms.inputs import Input
from kapmonitor.alarms.rates import NO_VALUE, Rates, Verdict
from kapmonitor.alarms.rules import Row, Rung, climb, ladder_mistakes, out_of_bounds, worse
from kapmonitor.alarms.state import Condition, EngineState
from kapmonitor.alarms.words import COMPARE, EPSILON, RATES, Operator
from kapmonitor.model import Reading
from kapmonitor.quantities import QUANTITIES


class Limit(Row, frozen=True, kw_only=True):
    """What rules on one vital share. `vital` is a quantity, or `rate`: by whatever source has one."""

    vital: str
    op: Operator
    limit: float

    minds_missing: ClassVar[bool] = False

    def quantities(self) -> tuple[str, ...]:
        """The quantities that `vital` stands for."""
        return RATES if self.vital == "rate" else (self.vital,)

    def reads(self) -> frozenset[str]:
        """Its quantities."""
        return frozenset(self.quantities())

    def limits(self) -> dict[str, float]:
        """The limit, for each quantity that `vital` stands for."""
        return dict.fromkeys(self.quantities(), self.limit)

    def calm(self) -> tuple[float, float]:
        """What is beyond the limit, on the good side."""
        return (self.limit, inf) if self.op.startswith("<") else (-inf, self.limit)

    def guards_low(self) -> bool:
        """Whether what is below the limit is bad."""
        return self.op.startswith("<")

    def mistakes(self) -> list[str]:
        """A vital that nothing measures."""
        unknown = [name for name in self.quantities() if name not in QUANTITIES]
        known = f"{', '.join(QUANTITIES)}, rate"
        return [f"rule {self.rule!r}: there is no vital {name!r}; vitals are {known}" for name in unknown]


class Fast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shorter delay for a fall that was seen coming.

    `delay_s` holds where valid values from `low` to `high` filled `fill_s` of the `within_s` before it.
    """

    delay_s: float
    low: float
    high: float
    fill_s: float
    within_s: float


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
        """One value of the vital."""
        if not isinstance(what, Reading):
            return
        limit = self.limit
        if self.baseline_margin is not None:
            limit = self.effective(seen.baseline.get(self.quantities()[0]))
        verdict = self._verdict(what, seen, limit)
        if verdict is None:
            return
        if verdict.value is None:
            condition.raising.hold(now)
            condition.clearing.hold(now)
            condition.spans.gap(now)
            return
        self._compare(condition, verdict.value, verdict, limit, now)

    def _verdict(self, what: Reading, seen: EngineState, limit: float) -> Verdict | None:
        if self.vital == "rate":
            return Rates(what.quantity, *seen.rates).verdict(self.op, limit)
        return Verdict(what.value) if what.counts else NO_VALUE

    def _compare(
        self, condition: Condition, value: float, verdict: Verdict, limit: float, now: float
    ) -> None:
        breaks = COMPARE[self.op](value, limit)
        delay_s = (
            self.delay_s
            if self.fast is None
            else self._fast_delay(condition, self.fast, value, breaks=breaks, now=now)
        )
        if breaks:
            condition.value, condition.limit, condition.detail = value, limit, verdict.detail
            condition.priority = self.priority
        if condition.raised:
            self._clear(condition, value, limit, now)
        elif breaks:
            condition.raising.go_on(now)
            condition.raised = condition.raising.reached(max(delay_s, verdict.delay_s))
        else:
            condition.raising.stop()

    def _clear(self, condition: Condition, value: float, limit: float, now: float) -> None:
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
            condition.delay_s = None
            spans.forget(before)
        elif condition.delay_s is None:
            spans.add(now, holds=False)
            seen_coming = spans.total(before) >= fast.fill_s - EPSILON
            condition.delay_s = fast.delay_s if seen_coming else self.delay_s
        spans.add(now, holds=fast.low <= value <= fast.high)
        return self.delay_s if condition.delay_s is None else condition.delay_s

    def mistakes(self) -> list[str]:
        """Limits outside the bounds, and clearing values that could never be reached."""
        found = super().mistakes() + out_of_bounds(self.rule, "limit", self.limit, self.bounds)
        beyond = self.clear < self.limit if self.op.startswith("<") else self.clear > self.limit
        if beyond:
            where = f"clear = {self.clear:g} lies beyond limit = {self.limit:g}"
            found.append(f"rule {self.rule!r}: {where}; it could never be over")
        return found


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

    def mistakes(self) -> list[str]:
        """Limits outside the bounds, and a ladder that could never be over."""
        found = super().mistakes() + out_of_bounds(self.rule, "limit", self.limit, self.bounds)
        return found + ladder_mistakes(self.rule, self.ladder)

"""Rules on blood pressure: judged once for each valid cuff measurement."""

from __future__ import annotations

from typing import ClassVar

from kapmonitor.alarms.inputs import Input
from kapmonitor.alarms.rules import Row, out_of_bounds
from kapmonitor.alarms.state import Condition, EngineState, Pressures
from kapmonitor.alarms.words import COMPARE, Operator, Priority
from kapmonitor.model import BloodPressure, Happened

CONFIRM_WITHIN_S = 120.0
"""Until a repeat within this time says the same, a critical pressure is "unconfirmed" (s)."""


class _OfPressure(Row, frozen=True, kw_only=True):
    unit: ClassVar[str] = "mmHg"

    def acknowledged_until(self, priority: Priority, at: float, seen: EngineState) -> float:
        """Until the next measurement is overdue: 5 minutes for a high alarm, else interval + 2 minutes."""
        if priority is Priority.HIGH or not seen.interval_s:
            return at + 300.0
        return at + seen.interval_s + 120.0


class _PerReading(_OfPressure, frozen=True, kw_only=True):
    def reads(self) -> frozenset[str]:
        """Cuff measurements."""
        return frozenset({"BloodPressure"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """One measurement; a questionable or failed one changes nothing."""
        pressures = seen.pressures
        if not isinstance(what, BloodPressure) or pressures is None or pressures.at != now:
            return
        condition.priority = self.priority
        broken = self._broken(pressures, seen.baseline)
        if broken is not None:
            condition.raised = True
            condition.violations, condition.good = condition.violations + 1, 0
            condition.value, condition.limit, condition.detail = broken
            if self.priority is Priority.HIGH and condition.violations == 1:
                condition.detail += f", unconfirmed: repeat within {CONFIRM_WITHIN_S / 60:g} min"
            return
        condition.violations = 0
        if self._clear(pressures, seen.baseline):
            condition.good += 1
            condition.raised = condition.raised and condition.good < self._needed()
        else:
            condition.good = 0

    def _broken(self, pressures: Pressures, baseline: dict[str, float]) -> tuple[float, float, str] | None:
        raise NotImplementedError

    def _clear(self, pressures: Pressures, baseline: dict[str, float]) -> bool:
        raise NotImplementedError

    def _needed(self) -> int:
        return 1


class PressureRule(_PerReading, frozen=True, kw_only=True, tag="pressure"):
    """Either pressure at or above its limit raises.

    Over when both were below their clearing values on `clear_readings` measurements in a row. `relative`: all
    four are rises above the same-day baseline, and without one nothing is judged.
    """

    systolic: float
    diastolic: float
    clear_systolic: float
    clear_diastolic: float
    clear_readings: int = 1
    relative: bool = False
    systolic_bounds: tuple[float, float] | None = None
    diastolic_bounds: tuple[float, float] | None = None

    def _zero(self, baseline: dict[str, float]) -> tuple[float, float] | None:
        if not self.relative:
            return 0.0, 0.0
        if "systolic" not in baseline or "diastolic" not in baseline:
            return None
        return baseline["systolic"], baseline["diastolic"]

    def _broken(self, pressures: Pressures, baseline: dict[str, float]) -> tuple[float, float, str] | None:
        zero = self._zero(baseline)
        if zero is None:
            return None
        if pressures.systolic >= zero[0] + self.systolic:
            return pressures.systolic, zero[0] + self.systolic, "systolic"
        if pressures.diastolic >= zero[1] + self.diastolic:
            return pressures.diastolic, zero[1] + self.diastolic, "diastolic"
        return None

    def _clear(self, pressures: Pressures, baseline: dict[str, float]) -> bool:
        zero = self._zero(baseline)
        return zero is not None and (
            pressures.systolic < zero[0] + self.clear_systolic
            and pressures.diastolic < zero[1] + self.clear_diastolic
        )

    def _needed(self) -> int:
        return self.clear_readings

    def limits(self) -> dict[str, float]:
        """Both limits, where they are fixed."""
        return {} if self.relative else {"systolic": self.systolic, "diastolic": self.diastolic}

    def mistakes(self) -> list[str]:
        """Limits outside the bounds, and clearing pressures above their limits."""
        found: list[str] = []
        if self.systolic_bounds is not None:
            found += out_of_bounds(self.rule, "systolic", self.systolic, self.systolic_bounds)
        if self.diastolic_bounds is not None:
            found += out_of_bounds(self.rule, "diastolic", self.diastolic, self.diastolic_bounds)
        if self.clear_systolic > self.systolic or self.clear_diastolic > self.diastolic:
            found.append(
                f"rule {self.rule!r}: a clearing pressure lies above its limit; it could never be over"
            )
        return found


class LowPressureRule(_PerReading, frozen=True, kw_only=True, tag="low-pressure"):
    """The systolic pressure `op` `limit`; or below `fall_below` and more than `fall_percent` under baseline.

    Over with one measurement above `clear`.
    """

    op: Operator
    limit: float
    clear: float
    bounds: tuple[float, float]
    fall_below: float | None = None
    fall_percent: float = 0.0

    def _broken(self, pressures: Pressures, baseline: dict[str, float]) -> tuple[float, float, str] | None:
        systolic = pressures.systolic
        if COMPARE[self.op](systolic, self.limit):
            return systolic, self.limit, "systolic"
        usual = baseline.get("systolic")
        if usual is None or self.fall_below is None:
            return None
        least = usual * (1 - self.fall_percent / 100)
        if systolic < self.fall_below and systolic < least:
            return systolic, round(least, 1), f"more than {self.fall_percent:g} % under baseline"
        return None

    def _clear(self, pressures: Pressures, baseline: dict[str, float]) -> bool:
        del baseline
        return pressures.systolic > self.clear

    def guards_low(self) -> bool:
        """A lower limit."""
        return True

    def limits(self) -> dict[str, float]:
        """The systolic limit."""
        return {"systolic": self.limit}

    def mistakes(self) -> list[str]:
        """A limit outside the bounds, and a clearing pressure below it."""
        found = out_of_bounds(self.rule, "limit", self.limit, self.bounds)
        if self.clear < self.limit:
            found.append(f"rule {self.rule!r}: clear lies below limit; it would chatter")
        return found


class PressureWithSymptomsRule(_OfPressure, frozen=True, kw_only=True, tag="pressure-with-symptoms"):
    """A high pressure and a severe symptom within `within_s` of each other, in either order.

    Over when no such symptom is left, or the newest measurement is below both clearing values.
    """

    systolic: float
    diastolic: float
    clear_systolic: float
    clear_diastolic: float
    within_s: float
    symptoms: tuple[str, ...]
    severity: str = "severe"

    def reads(self) -> frozenset[str]:
        """Cuff measurements and symptoms."""
        return frozenset({"BloodPressure", "Happened"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """A measurement, or a symptom that came or went."""
        pressures = seen.pressures
        if not isinstance(what, BloodPressure | Happened) or pressures is None:
            return
        condition.priority = self.priority
        present = [
            each
            for kind, each in seen.symptoms.items()
            if kind in self.symptoms and each.severity == self.severity
        ]
        high = pressures.systolic >= self.systolic or pressures.diastolic >= self.diastolic
        if isinstance(what, BloodPressure) and pressures.at == now:
            condition.violations = condition.violations + 1 if high else 0
        near = [each for each in present if abs(each.at - pressures.at) <= self.within_s]
        if high and near:
            condition.raised = True
            condition.value, condition.limit = self._broken(pressures)
            condition.detail = ", ".join(f"severe {each.kind}" for each in near)
        elif not present or self._clear(pressures):
            condition.raised = False

    def _broken(self, pressures: Pressures) -> tuple[float, float]:
        if pressures.systolic >= self.systolic:
            return pressures.systolic, self.systolic
        return pressures.diastolic, self.diastolic

    def _clear(self, pressures: Pressures) -> bool:
        return pressures.systolic < self.clear_systolic and pressures.diastolic < self.clear_diastolic

"""Rules on blood pressure: judged once for each valid cuff measurement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from kapmonitor.alarms import bounds as allowed
from kapmonitor.alarms.inputs import Input
from kapmonitor.alarms.rules import Row
from kapmonitor.alarms.state import Condition, EngineState, Pressures
from kapmonitor.alarms.words import COMPARE, Operator, Priority
from kapmonitor.model import BloodPressure, Phase

CONFIRM_WITHIN_S = 120.0
"""Until a repeat within this time says the same, a critical pressure is "unconfirmed" (s)."""
WITH_BASELINE = (Phase.ONSET, Phase.PEAK, Phase.RECOVERY)
"""The phases in which a rise above the baseline is judged: from onset to recovery."""


class PressureRow(Row, frozen=True, kw_only=True):
    """What rules on pressures share: their unit, and how long an acknowledgement lasts."""

    unit: ClassVar[str] = "mmHg"

    def acknowledged_until(self, priority: Priority, at: float, seen: EngineState) -> float:
        """Until the next measurement is overdue: 5 minutes for a high alarm, else interval + 2 minutes."""
        if priority is Priority.HIGH or not seen.interval_s:
            return at + 300.0
        return at + seen.interval_s + 120.0


class _PerReading(PressureRow, frozen=True, kw_only=True):
    per_reading: ClassVar[bool] = True

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

    def subject(self) -> str:
        """A pressure that is too high."""
        return HIGH

    def needed_phases(self) -> tuple[Phase, ...]:
        """A rise above the baseline is judged from onset to recovery, a fixed limit always."""
        return WITH_BASELINE if self.relative else super().needed_phases()

    def mistakes(self) -> list[str]:
        """Limits outside the bounds, and clearing pressures that could never end it."""
        own = [*self._bounds()]
        pairs = (
            ("systolic", self.systolic, self.clear_systolic),
            ("diastolic", self.diastolic, self.clear_diastolic),
        )
        for key, limit, clear in pairs:
            rest = 0.0 if self.relative else allowed.REST[key]
            own += inside(key, limit, allowed.RISE[key] if self.relative else allowed.SITE[key, "high"])
            own += clearing(f"clear_{key}", clear, key, limit, rest)
        own += inside("clear_readings", self.clear_readings, allowed.CLEAR_READINGS)
        return super().mistakes() + list(dict.fromkeys(f"rule {self.rule!r}: {each}" for each in own))

    def _bounds(self) -> Iterator[str]:
        if self.systolic_bounds is not None:
            yield from _bounded("systolic", self.systolic, self.systolic_bounds, relative=self.relative)
        if self.diastolic_bounds is not None:
            yield from _bounded("diastolic", self.diastolic, self.diastolic_bounds, relative=self.relative)


HIGH, LOW = "pressure high", "pressure low"
"""What rules on pressures are about."""


def _bounded(key: str, limit: float, own: tuple[float, float], *, relative: bool) -> Iterator[str]:
    yield from inside(key, limit, own)
    if not relative:
        yield from allowed.wider(f"{key}_bounds", own, key, "high")


def inside(key: str, value: float, within: tuple[float, float]) -> Iterator[str]:
    """Nothing, where `value` is one that a site may choose."""
    if not within[0] <= value <= within[1]:
        yield f"{key} = {value:g} is outside {within[0]:g}..{within[1]:g}; choose one inside"


def clearing(key: str, clear: float, limited: str, limit: float, rest: float) -> Iterator[str]:
    """A clearing pressure above its limit, or one that somebody at rest (`rest`) is not below."""
    if clear > limit:
        yield f"{key} = {clear:g} lies above {limited} = {limit:g}; it could never be over"
    elif clear <= rest:
        yield f"{key} = {clear:g} has to lie above {rest:g}; it could never be over for somebody at rest"


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

    def subject(self) -> str:
        """A pressure that is too low."""
        return LOW

    def mistakes(self) -> list[str]:
        """A limit outside the bounds, a clearing pressure out of reach, or a fall that means nothing."""
        own = [*inside("limit", self.limit, self.bounds)]
        own += inside("limit", self.limit, allowed.SITE["systolic", "low"])
        own += allowed.wider("bounds", self.bounds, "systolic", "low")
        rest = allowed.REST["systolic"]
        if not self.op.startswith("<"):
            own.append(f"op = {self.op!r} looks up; a low pressure needs < or <=")
        if self.clear < self.limit:
            own.append(f"clear = {self.clear:g} lies beyond limit = {self.limit:g}; it would chatter")
        elif self.clear >= rest:
            below = f"clear = {self.clear:g} has to lie below {rest:g}"
            own.append(f"{below}; it could never be over for somebody at rest")
        if self.fall_below is not None:
            own += inside("fall_below", self.fall_below, allowed.FALL_BELOW)
            own += inside("fall_percent", self.fall_percent, allowed.FALL_PERCENT)
        elif self.fall_percent:
            own.append("fall_percent needs fall_below: the pressure below which a fall counts")
        return super().mistakes() + list(dict.fromkeys(f"rule {self.rule!r}: {each}" for each in own))

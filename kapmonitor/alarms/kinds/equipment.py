"""Technical rules on the equipment itself: cuffs that fail, batteries, data that must not be used."""

from __future__ import annotations

from typing import ClassVar

from kapmonitor.alarms import bounds
from kapmonitor.alarms.inputs import Battery, DevicesMatch, Input
from kapmonitor.alarms.kinds.technical import REFUSED, falling_mistakes
from kapmonitor.alarms.rules import Row, out_of_bounds
from kapmonitor.alarms.state import Condition, EngineState
from kapmonitor.alarms.words import Priority
from kapmonitor.documents import AlarmKind
from kapmonitor.model import BloodPressure, DeviceKind, DeviceReport, DeviceState, Reading


class CuffRule(Row, frozen=True, kw_only=True, tag="cuff-unavailable"):
    """The cuff is disconnected, or `failures` measurements in a row failed; over with a measurement.

    One that a person stopped is neither.
    """

    failures: int

    of: ClassVar[AlarmKind] = "technical"

    def reads(self) -> frozenset[str]:
        """Cuff measurements and device reports."""
        return frozenset({"BloodPressure", "DeviceReport"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """A measurement, or a word from the cuff's supervisor."""
        del now
        condition.priority = self.priority
        if isinstance(what, BloodPressure) and what.reason != "aborted":
            failed = what.systolic.value is None and what.reason != "out_of_range"
            condition.violations = condition.violations + 1 if failed else 0
        report = seen.devices.get(DeviceKind.CUFF)
        # Once gone it is gone until it answers: in between its supervisor only tries again.
        was_gone = condition.raised and condition.detail == GONE and not _answers(report)
        gone = was_gone or (report is not None and report.state in _GONE)
        condition.raised = gone or condition.violations >= self.failures
        condition.detail = GONE if gone else "measurements fail" if condition.raised else ""

    def mistakes(self) -> list[str]:
        """A number of failures that no site may choose."""
        return super().mistakes() + out_of_bounds(self.rule, "failures", self.failures, bounds.FAILURES)


GONE = "disconnected"
_GONE = (DeviceState.LOST, DeviceState.NEEDS_PAIRING)


def _answers(report: DeviceReport | None) -> bool:
    return report is not None and report.state is DeviceState.LIVE


class ImplausibleRule(Row, frozen=True, kw_only=True, tag="nibp-implausible"):
    """A cuff measurement whose pressures do not fit each other; over with the next that do."""

    of: ClassVar[AlarmKind] = "technical"
    unit: ClassVar[str] = "mmHg"

    def reads(self) -> frozenset[str]:
        """Cuff measurements."""
        return frozenset({"BloodPressure"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """One measurement."""
        del seen, now
        if not isinstance(what, BloodPressure):
            return
        condition.priority = self.priority
        condition.raised = what.reason in ("implausible", "out_of_range")
        condition.value = what.systolic.value


class BatteryRule(Row, frozen=True, kw_only=True, tag="battery-low"):
    """The weakest battery of the seat's devices is below a rung's `below` (%)."""

    below: float
    urgent_below: float

    anywhere: ClassVar[bool] = True
    of: ClassVar[AlarmKind] = "technical"
    unit: ClassVar[str] = "%"

    def reads(self) -> frozenset[str]:
        """Batteries."""
        return frozenset({"Battery"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """One battery."""
        del now
        if not isinstance(what, Battery):
            return
        device, percent = min(seen.batteries.items(), key=lambda item: item[1])
        condition.raised = percent < self.below
        condition.priority = Priority.MEDIUM if percent < self.urgent_below else self.priority
        condition.value, condition.limit = percent, self.below
        condition.detail = device

    def priorities(self) -> tuple[Priority, ...]:
        """Its own, then medium."""
        return self.priority, Priority.MEDIUM

    def mistakes(self) -> list[str]:
        """Rungs that do not fall, and a priority that would."""
        found = super().mistakes() + out_of_bounds(self.rule, "below", self.below, bounds.BATTERY)
        below = (bounds.BATTERY[0], self.below)
        return (
            found
            + out_of_bounds(self.rule, "urgent_below", self.urgent_below, below)
            + falling_mistakes(self)
        )


class MismatchRule(Row, frozen=True, kw_only=True, tag="devices-mismatch"):
    """Strap and oximeter are on two people, as their beats say; over when the beats say that it is one.

    Devices that send nothing to compare say nothing: that neither begins nor ends it.
    """

    anywhere: ClassVar[bool] = True
    of: ClassVar[AlarmKind] = "technical"

    def reads(self) -> frozenset[str]:
        """What the comparison of the beats said."""
        return frozenset({"DevicesMatch"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """One comparison."""
        del seen, now
        if isinstance(what, DevicesMatch):
            condition.priority = self.priority
            condition.raised = not what.same


class RefusedSourceRule(Row, frozen=True, kw_only=True, tag="refused-source"):
    """Data that must not be used here keep coming: `reason` says why; over when none came for `hold_s`."""

    reason: str
    hold_s: float

    anywhere: ClassVar[bool] = True
    of: ClassVar[AlarmKind] = "technical"

    def reads(self) -> frozenset[str]:
        """Readings that were refused for its reason, and seconds."""
        return frozenset({self.reason, "Tick"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """A value, or a second without one."""
        del seen
        if isinstance(what, Reading) and what.reason == self.reason:
            condition.priority = self.priority
            condition.raised, condition.since = True, now
        elif condition.raised and condition.since is not None and now - condition.since >= self.hold_s:
            condition.raised = False

    def subject(self) -> str:
        """Data that are refused for its reason."""
        return f"refused: {self.reason}"

    def mistakes(self) -> list[str]:
        """A reason for which nothing is refused, or a time that no site may choose."""
        found = super().mistakes() + out_of_bounds(self.rule, "hold_s", self.hold_s, bounds.HOLD_S)
        if self.reason not in REFUSED:
            given = f"reason = {self.reason!r}: nothing is refused for it; reasons are {', '.join(REFUSED)}"
            found.append(f"rule {self.rule!r}: {given}")
        return found

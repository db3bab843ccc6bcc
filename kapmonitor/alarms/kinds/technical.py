"""Technical rules: one cause, one alarm. What is not measured, late, contradictory, or about to fail."""

from __future__ import annotations

from math import inf
from typing import ClassVar

from kapmonitor.alarms.inputs import Battery, CuffDue, Input, Tick
from kapmonitor.alarms.rates import Rates
from kapmonitor.alarms.rules import Row, Rung, climb, ladder_mistakes
from kapmonitor.alarms.state import Condition, EngineState, Signal
from kapmonitor.alarms.words import EPSILON, RATES, Priority
from kapmonitor.documents import AlarmKind
from kapmonitor.model import BloodPressure, DeviceKind, DeviceReport, DeviceState, Reading
from kapmonitor.quantities import QUANTITIES

NOTHING = "nothing is being measured"
REFUSED = ("simulated_source", "wrong_device")
"""Reasons of values that came and must not be used: an alarm of its own says so."""


def absent_s(names: tuple[str, ...], seen: EngineState, now: float) -> float | None:
    """For how long none of these quantities had a valid value; None while ladders do not run.

    The time counts from the last valid value, at the earliest from the phase in which ladders begin, and not
    during a planned interruption.
    """
    if seen.ladders_from is None or seen.interruption is not None:
        return None
    newest = max(seen.ladders_from, seen.interrupted_at or seen.ladders_from)
    for name in names:
        signal = seen.signals.get(name)
        if signal is not None and signal.valid_at is not None and signal.valid_at > newest:
            newest = signal.valid_at
    return now - newest


class UnavailableRule(Row, frozen=True, kw_only=True, tag="unavailable"):
    """No valid value of `vital` for as long as the ladder says; over with the next one.

    `nothing_ladder` holds while there is no valid rate and no valid SpO2 at all. `yields_to`: the rule that
    speaks for both then. A planned interruption that runs out is at once as bad as `overtime`.
    """

    vital: str
    ladder: tuple[Rung, ...]
    nothing_ladder: tuple[Rung, ...] = ()
    yields_to: str = ""
    overtime: Priority = Priority.MEDIUM

    of: ClassVar[AlarmKind] = "technical"
    minds_missing: ClassVar[bool] = False  # only a second begins it

    def quantities(self) -> tuple[str, ...]:
        """The quantities that `vital` stands for."""
        return RATES if self.vital == "rate" else (self.vital,)

    def reads(self) -> frozenset[str]:
        """Its quantities, seconds and phases."""
        return frozenset({*self.quantities(), "Tick", "PhaseSet"})

    def calm_until(self, seen: EngineState) -> float:
        """Until the first rung, from the newest value."""
        absent = absent_s(self.quantities(), seen, 0.0)
        if absent is None or seen.interrupted_at is not None:
            return -inf
        return self.ladder[0].after_s - absent - 1

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """A value, or a second without one; only a second can raise."""
        if isinstance(what, Reading) and not condition.raised:
            return
        absent = absent_s(self.quantities(), seen, now)
        good = absent is not None and absent < self.ladder[0].after_s - EPSILON
        if good and not condition.raised and seen.interrupted_at is None:
            return  # by far the most seconds
        reached = None if absent is None else climb(self.ladder, absent, seen.phase)
        nothing = absent_s((*RATES, "spo2"), seen, now)
        worse = None if nothing is None else climb(self.nothing_ladder, nothing, seen.phase)
        condition.detail = NOTHING if worse is not None else ""
        ranks = [each for each in (reached, worse, self._overtime(absent, seen, now)) if each is not None]
        priority = max(ranks, key=lambda each: each.rank, default=None)
        refused = any(signal.reason in REFUSED for signal in self._signals(seen))
        condition.raised = priority is not None and not refused and not self._yields(priority, seen)
        condition.priority = priority or Priority.LOW

    def _signals(self, seen: EngineState) -> list[Signal]:
        return [seen.signals[name] for name in self.quantities() if name in seen.signals]

    def _overtime(self, absent: float | None, seen: EngineState, now: float) -> Priority | None:
        """A planned interruption ran out, and nothing valid came since."""
        if absent is None or seen.interrupted_at is None or now - absent > seen.interrupted_at:
            return None
        return self.overtime

    def _yields(self, priority: Priority, seen: EngineState) -> bool:
        other = seen.conditions.get(self.yields_to)
        spoken_for = other is not None and other.raised and other.detail == NOTHING
        return other is not None and spoken_for and other.priority.rank >= priority.rank

    def mistakes(self) -> list[str]:
        """An unknown vital, or a ladder that could never be over."""
        unknown = [name for name in self.quantities() if name not in QUANTITIES]
        found = [f"rule {self.rule!r}: there is no vital {name!r}" for name in unknown]
        return found + ladder_mistakes(self.rule, self.ladder)


class DisagreeRule(Row, frozen=True, kw_only=True, tag="rates-disagree"):
    """Strap and oximeter are both valid and more than 20 /min apart for `delay_s`; over when they agree."""

    delay_s: float

    of: ClassVar[AlarmKind] = "technical"
    minds_missing: ClassVar[bool] = False
    minds_contradiction: ClassVar[bool] = True
    unit: ClassVar[str] = "/min"

    def reads(self) -> frozenset[str]:
        """Both rates."""
        return frozenset(RATES)

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """One rate."""
        if not isinstance(what, Reading):
            return
        condition.priority = self.priority
        rates = Rates(what.quantity, *seen.rates)
        if rates.apart is None:
            condition.raising.hold(now)
        elif rates.disagree:
            condition.raising.go_on(now)
            condition.value, condition.detail = rates.apart, rates.both()
            condition.raised = condition.raised or condition.raising.reached(self.delay_s)
        else:
            condition.raising.stop()
            condition.raised = False


class OverdueRule(Row, frozen=True, kw_only=True, tag="nibp-overdue"):
    """The next cuff measurement is late by more than `least_s` and than `share` of its interval.

    Medium when a whole further interval has gone by.
    """

    least_s: float
    share: float

    of: ClassVar[AlarmKind] = "technical"

    def reads(self) -> frozenset[str]:
        """The timetable, and seconds."""
        return frozenset({"CuffDue", "Tick"})

    def calm_until(self, seen: EngineState) -> float:
        """Until the reading is due."""
        return inf if seen.due is None else seen.due

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """A second later, or another time at which the next one is due."""
        if not isinstance(what, Tick | CuffDue):
            return
        late = 0.0 if seen.due is None or seen.interruption is not None else now - seen.due
        condition.raised = late > max(self.least_s, self.share * seen.interval_s)
        condition.priority = Priority.MEDIUM if late >= seen.interval_s else self.priority
        condition.detail = f"{late / 60:.0f} min late" if condition.raised else ""


class CuffRule(Row, frozen=True, kw_only=True, tag="cuff-unavailable"):
    """The cuff is disconnected, or `failures` measurements in a row failed; over with a measurement."""

    failures: int

    of: ClassVar[AlarmKind] = "technical"

    def reads(self) -> frozenset[str]:
        """Cuff measurements and device reports."""
        return frozenset({"BloodPressure", "DeviceReport"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """A measurement, or a word from the cuff's supervisor."""
        del now
        condition.priority = self.priority
        if isinstance(what, BloodPressure):
            failed = what.systolic.value is None and what.reason != "out_of_range"
            condition.violations = condition.violations + 1 if failed else 0
        report = seen.devices.get(DeviceKind.CUFF)
        # Once gone it is gone until it answers: in between its supervisor only tries again.
        was_gone = condition.raised and condition.detail == GONE and not _answers(report)
        gone = was_gone or (report is not None and report.state in _GONE)
        condition.raised = gone or condition.violations >= self.failures
        condition.detail = GONE if gone else "measurements fail" if condition.raised else ""


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


class RefusedSourceRule(Row, frozen=True, kw_only=True, tag="refused-source"):
    """Data that must not be used here keep coming: `reason` says why; over when none came for `hold_s`."""

    reason: str
    hold_s: float

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

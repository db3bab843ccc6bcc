"""The one door of the alarm system: `step(input, now)` on a session's state gives its transitions.

Deterministic and without clock or I/O: the live service, a rehearsal, a replay and the tests run this code
and get the same events for the same inputs. `now` is monotonic seconds and must not fall. Edges are looked
for in every value; `Tick`, once a second, is for what time alone does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from kapmonitor.alarms import conditions as judge
from kapmonitor.alarms import hazard as tiers
from kapmonitor.alarms.rates import Rates, fresh_rates
from kapmonitor.alarms.rules import (
    PressureRule,
    Priority,
    Rule,
    RuleSet,
    ThresholdRule,
    UnavailableRule,
)
from kapmonitor.alarms.state import Condition, EngineState, Hazard, Signal
from kapmonitor.alarms.texts import describe, unit_of
from kapmonitor.documents import AlarmKind, AlarmState
from kapmonitor.errors import RefusedError
from kapmonitor.model import BloodPressure, DeviceKind, DeviceReport, DeviceState, Phase, Reading

_GONE = (DeviceState.SEARCHING, DeviceState.CONNECTING, DeviceState.LOST, DeviceState.NEEDS_PAIRING)
_MEASURED_BY = {
    "spo2": DeviceKind.OXIMETER,
    "pulse_rate": DeviceKind.OXIMETER,
    "heart_rate": DeviceKind.STRAP,
}


class PhaseSet(msgspec.Struct, frozen=True):
    """The session is in another phase."""

    phase: Phase


class BaselineConfirmed(msgspec.Struct, frozen=True):
    """The same-day baseline, per quantity."""

    values: dict[str, float]


class Acknowledge(msgspec.Struct, frozen=True):
    """Somebody has seen the alarm instance `alarm` as it was at `seq`."""

    alarm: str
    seq: int
    by: str


class Tick(msgspec.Struct, frozen=True):
    """A second has gone by."""


Input = Reading | BloodPressure | DeviceReport | PhaseSet | BaselineConfirmed | Acknowledge | Tick


class Transition(msgspec.Struct, frozen=True):
    """One event of one alarm, and the alarm as it is after it. `at`, `since`: seconds of the given `now`."""

    at: float
    alarm: str
    name: str
    rule: str
    priority: Priority
    kind: AlarmKind
    event: str
    state: AlarmState
    acknowledged: bool
    acknowledged_by: str | None
    seq: int
    since: float
    value: float | None
    limit: float | None
    unit: str
    page: bool
    text: str
    advice: str


class Engine:
    """The alarms of one session under one rule set. `state` is all it remembers."""

    def __init__(self, rules: RuleSet, state: EngineState) -> None:
        """`state` may come from an earlier run of the same session."""
        self.rules = rules
        self.state = state
        self._hazards = rules.hazards
        self._thresholds: dict[str, list[ThresholdRule]] = {}
        self._pressures: list[PressureRule] = []
        self._ladders: list[UnavailableRule] = []
        for rule in rules.rules:
            self._file(rule)

    def step(self, what: Input, now: float) -> list[Transition]:
        """Take in one thing that happened at `now`; what it changes about the alarms.

        Raises:
            RefusedError: an acknowledgement of an alarm that is over, or that got worse since it was seen.
        """
        if isinstance(what, Acknowledge):
            return self._acknowledge(what, now)
        touched = dict.fromkeys(self._take_in(what, now))
        return [each for alarm in touched for each in self._settle(alarm, now)]

    def _take_in(self, what: Input, now: float) -> Iterable[str]:
        """Update conditions; the hazards that may have changed."""
        match what:
            case Reading():
                return self._read(what, now)
            case Tick():
                return self._tick(now)
            case BloodPressure():
                return self._measure(what)
            case PhaseSet():
                return self._enter(what.phase, now)
            case BaselineConfirmed():
                self.state.baseline = dict(what.values)
            case DeviceReport():
                self.state.devices[what.kind] = what
            case Acknowledge():
                pass
        return ()

    def open_alarms(self, now: float) -> list[Transition]:
        """Every alarm that is active or latched, as it is now: what is published again."""
        return [
            self._describe(hazard, tiers.Step(tiers.Event.UPDATE), now)
            for hazard in self.state.hazards.values()
            if hazard.open
        ]

    def _file(self, rule: Rule) -> None:
        match rule:
            case ThresholdRule():
                self._thresholds.setdefault(rule.vital, []).append(rule)
            case PressureRule():
                self._pressures.append(rule)
            case UnavailableRule():
                self._ladders.append(rule)

    def _applies(self, rule: Rule) -> bool:
        return self.state.phase in rule.phases

    def _condition(self, rule: Rule) -> Condition:
        return self.state.conditions.setdefault(rule.rule, Condition())

    def _read(self, one: Reading, now: float) -> Iterator[str]:
        signal = self.state.signals.setdefault(one.quantity, Signal())
        if one.counts:
            signal.valid_at, signal.value, signal.reason = now, one.value, None
        else:
            signal.reason = one.reason or one.quality.value
        for rule in self._thresholds.get(one.quantity, ()):
            if self._applies(rule):
                self._judge(rule, signal.value if one.counts else None, now)
                yield rule.alarm
        for ladder in self._ladders:
            if ladder.vital == one.quantity:
                self._climb(ladder, now)
                yield ladder.alarm
        rates = fresh_rates(self.state.signals, one.quantity, now)
        if rates is not None:
            yield from self._read_rates(rates, now)

    def _read_rates(self, rates: Rates, now: float) -> Iterator[str]:
        for rule in self._thresholds.get("rate", ()):
            verdict = rates.verdict(rule, self._limit(rule)) if self._applies(rule) else None
            if verdict is not None:
                self._judge(rule, verdict.value, now, verdict.delay_s)
                self._condition(rule).detail = verdict.detail
                yield rule.alarm

    def _judge(self, rule: ThresholdRule, value: float | None, now: float, delay_s: float = 0.0) -> None:
        condition = self._condition(rule)
        if value is None:
            judge.hold_threshold(condition, now)
            return
        limit = self._limit(rule)
        judge.judge_threshold(rule, condition, value, now, limit, max(rule.delay_s, delay_s))

    def _limit(self, rule: ThresholdRule) -> float:
        vital = "heart_rate" if rule.vital == "rate" else rule.vital
        return judge.effective_limit(rule, self.state.baseline.get(vital))

    def _measure(self, measured: BloodPressure) -> Iterator[str]:
        for rule in self._pressures:
            if self._applies(rule):
                judge.judge_pressure(rule, self._condition(rule), measured)
                yield rule.alarm

    def _climb(self, rule: UnavailableRule, now: float) -> None:
        start = self.state.ladders_from
        if start is None or not self._applies(rule):
            self._condition(rule).raised = False
            return
        valid_at = self.state.signals.setdefault(rule.vital, Signal()).valid_at
        absent_s = now - max(start, valid_at if valid_at is not None else start)
        judge.judge_absence(rule, self._condition(rule), absent_s, self.state.phase)

    def _tick(self, now: float) -> Iterator[str]:
        for rule in self._ladders:
            self._climb(rule, now)
            yield rule.alarm
        for alarm, hazard in self.state.hazards.items():
            if hazard.open:
                yield alarm

    def _enter(self, phase: Phase, now: float) -> Iterator[str]:
        self.state.phase = phase
        if self.state.ladders_from is None and any(self._applies(rule) for rule in self._ladders):
            self.state.ladders_from = now
        yield from self._tick(now)

    def _settle(self, alarm: str, now: float) -> Iterator[Transition]:
        rules = self._hazards[alarm]
        hazard = self.state.hazards.get(alarm)
        if hazard is None:
            if tiers.top(rules, self.state.conditions) is None:
                return
            hazard = self.state.hazards.setdefault(alarm, Hazard(alarm))
        if not hazard.open and tiers.top(rules, self.state.conditions) is not None:
            self.state.instances += 1
            hazard.instance = f"{self.state.session}-{alarm}-{self.state.instances}"
        step = tiers.settle(hazard, rules, self.state.conditions, now) or tiers.remind(hazard, rules, now)
        if step is not None:
            yield self._describe(hazard, step, now)

    def _acknowledge(self, what: Acknowledge, now: float) -> list[Transition]:
        hazard = next((h for h in self.state.hazards.values() if h.instance == what.alarm), None)
        if hazard is None or not hazard.open:
            raise RefusedError(f"The alarm {what.alarm} is over; there is nothing to acknowledge.")
        if what.seq < hazard.worse_seq:
            raise RefusedError("The alarm got worse since you saw it; look at it again, then acknowledge.")
        if hazard.acknowledged is not None and not hazard.latched:
            return []
        rules = self._hazards[hazard.alarm]
        # Described as they come: between `acknowledge` and `reset` the alarm looks different.
        steps = tiers.acknowledge(hazard, rules, self.state.conditions, what.by, now)
        return [self._describe(hazard, step, now) for step in steps]

    def _describe(self, hazard: Hazard, step: tiers.Step, now: float) -> Transition:
        rule = next(rule for rule in self._hazards[hazard.alarm] if rule.rule == hazard.rule)
        condition = self._condition(rule)
        text, advice = describe(rule, condition, self._missing(rule, now))
        return Transition(
            at=now,
            alarm=hazard.instance,
            name=hazard.alarm,
            rule=hazard.rule,
            priority=hazard.priority,
            kind="technical" if isinstance(rule, UnavailableRule) else "physiological",
            event=step.event.value,
            state=hazard.state,
            acknowledged=hazard.acknowledged is not None,
            acknowledged_by=hazard.acknowledged.by if hazard.acknowledged else None,
            seq=hazard.seq,
            since=hazard.since,
            value=condition.value,
            limit=condition.limit,
            unit=unit_of(rule),
            page=step.page,
            text=text,
            advice=advice,
        )

    def _missing(self, rule: Rule, now: float) -> str | None:
        """Why the rule's vital has no valid value now; None while it has one, or for a cuff's pressures."""
        if isinstance(rule, PressureRule):
            return None
        names = rule.quantities if isinstance(rule, ThresholdRule) else (rule.vital,)
        signals = [self.state.signals.get(name, Signal()) for name in names]
        if any(signal.fresh(now) for signal in signals):
            return None
        if self._disconnected(names):
            return "disconnected"
        return signals[0].reason or "stale"

    def _disconnected(self, names: tuple[str, ...]) -> bool:
        kinds = {_MEASURED_BY[name] for name in names}
        reports = [report for kind, report in self.state.devices.items() if kind in kinds]
        return bool(reports) and all(report.state in _GONE for report in reports)

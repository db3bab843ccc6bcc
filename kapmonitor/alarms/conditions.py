"""When a rule's condition begins to hold and when it is over. Pure; durations in seconds.

docs/alarms.md, "How a rule reads its data": only valid values count; what is missing or invalid neither
raises nor clears, it holds a running time for at most 10 s.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from kapmonitor.alarms.rules import Operator, PressureRule, Priority, ThresholdRule, UnavailableRule
from kapmonitor.alarms.state import Condition
from kapmonitor.model import BloodPressure, Phase

_COMPARE: dict[Operator, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EPSILON = 1e-6  # sums of float gaps: 15 gaps of 0.1 * 10 s must reach 15 s


def effective_limit(rule: ThresholdRule, baseline: float | None) -> float:
    """The rule's limit for a patient with this same-day `baseline` of the same vital (None: unknown)."""
    if rule.baseline_margin is None or baseline is None or baseline >= rule.limit + rule.baseline_margin:
        return rule.limit
    return max(baseline - rule.baseline_margin, rule.baseline_floor)


def violates(rule: ThresholdRule, value: float, limit: float) -> bool:
    """Whether `value` is beyond `limit`."""
    return _COMPARE[rule.op](value, limit)


def judge_threshold(
    rule: ThresholdRule, condition: Condition, value: float, now: float, limit: float, delay_s: float
) -> None:
    """One valid `value` at `now`; `limit` and `delay_s` are those in force for it."""
    if violates(rule, value, limit):
        condition.raising.go_on(now)
        condition.value, condition.limit = value, limit
    else:
        condition.raising.stop()
    if _COMPARE[rule.clear_op](value, limit + (rule.clear - rule.limit)):
        condition.clearing.go_on(now)
    else:
        condition.clearing.stop()
    if not condition.raised:
        running = condition.raising.last is not None
        condition.raised = running and condition.raising.elapsed >= delay_s - _EPSILON
    elif condition.clearing.last is not None and condition.clearing.elapsed >= rule.hold_s - _EPSILON:
        condition.raised = False
    condition.priority = rule.priority


def hold_threshold(condition: Condition, now: float) -> None:
    """A value that is missing, invalid or questionable."""
    condition.raising.hold(now)
    condition.clearing.hold(now)


def judge_pressure(rule: PressureRule, condition: Condition, measured: BloodPressure) -> None:
    """One cuff measurement. Only a valid one counts; a questionable or failed one changes nothing."""
    systolic, diastolic = measured.systolic, measured.diastolic
    if not (systolic.counts and diastolic.counts) or systolic.value is None or diastolic.value is None:
        return
    condition.priority = rule.priority
    if systolic.value >= rule.systolic:
        condition.raised, condition.good_readings = True, 0
        condition.value, condition.limit, condition.detail = systolic.value, rule.systolic, "systolic"
    elif diastolic.value >= rule.diastolic:
        condition.raised, condition.good_readings = True, 0
        condition.value, condition.limit, condition.detail = diastolic.value, rule.diastolic, "diastolic"
    elif systolic.value < rule.clear_systolic and diastolic.value < rule.clear_diastolic:
        condition.good_readings += 1
        condition.raised = condition.raised and condition.good_readings < rule.clear_readings
    else:
        condition.good_readings = 0


def judge_absence(rule: UnavailableRule, condition: Condition, absent_s: float, phase: Phase) -> None:
    """No valid value for `absent_s`: the highest rung that was reached in this phase, or none."""
    reached = [rung for rung in rule.ladder if absent_s >= rung.after_s - _EPSILON and phase in rung.phases]
    condition.raised = bool(reached)
    condition.priority = max(
        (rung.priority for rung in reached), key=lambda priority: priority.rank, default=Priority.LOW
    )

"""What staff read: what is wrong, and what to do. Translated on the page: web/static/texts/."""

from __future__ import annotations

from typing import NamedTuple

from kapmonitor.alarms.kinds import Rule, UnavailableRule
from kapmonitor.alarms.kinds.technical import NOTHING
from kapmonitor.alarms.state import Condition, EngineState, Signal
from kapmonitor.alarms.words import MEASURED_BY, NOT_LINKED


class Cause(NamedTuple):
    """Why there is no value, in words, and what to do about it."""

    text: str
    advice: str


CAUSES: dict[str, Cause] = {
    "never_seen": Cause("nothing received since the session began", "Switch the sensor on and put it on."),
    "no_finger": Cause("no finger in the sensor", "Put the sensor back on the finger."),
    "no_contact": Cause("no skin contact", "Moisten the strap and pull it tighter."),
    "sensor_off": Cause(
        "sensor not plugged in or faulty", "Check the sensor's plug, or take another sensor."
    ),
    "searching": Cause("searching for a pulse", "Warm the hand, keep it still, or take another finger."),
    "low_perfusion": Cause("weak signal", "Look at the patient. Warm the hand or take another finger."),
    "artifact": Cause("disturbed by movement", "Look at the patient. Keep the hand still."),
    "frozen": Cause(
        "the strap repeats the same beat", "Look at the patient. Take the strap off and on again."
    ),
    "out_of_range": Cause("the device sends an impossible value", "Look at the patient. Check the sensor."),
    "not_a_number": Cause("the device sends no number", "Check the sensor on the patient."),
    "clock_wrong": Cause(
        "by the device's clock it is not of now", "Set the clock of the device, or take another one."
    ),
    "cuff_inflating": Cause(
        "the cuff squeezes the oximeter's arm", "Wait for the reading; move the sensor to the other hand."
    ),
    "stale": Cause("the device has gone silent", "Check that the device is on and near."),
    "disconnected": Cause("the device is disconnected", "Check power and cable, or bring the device nearer."),
    "simulated_source": Cause(
        "simulated data in a real session: refused",
        "Connect the real device, or declare the session a drill.",
    ),
}
UNKNOWN = Cause("no valid value", "Look at the patient. Check the sensor.")


def cause(reason: str | None) -> Cause:
    """The words for a reading's `reason`."""
    if reason is None:
        return CAUSES["stale"]
    return CAUSES.get(reason, UNKNOWN)


def missing(rule: Rule, seen: EngineState, now: float) -> str | None:
    """Why a rule's vital has no valid value now; None while it has one, or where the rule needs none."""
    names = rule.quantities()
    signals = [seen.signals.get(name, Signal()) for name in names]
    if not signals or any(signal.fresh(now) for signal in signals):
        return None
    if _disconnected(names, seen):
        return "disconnected"
    known = [signal.reason for signal in signals if signal.reason not in (None, "never_seen")]
    return known[0] if known else signals[0].reason or "stale"


def describe(rule: Rule, condition: Condition, reason: str | None, now: float) -> tuple[str, str]:
    """Text and advice of an alarm: `SpO2 critically low: 85 % (limit 88)`.

    `reason` is why the rule's vital has no valid value now, None while it has one.
    """
    if isinstance(rule, UnavailableRule):
        why = cause(reason)
        if condition.detail == NOTHING:
            return f"{NOTHING.capitalize()}: {why.text}", f"Look at the patient now. {why.advice}"
        return f"{rule.text}: {why.text}", why.advice
    text = rule.text
    if condition.value is not None:
        limit = "" if condition.limit is None else f" (limit {condition.limit:g})"
        text += f": {condition.value:g} {rule.unit_of_value()}".rstrip() + limit
    if detail := rule.told(condition, now):
        text += f", {detail}" if condition.value is not None else f": {detail}"
    if reason is not None:
        text += f"; now no value, {cause(reason).text}"
    return text, rule.advice


def _disconnected(names: tuple[str, ...], seen: EngineState) -> bool:
    kinds = {MEASURED_BY[name] for name in names if name in MEASURED_BY}
    reports = [report for kind, report in seen.devices.items() if kind in kinds]
    return bool(reports) and all(report.state in NOT_LINKED for report in reports)

"""Which cuff reading has to be repeated by itself, and until when: a pure function of the record.

A critical or low pressure is unconfirmed until a second reading; one that cannot be right is taken again
once. Times are monotonic seconds.
"""

from __future__ import annotations

from math import inf

from kapmonitor.model import Phase
from kapmonitor.session.around import USUAL, RepeatLimits
from kapmonitor.session.entries import Measured
from kapmonitor.session.session import Session, measured_at
from kapmonitor.session.timetable import MONITORED, Due, put_off_until

REPEAT_AFTER_S = 60.0
"""So long after the reading it is repeated: the arm needs a rest, and the answer must come within 2 min."""
REPEAT_AT_LATEST_S = 120.0
""""Not now" and an interruption put a repeat off until then, and no longer."""
REPEAT = "repeat"
"""The trigger of a repeat."""

_PHASES = (Phase.BASELINE, *MONITORED, Phase.DISCHARGE)


def repeat(session: Session, limits: RepeatLimits = USUAL) -> Due | None:
    """The repeat that the newest reading asks for; None where it asks for none, or was the repeat itself."""
    told = [(measured_at(entered, one), one) for entered, one in session.measured if says_something(one)]
    told.sort(key=lambda each: each[0])
    if session.phase not in _PHASES or not told:
        return None
    at, last = told[-1]
    strange = _strange(session, last, limits)
    if not strange or (len(told) > 1 and _strange(session, told[-2][1], limits) == strange):
        return None
    put_off = min(put_off_until(session), at + REPEAT_AT_LATEST_S)
    return Due(max(at + REPEAT_AFTER_S, put_off), inf, REPEAT)


def says_something(one: Measured) -> bool:
    """Whether the cuff came to an end with it: numbers, or a pressure that nobody can have."""
    return one.systolic is not None or one.reason == "out_of_range"


def _strange(session: Session, one: Measured, limits: RepeatLimits) -> str:
    """What is strange about it, in a word; empty where nothing is."""
    if one.reason in ("implausible", "out_of_range"):
        return "implausible"
    if not one.counts or one.systolic is None or one.diastolic is None:
        return ""
    if one.systolic >= limits.systolic_high or one.diastolic >= limits.diastolic_high:
        return "high"
    base = None if session.baseline is None else session.baseline.values.get("systolic")
    fallen = base is not None and one.systolic < base * (1 - limits.fall_percent / 100)
    low = one.systolic <= limits.systolic_low or (fallen and one.systolic < limits.fall_below)
    return "low" if low else ""

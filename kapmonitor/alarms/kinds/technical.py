"""Technical rules: one cause, one alarm. What is not measured, late, or contradictory."""

from __future__ import annotations

from math import inf
from typing import ClassVar

from kapmonitor.alarms import bounds
from kapmonitor.alarms.inputs import CuffDue, Input, Tick
from kapmonitor.alarms.interlock import OF_OXIMETER, waited_s
from kapmonitor.alarms.rates import Rates
from kapmonitor.alarms.rules import (
    Row,
    Rung,
    climb,
    first_rung_mistakes,
    ladder_mistakes,
    out_of_bounds,
    worse,
)
from kapmonitor.alarms.state import Condition, EngineState
from kapmonitor.alarms.words import EPSILON, RATES, Priority
from kapmonitor.documents import AlarmKind
from kapmonitor.model import Reading

TRIES_LAST_S = 600.0
"""Three measurements of 180 s at most, 30 s apart: whoever tries for longer does not try (s)."""
NOTHING = "nothing is being measured"
_ANYTHING = (*RATES, "spo2")
REFUSED = ("simulated_source", "wrong_device")
"""Reasons of values that came and must not be used: an alarm of its own says so."""


def absent_s(names: tuple[str, ...], seen: EngineState, now: float) -> float | None:
    """For how long none of these quantities had a valid value; None while ladders do not run.

    The time counts from the last valid value, at the earliest from the phase in which ladders begin; not
    during a planned interruption, nor while a cuff on the oximeter's arm explains that it lost its pulse.
    """
    if seen.ladders_from is None or seen.interruption is not None:
        return None
    newest, by = max(seen.ladders_from, seen.interrupted_at or seen.ladders_from), ""
    for name in names:
        signal = seen.signals.get(name)
        if signal is not None and signal.valid_at is not None and signal.valid_at > newest:
            newest, by = signal.valid_at, name
    if seen.holds and by in OF_OXIMETER:
        return now - newest - waited_s(seen, newest, now)
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
        nothing = absent_s(_ANYTHING, seen, now) if self.nothing_ladder else None
        nothing_at_all = None if nothing is None else climb(self.nothing_ladder, nothing, seen.phase)
        condition.detail = "" if nothing_at_all is None else NOTHING
        priority = _worst(reached, nothing_at_all, self._overtime(absent, seen, now))
        condition.priority = priority or Priority.LOW
        condition.raised = priority is not None and not (self._refused(seen) or self._yields(priority, seen))

    def _refused(self, seen: EngineState) -> bool:
        """Whether values come that must not be used: another alarm speaks of them."""
        signals = [seen.signals.get(name) for name in self.quantities()]
        return any(signal is not None and signal.reason in REFUSED for signal in signals)

    def _overtime(self, absent: float | None, seen: EngineState, now: float) -> Priority | None:
        """A planned interruption ran out, and nothing valid came since."""
        if absent is None or seen.interrupted_at is None or now - absent > seen.interrupted_at:
            return None
        return self.overtime

    def _yields(self, priority: Priority, seen: EngineState) -> bool:
        other = seen.conditions.get(self.yields_to)
        spoken_for = other is not None and other.raised and other.detail == NOTHING
        return other is not None and spoken_for and other.priority.rank >= priority.rank

    def subject(self) -> str:
        """The vital that is not measured."""
        return f"no {self.vital}"

    def priorities(self) -> tuple[Priority, ...]:
        """Its rungs', and those of both ladders."""
        return tuple(rung.priority for rung in (*self.ladder, *self.nothing_ladder))

    def mistakes(self) -> list[str]:
        """An unknown vital, or a ladder that is none."""
        found = super().mistakes()
        if self.vital not in _WATCHED:
            known = f"there is no vital {self.vital!r}; vitals are {', '.join(_WATCHED)}"
            found.append(f"rule {self.rule!r}: {known}")
        found += ladder_mistakes(self, "ladder", self.ladder) + first_rung_mistakes(self, self.ladder)
        if not self.nothing_ladder:
            return found
        found += ladder_mistakes(self, "nothing_ladder", self.nothing_ladder)
        first, nothing = self.ladder[0].after_s if self.ladder else 0.0, self.nothing_ladder[0].after_s
        if nothing < first:
            steps = f"nothing_ladder begins after {nothing:g} s, before the ladder ({first:g} s)"
            found.append(f"rule {self.rule!r}: {steps}; begin the ladder as early")
        return found


def _worst(*priorities: Priority | None) -> Priority | None:
    """The highest of those that there are."""
    highest: Priority | None = None
    for each in priorities:
        if each is not None:
            highest = each if highest is None else worse(each, highest)
    return highest


_WATCHED = ("spo2", "rate", *RATES)
"""The vitals whose absence is an alarm."""


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

    def mistakes(self) -> list[str]:
        """A delay that no site may choose."""
        return super().mistakes() + out_of_bounds(self.rule, "delay_s", self.delay_s, bounds.DISAGREE_DELAY_S)


class OverdueRule(Row, frozen=True, kw_only=True, tag="nibp-overdue"):
    """The next cuff measurement is late by more than `least_s` and than `share` of its interval.

    Medium when a whole further interval has gone by. While it is being taken or tried again it neither comes
    nor gets worse, for as long as all tries can last.
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
        tried_s = None if seen.trying_since is None else now - seen.trying_since
        if late > 0 and tried_s is not None and tried_s < TRIES_LAST_S:
            return
        condition.raised = late > max(self.least_s, self.share * seen.interval_s)
        condition.priority = Priority.MEDIUM if late >= seen.interval_s else self.priority
        condition.detail = f"{late / 60:.0f} min late" if condition.raised else ""

    def priorities(self) -> tuple[Priority, ...]:
        """Its own, then medium."""
        return self.priority, Priority.MEDIUM

    def mistakes(self) -> list[str]:
        """Times that no site may choose, and a priority that would fall."""
        found = super().mistakes() + out_of_bounds(self.rule, "least_s", self.least_s, bounds.OVERDUE_S)
        return (
            found
            + out_of_bounds(self.rule, "share", self.share, bounds.OVERDUE_SHARE)
            + falling_mistakes(self)
        )


def falling_mistakes(rule: Row) -> list[str]:
    """What becomes medium as it gets worse must not begin as high."""
    if rule.priority is not Priority.HIGH:
        return []
    return [
        f"rule {rule.rule!r}: priority = high would fall to medium as it gets worse; choose low or medium"
    ]

"""Rules on what people say and see: help, symptoms, sedation; and on a pulse that is no longer there."""

from __future__ import annotations

from math import inf
from typing import ClassVar

from kapmonitor.alarms import bounds
from kapmonitor.alarms.inputs import Here, Input
from kapmonitor.alarms.interlock import OF_OXIMETER, is_held
from kapmonitor.alarms.rates import STRAP
from kapmonitor.alarms.rules import Row, out_of_bounds
from kapmonitor.alarms.state import FRESH_S, Condition, EngineState, Signal, Symptom
from kapmonitor.alarms.words import EPSILON, MEASURED_BY, NOT_LINKED, RATES
from kapmonitor.model import Happened, Reading


class HappeningRule(Row, frozen=True, kw_only=True, tag="happening"):
    """Raised as soon as one of `happenings` is logged (`score_at_most`: with such a score, or none).

    Over when all of them are resolved and somebody has said since that they are with the patient.
    `after_dose`: only from the first dose on.
    """

    happenings: tuple[str, ...]
    score_at_most: int | None = None
    after_dose: bool = False

    anywhere: ClassVar[bool] = True

    def reads(self) -> frozenset[str]:
        """What is logged, and who is there."""
        return frozenset({"Happened", "Here"})

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """Something was logged, or somebody is there."""
        if not isinstance(what, Happened | Here):
            return
        condition.priority = self.priority
        present = [
            each for kind, each in seen.symptoms.items() if kind in self.happenings and self._bad(each)
        ]
        if present and not (self.after_dose and seen.dosed_at is None):
            newest = max(each.at for each in present)
            if not condition.raised or (condition.since is not None and newest > condition.since):
                condition.since = newest
            condition.raised = True
            condition.detail = ", ".join(each.kind.replace("_", " ") for each in present)
            scores = [each.score for each in present if each.score is not None]
            condition.value, condition.limit = (min(scores), self.score_at_most) if scores else (None, None)
        elif condition.raised and _somebody_since(condition, seen):
            condition.raised = False
        del now

    def mistakes(self) -> list[str]:
        """Nothing that could be logged, or a score that is none."""
        found = super().mistakes()
        if not self.happenings:
            found.append(f"rule {self.rule!r}: happenings is empty; it could never be raised")
        if self.score_at_most is not None:
            found += out_of_bounds(self.rule, "score_at_most", self.score_at_most, bounds.SCORE)
        return found

    def _bad(self, symptom: Symptom) -> bool:
        return self.score_at_most is None or symptom.score is None or symptom.score <= self.score_at_most


class PulseLostRule(Row, frozen=True, kw_only=True, tag="pulse-lost"):
    """Every rate source that was valid within `valid_within_s` has no pulse, for `delay_s`.

    That is: it reports none although it has contact, or its values vanish together with SpO2 while there is
    a link to its device. An oximeter whose arm the cuff squeezes is no source meanwhile. Over after valid
    rates for `hold_s`, once somebody is there.
    """

    delay_s: float
    hold_s: float
    valid_within_s: float

    def reads(self) -> frozenset[str]:
        """Rates, SpO2, seconds, and who is there."""
        return frozenset({*RATES, "spo2", "Tick", "Here"})

    def calm_until(self, seen: EngineState) -> float:
        """Until all may have vanished, or until no rate is left of which nothing bad is known.

        Where a cuff squeezes the oximeter's arm now and then, of the strap alone, too.
        """
        calm = self._calm_until(seen, RATES)
        return min(calm, self._calm_until(seen, (STRAP,))) if seen.holds else calm

    def _calm_until(self, seen: EngineState, rates: tuple[str, ...]) -> float:
        signals = [signal for name in rates if (signal := seen.signals.get(name)) is not None]
        known = [each.valid_at for each in signals if each.valid_at is not None]
        good = [each.valid_at for each in signals if each.valid_at is not None and each.reason is None]
        if not good:
            return -inf if known else inf
        spo2 = seen.signals.get("spo2")
        if spo2 is not None and spo2.valid_at is not None:
            known.append(spo2.valid_at)
        return min(max(good) + self.valid_within_s, max(known) + self.delay_s) - 1

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """A value, or a second without one."""
        if isinstance(what, Reading) and what.counts and not condition.raised:
            if what.quantity in RATES:
                condition.raising.stop()
            return
        if condition.priority is not self.priority:
            condition.priority = self.priority
        recent = self._recent(seen, now)
        rate = what if isinstance(what, Reading) and what.quantity in RATES else None
        if recent and seen.interruption is None and all(each.reason in _NO_PULSE for each in recent.values()):
            condition.raising.go_on(now)
        elif rate is not None:
            condition.raising.stop()
        if rate is not None:
            _count_clear(condition, rate, now)
        if not condition.raised:
            condition.raised = condition.raising.reached(self.delay_s) or self._vanished(recent, seen, now)
            condition.since = now
            condition.clearing.stop()
        elif condition.clearing.reached(self.hold_s) and _somebody_since(condition, seen):
            condition.raised = False

    def mistakes(self) -> list[str]:
        """Times that no site may choose, and a source that is forgotten before its time has come."""
        found = super().mistakes() + out_of_bounds(self.rule, "delay_s", self.delay_s, bounds.DELAY_S)
        found += out_of_bounds(self.rule, "hold_s", self.hold_s, bounds.HOLD_S)
        if not self.delay_s + FRESH_S <= self.valid_within_s <= bounds.LOOK_BACK_S[1]:
            within = f"valid_within_s = {self.valid_within_s:g} is outside {self.delay_s + FRESH_S:g}"
            found.append(f"rule {self.rule!r}: {within}..{bounds.LOOK_BACK_S[1]}; it could never be raised")
        return found

    def _recent(self, seen: EngineState, now: float) -> dict[str, Signal]:
        """The sources whose rate was valid not long ago, and that no cuff keeps from finding a pulse now."""
        found: dict[str, Signal] = {}
        for name in RATES:
            signal = seen.signals.get(name)
            if signal is None or signal.valid_at is None or now - signal.valid_at > self.valid_within_s:
                continue
            if not (seen.holds and name in OF_OXIMETER and is_held(seen, now)):
                found[name] = signal
        return found

    def _vanished(self, recent: dict[str, Signal], seen: EngineState, now: float) -> bool:
        """Rates and SpO2 have stopped together, and nothing says that sensor or link is the cause."""
        spo2 = seen.signals.get("spo2")
        if not recent or spo2 is None or spo2.reason not in _NOTHING_SAID or seen.interruption is not None:
            return False
        if any(each.reason is not None and each.reason not in _NO_PULSE for each in recent.values()):
            return False
        moments = [each.valid_at for each in (*recent.values(), spo2) if each.valid_at is not None]
        together = max(moments) - min(moments) <= FRESH_S
        sources = {MEASURED_BY[name] for name in (*recent, "spo2")}
        linked = not any(seen.devices[kind].state in NOT_LINKED for kind in sources if kind in seen.devices)
        return together and linked and now - max(moments) >= self.delay_s - EPSILON


def _count_clear(condition: Condition, what: Reading, now: float) -> None:
    if what.counts:
        condition.clearing.go_on(now)
    else:
        condition.clearing.hold(now)


_NO_PULSE = frozenset({"out_of_range", "searching", "no_pulse", "not_a_number", "unavailable"})
"""What a sensor that is in place reports where it finds no pulse; a rate of 0 is out of range."""
_NOTHING_SAID = (None, "artifact")
"""Of SpO2 before it vanished: a value that was doubted as it fell does not say that the sensor came off."""


def _somebody_since(condition: Condition, seen: EngineState) -> bool:
    return seen.here_at is not None and condition.since is not None and seen.here_at >= condition.since

"""The one door of the alarm system: `step(input, now)` on a session's state gives its transitions.

Deterministic and without clock or I/O: the live service, a rehearsal, a replay and the tests run this code
and get the same events for the same inputs. `now` is monotonic seconds and must not fall. Edges are looked
for in every value; `Tick`, once a second, is for what time alone does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf

import msgspec
from msgspec.structs import replace

from kapmonitor.alarms import hazard as tiers
from kapmonitor.alarms.inputs import Acknowledge, Here, Input, Tick
from kapmonitor.alarms.intake import read, run_out, take_in
from kapmonitor.alarms.interlock import doubted
from kapmonitor.alarms.judging import Judging
from kapmonitor.alarms.kinds import Rule
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.state import Acknowledgement, EngineState, Hazard
from kapmonitor.alarms.texts import describe, missing
from kapmonitor.alarms.words import Priority
from kapmonitor.documents import AlarmKind, AlarmState
from kapmonitor.errors import RefusedError
from kapmonitor.model import BloodPressure, Happened, Reading


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


def without_value(
    hazard: Hazard, step: tiers.Step, now: float, *, kind: AlarmKind, text: str, advice: str
) -> Transition:
    """The step of a hazard that no number of a patient stands for: of the service, or a call for help."""
    return Transition(
        at=now,
        alarm=hazard.instance,
        name=hazard.alarm,
        rule=hazard.rule,
        priority=hazard.priority,
        kind=kind,
        event=step.event.value,
        state=hazard.state,
        acknowledged=hazard.acknowledged is not None,
        acknowledged_by=hazard.acknowledged.by if hazard.acknowledged else None,
        seq=hazard.seq,
        since=hazard.since,
        value=None,
        limit=None,
        unit="",
        page=step.page,
        text=text,
        advice=advice,
    )


class Engine:
    """The alarms of one session under one rule set. `state` is all it remembers."""

    def __init__(self, rules: RuleSet, state: EngineState) -> None:
        """`state` may come from an earlier run of the same session."""
        self.rules = rules
        self.state = state
        self._hazards = rules.hazards
        self._judging = Judging(rules, state)
        self._settled_until = -inf

    def step(self, what: Input, now: float) -> list[Transition]:
        """Take in one thing that happened at `now`; what it changes about the alarms.

        Raises:
            RefusedError: an acknowledgement of an alarm that is over, or that got worse since it was seen.
        """
        match what:
            case Tick():
                return self._second(what, now)
            case Reading():
                return self.step_together((what,), now)
            case Acknowledge():
                self._settled_until = -inf
                return self._acknowledge(what, now)
            case _:
                take_in(self.state, what, now)
                return self._settle_all(self._judging.judge(what, now), what, now)

    def step_together(self, readings: Sequence[Reading], now: float) -> list[Transition]:
        """Readings of one instant: each is judged when all of them are known."""
        state, judging = self.state, self._judging
        if state.holds:
            readings = [doubted(state, one, now) for one in readings]
        for one in readings:
            read(state, one, now)
        came: list[Transition] = []
        for one in readings:
            stirred = judging.stirred(one)
            if stirred and (changed := judging.ask(stirred, one, now)):
                came += self._settle_each(changed, one, now)
        return came

    def _second(self, what: Tick, now: float) -> list[Transition]:
        run_out(self.state, now)
        changed = self._judging.second(what, now)
        if now >= self._settled_until:
            return self._settle_all(changed, what, now)
        return self._settle_each(changed, what, now) if changed else []

    def _settle_all(self, changed: dict[str, None], what: Input, now: float) -> list[Transition]:
        """What time, a measurement or somebody's presence does to alarms that are there already, too."""
        hazards = self.state.hazards
        changed.update(dict.fromkeys(alarm for alarm, hazard in hazards.items() if hazard.open))
        came = self._settle_each(changed, what, now)
        if not came:
            waits = (
                tiers.settled_until(each, self._hazards[name], self.state) for name, each in hazards.items()
            )
            self._settled_until = min(waits, default=inf)
        return came

    def _settle_each(self, alarms: Iterable[str], what: Input, now: float) -> list[Transition]:
        came = [each for alarm in alarms for each in self._settle(alarm, what, now)]
        if came:
            self._settled_until = -inf  # one transition may lead to the next
            if any(each.priority is Priority.HIGH and each.event in _NEWS for each in came):
                self.state.audio_paused_until = None
        return came

    def open_alarms(self, now: float) -> list[Transition]:
        """Every alarm that is active or latched, as it is now: what is published again."""
        return [
            self._describe(hazard, tiers.Step(tiers.Event.UPDATE), now)
            for hazard in self.state.hazards.values()
            if hazard.open
        ]

    def resume(self, now: float) -> list[Transition]:
        """The service was away. What was in force is announced again, as if nobody had seen it.

        Alarms and conditions of rules that are no more are dropped. What was missing meanwhile is judged by
        the next values and ticks.
        """
        state, rules = self.state, {rule.rule for rule in self.rules.rules}
        state.conditions = {name: each for name, each in state.conditions.items() if name in rules}
        state.hazards = {name: each for name, each in state.hazards.items() if each.rule in rules}
        self._judging.look_again()
        self._settled_until = -inf
        return [
            self._describe(hazard, tiers.announce_again(hazard, self._hazards[alarm], now), now)
            for alarm, hazard in state.hazards.items()
            if hazard.open
        ]

    def _settle(self, alarm: str, what: Input, now: float) -> Iterator[Transition]:
        rules = self._hazards[alarm]
        conditions = self.state.conditions
        hazard = self.state.hazards.get(alarm)
        holds = tiers.top(rules, conditions) is not None
        if hazard is None:
            if not holds:
                return
            hazard = self.state.hazards[alarm] = Hazard(alarm)
        if holds and not hazard.open:
            self.state.instances += 1
            hazard.instance = f"{self.state.session}-{alarm}-{self.state.instances}"
        if isinstance(what, Here) and hazard.open and any(rule.needs_here for rule in rules):
            yield from self._attended(hazard, rules, what.by, now)
            return
        step = tiers.settle(hazard, rules, conditions, now)
        if step is None and isinstance(what, BloodPressure) and hazard.open:
            step = tiers.measured_again(hazard, rules, self.state, now)
        if step is None and isinstance(what, Happened) and hazard.open:
            step = tiers.happened_again(hazard, rules, conditions, now)
        step = step or (tiers.remind(hazard, rules, self.state, now) if hazard.open else None)
        if step is not None:
            yield self._describe(hazard, step, now)

    def _attended(self, hazard: Hazard, rules: tuple[Rule, ...], by: str, now: float) -> Iterator[Transition]:
        """Somebody is there: such an alarm has been seen, and ends if that was all it waited for."""
        known = hazard.acknowledged is not None
        hazard.acknowledged = Acknowledgement(by, now, hazard.tier, hazard.priority)
        step = tiers.settle(hazard, rules, self.state.conditions, now)
        if step is None and hazard.latched and not hazard.holding:
            step = tiers.let_go(hazard)
        elif step is None and not known:
            hazard.seq += 1
            step = tiers.Step(tiers.Event.ACKNOWLEDGE)
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
        condition = self._judging.condition(rule)
        text, advice = describe(rule, condition, missing(rule, self.state, now), now)
        told = without_value(hazard, step, now, kind=rule.of, text=text, advice=advice)
        return replace(told, value=condition.value, limit=condition.limit, unit=rule.unit_of_value())


_NEWS = (tiers.Event.START, tiers.Event.ESCALATE)

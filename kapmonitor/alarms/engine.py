"""The one door of the alarm system: `step(input, now)` on a session's state gives its transitions.

Deterministic and without clock or I/O: the live service, a rehearsal, a replay and the tests run this code
and get the same events for the same inputs. `now` is monotonic seconds and must not fall. Edges are looked
for in every value; `Tick`, once a second, is for what time alone does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

import msgspec

from kapmonitor.alarms import hazard as tiers
from kapmonitor.alarms.inputs import Acknowledge, Here, Input, PhaseSet, SwitchOff, Tick
from kapmonitor.alarms.intake import take_in
from kapmonitor.alarms.interlock import doubted
from kapmonitor.alarms.kinds import Rule
from kapmonitor.alarms.rates import DISAGREE
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.state import Acknowledgement, Condition, EngineState, Hazard
from kapmonitor.alarms.texts import describe, missing
from kapmonitor.alarms.words import Priority
from kapmonitor.documents import AlarmKind, AlarmState
from kapmonitor.errors import RefusedError
from kapmonitor.model import BloodPressure, Happened, Phase, Reading


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
        self._readers: dict[str, list[Rule]] = {}
        for rule in rules.rules:
            for name in rule.reads():
                self._readers.setdefault(name, []).append(rule)
        self._quiet = False
        self._calm_until = -inf
        self._bands: dict[tuple[Phase, str], tuple[float, float]] = {}
        # Which rules hear of what in which phase: looked up for every value, so worked out only once.
        self._hearers: dict[tuple[Phase, str], list[tuple[Rule, Condition]]] = {}

    def step(self, what: Input, now: float) -> list[Transition]:
        """Take in one thing that happened at `now`; what it changes about the alarms.

        Raises:
            RefusedError: an acknowledgement of an alarm that is over, or that got worse since it was seen.
        """
        if isinstance(what, Acknowledge):
            return self._acknowledge(what, now)
        what = doubted(self.state, what, now)
        take_in(self.state, what, now)
        return self._ask(what, now)

    def step_together(self, readings: Sequence[Reading], now: float) -> list[Transition]:
        """Readings of one instant: each is judged when all of them are known."""
        for one in readings:
            take_in(self.state, one, now)
        return [each for one in readings for each in self._ask(one, now)]

    def _ask(self, what: Input, now: float) -> list[Transition]:
        """What the rules make of something that was taken in."""
        if self._quiet and self._is_calm(what, now):
            return []
        touched = self._judge(what, now)
        came = [each for alarm in touched for each in self._settle(alarm, what, now)]
        if any(each.priority is Priority.HIGH and each.event in _NEWS for each in came):
            self.state.audio_paused_until = None
        self._rest(what)
        return came

    def _is_calm(self, what: Input, now: float) -> bool:
        """Whether this begins nothing: by far the most values and seconds of a day."""
        if isinstance(what, Reading):
            if not what.counts or what.value is None:
                return False
            low, high = self._calm(what.quantity)
            strap, oximeter = self.state.rates
            apart = strap is not None and oximeter is not None and abs(strap - oximeter) > DISAGREE
            return low < what.value < high and not apart
        return isinstance(what, Tick) and now < self._calm_until

    def _calm(self, quantity: str) -> tuple[float, float]:
        key = self.state.phase, quantity
        found = self._bands.get(key)
        if found is None:
            bands = [rule.calm() for rule, _ in self._hear(quantity)]
            found = (
                max((low for low, _ in bands), default=-inf),
                min((high for _, high in bands), default=inf),
            )
            self._bands[key] = found
        return found

    def _rest(self, what: Input) -> None:
        """After everything was asked: whether there is anything to go on asking about."""
        state = self.state
        self._quiet = all(each.idle for each in state.conditions.values()) and not any(
            hazard.open for hazard in state.hazards.values()
        )
        if self._quiet and not isinstance(what, Reading):
            waits = [rule.calm_until(state) for rule, _ in self._hear("Tick")]
            self._calm_until = min(waits, default=inf)

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
        self._hearers.clear()
        self._bands.clear()
        state.conditions = {name: each for name, each in state.conditions.items() if name in rules}
        state.hazards = {name: each for name, each in state.hazards.items() if each.rule in rules}
        return [
            self._describe(hazard, tiers.announce_again(hazard, self._hazards[alarm], now), now)
            for alarm, hazard in state.hazards.items()
            if hazard.open
        ]

    def _judge(self, what: Input, now: float) -> dict[str, None]:
        """Ask every rule that reads such a thing; the hazards about which there is something to say."""
        state = self.state
        touched: dict[str, None] = {}
        for rule, condition in self._hearing(what):
            raised, priority = condition.raised, condition.priority
            rule.judge(condition, what, state, now)
            if condition.raised is not raised or (raised and condition.priority is not priority):
                touched[rule.alarm] = None
        if isinstance(what, Reading):
            return touched
        if isinstance(what, PhaseSet):
            touched.update(dict.fromkeys(self._leave()))
        elif isinstance(what, SwitchOff):
            touched.update(dict.fromkeys(self._switched_off()))
        # What time, a measurement or somebody's presence does to an alarm that is there already.
        touched.update(dict.fromkeys(alarm for alarm, hazard in state.hazards.items() if hazard.open))
        return touched

    def _hearing(self, what: Input) -> list[tuple[Rule, Condition]]:
        if not isinstance(what, Reading):
            return self._hear(type(what).__name__)
        rules = self._hear(what.quantity)
        return rules if what.reason is None else rules + self._hear(what.reason)

    def _hear(self, name: str) -> list[tuple[Rule, Condition]]:
        found = self._hearers.get((self.state.phase, name))
        if found is None:
            found = self._hearers[self.state.phase, name] = [
                (rule, self._condition(rule))
                for rule in self._readers.get(name, ())
                if self.state.phase in rule.phases and rule.rule not in self.state.off
            ]
        return found

    def _leave(self) -> Iterator[str]:
        """What a phase does not ask for is forgotten with it."""
        for rule in self.rules.rules:
            if self.state.phase not in rule.phases and self._forget(rule):
                yield rule.alarm

    def _switched_off(self) -> Iterator[str]:
        self._hearers.clear()
        self._bands.clear()
        for rule in self.rules.rules:
            if rule.rule in self.state.off and self._forget(rule):
                yield rule.alarm

    def _forget(self, rule: Rule) -> bool:
        self._hearers.clear()
        self._bands.clear()
        return self.state.conditions.pop(rule.rule, None) is not None

    def _condition(self, rule: Rule) -> Condition:
        found = self.state.conditions.get(rule.rule)
        if found is None:
            found = self.state.conditions[rule.rule] = Condition(priority=rule.priority)
        return found

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
        condition = self._condition(rule)
        text, advice = describe(rule, condition, missing(rule, self.state, now))
        return Transition(
            at=now,
            alarm=hazard.instance,
            name=hazard.alarm,
            rule=hazard.rule,
            priority=hazard.priority,
            kind=rule.of,
            event=step.event.value,
            state=hazard.state,
            acknowledged=hazard.acknowledged is not None,
            acknowledged_by=hazard.acknowledged.by if hazard.acknowledged else None,
            seq=hazard.seq,
            since=hazard.since,
            value=condition.value,
            limit=condition.limit,
            unit=rule.unit_of_value(),
            page=step.page,
            text=text,
            advice=advice,
        )


_NEWS = (tiers.Event.START, tiers.Event.ESCALATE)

"""From what happened to the conditions of a session's rules: who is asked about what.

By far the most values and seconds of a day begin nothing and end nothing, in a room with an alarm too. So:

    A rule is idle while nothing holds, nothing runs and nothing is remembered in its condition.
    An idle rule is not asked about a valid value that is calm for it.
    An idle rule is not asked about a second before the time until which it is calm.

Everything else (a value that is not valid, two rates that contradict each other, what people do, a phase, a
cuff measurement) is put to every rule that reads it. What a rule calls calm is in `rules.Row`.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from kapmonitor.alarms.inputs import Input, SwitchOff, Tick
from kapmonitor.alarms.kinds import Rule
from kapmonitor.alarms.rates import DISAGREE
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.state import Condition, EngineState
from kapmonitor.alarms.words import RATES
from kapmonitor.model import COUNTING, Reading


class Asked:
    """A rule, the values that are calm for it, its condition, and whether that is idle."""

    __slots__ = ("condition", "high", "idle", "low", "rule")

    def __init__(self, rule: Rule, condition: Condition) -> None:
        self.rule = rule
        self.low, self.high = rule.calm()
        self.condition = condition
        self.idle = condition.idle


class Hearers:
    """All rules that read one thing, those of them that are busy, and the values that are calm for all.

    `by_nothing` are those whom a value stirs that is not valid; `missing`: the last one was such.
    """

    __slots__ = ("_stirred", "all", "busy", "by_nothing", "high", "low", "missing", "of_rate")

    def __init__(self, name: str, asked: list[Asked]) -> None:
        self.of_rate = name in RATES
        self.low = max((each.low for each in asked), default=-inf)
        self.high = min((each.high for each in asked), default=inf)
        self.all = asked
        self.missing = False
        self._stirred: dict[float, list[Asked]] = {}
        self.sort()

    def sort(self) -> None:
        """One of them is busy or idle again."""
        self.busy = [each for each in self.all if not each.idle]
        self._stirred.clear()
        self.by_nothing = [each for each in self.all if each.rule.minds_missing or not each.idle]

    def by(self, value: float) -> list[Asked]:
        """Whom a valid value stirs that is not calm for all: who is busy, and for whom it is not calm."""
        found = self._stirred.get(value)  # while there is an alarm the same few values come again and again
        if found is None:
            if len(self._stirred) >= _VALUES_KEPT:
                self._stirred.clear()
            found = [each for each in self.all if not (each.idle and each.low < value < each.high)]
            self._stirred[value] = found
        return found

    def by_two(self, one: float, other: float) -> list[Asked]:
        """Whom two rates stir that cannot both be right."""
        low, high = min(one, other), max(one, other)
        return [
            each
            for each in self.all
            if each.rule.minds_contradiction or not (each.idle and each.low < low and high < each.high)
        ]


_VALUES_KEPT = 32
"""For so many values it is known whom they stir; a few for each session that has an alarm."""


class Judging:
    """The rules of one session that hold in its phase, and their conditions in its `state`."""

    def __init__(self, rules: RuleSet, state: EngineState) -> None:
        """`state` may come from an earlier run of the same session."""
        self._rules = rules
        self._state = state
        self._readers: dict[str, list[Rule]] = {}
        for rule in rules.rules:
            for name in rule.reads():
                self._readers.setdefault(name, []).append(rule)
        self.look_again()

    def look_again(self) -> None:
        """Phase, rules or conditions are others than before: what was known of them is not true any more."""
        self._phase = self._state.phase
        self._asked: dict[str, Asked] = {}
        self._hearers: dict[str, Hearers] = {}
        self._calm_until = -inf

    def judge(self, what: Input, now: float) -> dict[str, None]:
        """Ask whom anything but a value or a second may concern; the alarms whose conditions have changed."""
        others = self._state.phase is not self._phase or isinstance(what, SwitchOff)
        if others:
            self.look_again()
        changed = self.ask(self._hear(type(what).__name__).all, what, now)
        if others:
            changed.update(dict.fromkeys(self._forget()))
        self._calm_until = -inf
        return changed

    def condition(self, rule: Rule) -> Condition:
        """Where a rule stands."""
        found = self._state.conditions.get(rule.rule)
        if found is None:
            found = self._state.conditions[rule.rule] = Condition(priority=rule.priority)
        return found

    def stirred(self, what: Reading) -> list[Asked]:
        """Whom a value may concern."""
        hearers = self._hearers.get(what.quantity) or self._hear(what.quantity)
        value = what.value if what.quality in COUNTING else None
        if value is None or what.reason is not None:
            if not hearers.missing:
                hearers.missing = True
                self._calm_until = -inf
            stirred = hearers.by_nothing
            by_reason = [] if what.reason is None else self._hear(what.reason).all
            return stirred + by_reason if by_reason else stirred
        hearers.missing = False
        if hearers.of_rate:
            strap, oximeter = self._state.rates
            if strap is not None and oximeter is not None and abs(strap - oximeter) > DISAGREE:
                return hearers.by_two(strap, oximeter)
        return hearers.busy if hearers.low < value < hearers.high else hearers.by(value)

    def second(self, what: Tick, now: float) -> dict[str, None]:
        """Ask whom time alone may concern; the alarms one of whose conditions has changed."""
        hearers = self._hearers.get("Tick") or self._hear("Tick")
        if now < self._calm_until:
            return self.ask(hearers.busy, what, now) if hearers.busy else {}
        waits = [each.rule.calm_until(self._state) if each.idle else -inf for each in hearers.all]
        self._calm_until = min(waits, default=inf)
        if now < self._calm_until:
            return {}
        changed = self.ask(
            [a for a, until in zip(hearers.all, waits, strict=True) if until <= now], what, now
        )
        waits = [each.rule.calm_until(self._state) for each in hearers.all if each.idle]
        self._calm_until = min(waits, default=inf)
        return changed

    def ask(self, heard: list[Asked], what: Input, now: float) -> dict[str, None]:
        """Ask these; the alarms one of whose conditions has changed."""
        changed: dict[str, None] = {}
        for each in heard:
            rule, condition = each.rule, each.condition
            raised, priority = condition.raised, condition.priority
            rule.judge(condition, what, self._state, now)
            if raised and condition.raised:  # by far the most while there is an alarm: it goes on
                if condition.priority is not priority:
                    changed[rule.alarm] = None
                continue
            if condition.raised is not raised:
                changed[rule.alarm] = None
            idle = condition.idle
            if idle is not each.idle:
                each.idle = idle
                self._sort(rule)
        return changed

    def _sort(self, rule: Rule) -> None:
        self._calm_until = -inf
        for name in rule.reads():
            if name in self._hearers:
                self._hearers[name].sort()

    def _hear(self, name: str) -> Hearers:
        found = self._hearers.get(name)
        if found is None:
            phase, off = self._state.phase, self._state.off
            found = self._hearers[name] = Hearers(
                name,
                [
                    self._ask_of(rule)
                    for rule in self._readers.get(name, ())
                    if phase in rule.phases and rule.rule not in off
                ],
            )
        return found

    def _ask_of(self, rule: Rule) -> Asked:
        found = self._asked.get(rule.rule)
        if found is None:
            found = self._asked[rule.rule] = Asked(rule, self.condition(rule))
        return found

    def _forget(self) -> Iterator[str]:
        """What the phase does not ask for, and what is switched off, is forgotten; whose that was."""
        state = self._state
        for rule in self._rules.rules:
            asked = state.phase in rule.phases and rule.rule not in state.off
            if not asked and state.conditions.pop(rule.rule, None) is not None:
                yield rule.alarm

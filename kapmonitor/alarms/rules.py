"""What every alarm rule has, whatever its kind: one row of `config/alarms.toml`.

`alarm` names the hazard (a vital and a direction, or a technical cause), `rule` one tier of it; tiers rise
with `tier`. Limits are in the quantity's unit, times in seconds. The kinds of rules, and when each begins and
ceases to hold, are in `kapmonitor.alarms.kinds`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import inf
from typing import ClassVar

import msgspec

from kapmonitor.alarms import bounds
from kapmonitor.alarms.inputs import Input
from kapmonitor.alarms.state import Condition, EngineState
from kapmonitor.alarms.words import EPSILON, MONITORED, PageWhen, Priority
from kapmonitor.documents import AlarmKind
from kapmonitor.model import Phase
from kapmonitor.quantities import QUANTITIES

HERE_LASTS_S = 600.0
"""How long "I am with the patient" keeps an acknowledged alarm quiet (s)."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """One rule. `priority` is the tier's; rules with a ladder have one for each rung.

    `needs_here`: it ends only when somebody says that they are with the patient, and is never switched off.
    """

    alarm: str
    rule: str
    tier: int
    priority: Priority
    text: str
    advice: str
    latch: bool = False
    needs_here: bool = False
    page: PageWhen = "never"
    phases: tuple[Phase, ...] = MONITORED
    source: str = ""
    reviewed_by: str = ""

    of: ClassVar[AlarmKind] = "physiological"
    """Whether it speaks of the patient or of the equipment."""
    minds_missing: ClassVar[bool] = True
    """Whether a value that is not valid can begin anything, as long as nothing has begun."""
    minds_contradiction: ClassVar[bool] = False
    """Whether two rates that cannot both be right begin something, whatever they are."""
    unit: ClassVar[str] = ""
    """The unit of the alarm's value and limit."""
    anywhere: ClassVar[bool] = False
    """Whether it may hold in the phases that are not monitored, too."""
    per_reading: ClassVar[bool] = False
    """Whether it is judged once for each cuff measurement."""

    def reads(self) -> frozenset[str]:
        """What it has to be shown: names of quantities, and of the inputs' types."""
        raise NotImplementedError

    def judge(self, condition: Condition, what: Input, seen: EngineState, now: float) -> None:
        """Bring `condition` up to date with `what` came at `now`; `seen` has it taken in already."""
        raise NotImplementedError

    def calm(self) -> tuple[float, float]:
        """Values between these two, both left out, begin nothing, as long as nothing has begun."""
        return -inf, inf

    def calm_until(self, seen: EngineState) -> float:
        """Until when (s) time alone begins nothing, whatever valid values come meanwhile."""
        del seen
        return inf

    def told(self, condition: Condition, now: float) -> str:
        """What its text says of the condition beside value and limit."""
        del now
        return condition.detail

    def mistakes(self) -> list[str]:
        """What is wrong with its columns among themselves: key, and what would be right."""
        found = (*self._names(), *self._phases(), *self._calls())
        return [f"rule {self.rule!r}: {mistake}" for mistake in found]

    def priorities(self) -> tuple[Priority, ...]:
        """The priorities that it can have, in the order in which it takes them."""
        return (self.priority,)

    def needed_phases(self) -> tuple[Phase, ...]:
        """The phases in which it must hold, so that nothing goes unwatched."""
        return MONITORED

    def subject(self) -> str:
        """What it is about; all tiers of one alarm are about the same."""
        return str(self.__struct_config__.tag)

    def _names(self) -> Iterator[str]:
        for key, name in (("alarm", self.alarm), ("rule", self.rule)):
            if not bounds.NAME.fullmatch(name):
                yield f"{key} = {name!r} may hold only a-z, 0-9 and '-'"
        if self.tier < 1:
            yield f"tier = {self.tier}: tiers begin with 1"

    def _phases(self) -> Iterator[str]:
        allowed = tuple(Phase) if self.anywhere else self.needed_phases()
        if foreign := [phase for phase in self.phases if phase not in allowed]:
            yield f"phases: it cannot hold in {', '.join(foreign)}; phases are {', '.join(allowed)}"
        if absent := [phase for phase in self.needed_phases() if phase not in self.phases]:
            yield f"phases: {', '.join(absent)} would go unwatched; add it (switch a rule off in the session)"

    def _calls(self) -> Iterator[str]:
        """Who is called, and what is kept until somebody has seen it."""
        can_be = self.priorities()
        if Priority.HIGH in can_be and self.page not in ("at-once", "by-priority"):
            yield f"page = {self.page!r}: a high alarm calls at once; choose at-once or by-priority"
        elif Priority.LOW in can_be and self.page not in ("never", "by-priority"):
            yield f"page = {self.page!r}: a low alarm calls nobody; choose by-priority or never"
        elif self.page == "second-reading" and not self.per_reading:
            yield "page = 'second-reading' is for rules on blood pressure; choose after-3-min or by-priority"
        if self.needs_here and not self.latch:
            yield "latch = false with needs_here: nobody would have to come; latch = true"
        elif can_be == (Priority.HIGH,) and self.of == "physiological" and not self.latch:
            yield "latch = false: a high alarm is kept until somebody has seen it; latch = true"

    def limits(self) -> dict[str, float]:
        """Fixed limits by quantity, for whoever draws or compares them."""
        return {}

    def guards_low(self) -> bool:
        """Whether its limits are lower ones."""
        return False

    def unit_of_value(self) -> str:
        """The unit of the alarm's value and limit: its quantity's, or its own."""
        names = self.quantities()
        return QUANTITIES[names[0]].unit if names else self.unit

    def quantities(self) -> tuple[str, ...]:
        """The quantities without which it cannot judge; empty where it needs none."""
        return ()

    def acknowledged_until(self, priority: Priority, at: float, seen: EngineState) -> float:
        """Until when an acknowledgement of `at` lasts while the condition holds (s).

        2 minutes for a high alarm, 5 for a medium one; 10 once somebody has said that they are there.
        """
        lasts = {Priority.HIGH: 120.0, Priority.MEDIUM: 300.0}.get(priority, float("inf"))
        there = at if seen.here_at is None else seen.here_at + HERE_LASTS_S
        return max(at + lasts, there)


class Rung(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a ladder: after `after_s` the alarm has this priority, in these phases."""

    after_s: float
    priority: Priority
    phases: tuple[Phase, ...] = MONITORED


def climb(
    ladder: tuple[Rung, ...], reached_s: float, phase: Phase, *, beyond: bool = False
) -> Priority | None:
    """The priority of the highest rung that `reached_s` reached in this phase; None below the first.

    `beyond`: a rung is reached only above its time, not at it.
    """
    highest: Priority | None = None
    for rung in ladder:
        reached = reached_s > rung.after_s if beyond else reached_s >= rung.after_s - EPSILON
        if reached and phase in rung.phases:
            highest = rung.priority if highest is None else worse(rung.priority, highest)
    return highest


def worse(one: Priority, other: Priority) -> Priority:
    """The higher of two priorities."""
    return one if one is other or one.rank >= other.rank else other


def ladder_mistakes(rule: Row, key: str, ladder: tuple[Rung, ...]) -> list[str]:
    """A ladder must have rungs, and they must rise: later is more urgent."""
    if not ladder:
        return [f"rule {rule.rule!r}: {key} has no rungs; it could never be raised"]
    return [f"rule {rule.rule!r}: {key}: {mistake}" for mistake in _rungs(rule, ladder)]


def _rungs(rule: Row, ladder: tuple[Rung, ...]) -> Iterator[str]:
    for rung in ladder:
        if not bounds.LADDER_S[0] <= rung.after_s <= bounds.LADDER_S[1]:
            low, high = bounds.LADDER_S
            yield f"after_s = {rung.after_s:g} is outside {low:g}..{high:g}; choose one inside"
        if not set(rung.phases) & set(rule.phases):
            yield f"the rung after {rung.after_s:g} s has no phase of the rule; it would never be reached"
    for lower, higher in pairwise(ladder):
        if higher.after_s < lower.after_s:
            yield f"after_s = {higher.after_s:g} comes behind {lower.after_s:g}; rungs must rise"
    for lower, higher in combinations(ladder, 2):
        if set(lower.phases) & set(higher.phases) and higher.priority.rank <= lower.priority.rank:
            steps = (
                f"{higher.priority} after {higher.after_s:g} s, {lower.priority} after {lower.after_s:g} s"
            )
            yield f"{steps}; priority must rise from rung to rung"


def first_rung_mistakes(rule: Row, ladder: tuple[Rung, ...]) -> list[str]:
    """The rule's own priority is its first rung's, and that one holds wherever the rule does."""
    if not ladder:
        return []
    found: list[str] = []
    first = ladder[0]
    if first.priority is not rule.priority:
        found.append(f"priority = {rule.priority}, but the ladder begins with {first.priority}; say the same")
    if absent := [phase for phase in rule.phases if phase not in first.phases]:
        found.append(f"ladder: its first rung leaves out {', '.join(absent)}; give it all phases of the rule")
    return [f"rule {rule.rule!r}: {mistake}" for mistake in found]


def out_of_bounds(rule: str, key: str, value: float, within: tuple[float, float]) -> list[str]:
    """A value that a site may not choose."""
    low, high = within
    if low <= value <= high:
        return []
    return [f"rule {rule!r}: {key} = {value:g} is outside {low:g}..{high:g}; choose one inside"]

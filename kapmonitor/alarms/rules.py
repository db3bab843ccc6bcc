"""What every alarm rule has, whatever its kind: one row of `config/alarms.toml`.

`alarm` names the hazard (a vital and a direction, or a technical cause), `rule` one tier of it; tiers rise
with `tier`. Limits are in the quantity's unit, times in seconds. The kinds of rules, and when each begins and
ceases to hold, are in `kapmonitor.alarms.kinds`.
"""

from __future__ import annotations

from math import inf
from typing import ClassVar

import msgspec

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

    def mistakes(self) -> list[str]:
        """What is wrong with its columns among themselves: key, and what would be right."""
        return []

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
    return one if one.rank >= other.rank else other


def ladder_mistakes(rule: str, ladder: tuple[Rung, ...]) -> list[str]:
    """A ladder must have rungs, and they must rise."""
    steps = [rung.after_s for rung in ladder]
    if steps and steps == sorted(steps):
        return []
    return [f"rule {rule!r}: the ladder needs rungs with rising after_s; it could never be over"]


def out_of_bounds(rule: str, key: str, value: float, bounds: tuple[float, float]) -> list[str]:
    """A limit that a site may not choose."""
    low, high = bounds
    if low <= value <= high:
        return []
    return [f"rule {rule!r}: {key} = {value:g} is outside {low:g}..{high:g}; choose one inside"]

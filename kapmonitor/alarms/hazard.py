"""From the tiers of one hazard to one alarm instance and its transitions, in the words of IHE ACM.

    inactive -> active -> (latched ->) inactive

Read aloud: the first tier that holds starts an instance. A higher tier, or a higher priority of the same
one, escalates it and ends an acknowledgement. When the highest tier is over, what is left decides: an
unacknowledged latching tier is kept, as it was, until somebody has seen it; else a lower tier that still
holds takes over, and if none does, the instance ends. What comes after that is a new instance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from kapmonitor.alarms.rules import Row
from kapmonitor.alarms.state import Acknowledgement, Condition, EngineState, Hazard
from kapmonitor.alarms.words import Priority


class Event(StrEnum):
    """What happened to an alarm (IHE ACM alert phase; `continue` is a re-publication, never an event)."""

    START = "start"
    UPDATE = "update"
    ESCALATE = "escalate"
    DEESCALATE = "deescalate"
    ACKNOWLEDGE = "acknowledge"
    END = "end"
    RESET = "reset"


MEDIUM_PAGES_AFTER_S = 180.0
"""How long a medium alarm waits for somebody at the screen before it goes to a pager (s)."""


class Step(msgspec.Struct, frozen=True):
    """One transition of a hazard; `page`: it goes to the pagers."""

    event: Event
    page: bool = False


def top(tiers: Sequence[Row], conditions: Mapping[str, Condition]) -> tuple[Row, Priority] | None:
    """The highest tier whose condition holds, and the highest priority of all that hold."""
    held = [rule for rule in tiers if rule.rule in conditions and conditions[rule.rule].raised]
    if not held:
        return None
    return held[-1], max((conditions[rule.rule].priority for rule in held), key=lambda each: each.rank)


def settle(
    hazard: Hazard, tiers: Sequence[Row], conditions: Mapping[str, Condition], now: float
) -> Step | None:
    """Bring `hazard` in line with its tiers' conditions; the transition, if that is one."""
    held = top(tiers, conditions)
    if held is None:
        return _nothing_holds(hazard, tiers)
    rule, priority = held
    if not hazard.open:
        return _start(hazard, rule, priority, now)
    if (rule.tier, priority.rank) > (hazard.tier, hazard.priority.rank):
        return _escalate(hazard, rule, priority, now)
    if not hazard.holding or (hazard.latched and rule.tier == hazard.tier):  # it was over, and is there again
        return _again(hazard, rule, now)
    if (rule.tier, priority.rank) < (hazard.tier, hazard.priority.rank):
        return _lower(hazard, tiers, rule, priority)
    return None


def acknowledge(
    hazard: Hazard, tiers: Sequence[Row], conditions: Mapping[str, Condition], by: str, now: float
) -> Iterator[Step]:
    """Somebody has seen the alarm as it is now. What was only latched lets go."""
    hazard.acknowledged = Acknowledgement(by, now, hazard.tier, hazard.priority)
    hazard.seq += 1
    yield Step(Event.ACKNOWLEDGE)
    if not hazard.latched or any(rule.needs_here for rule in tiers):
        return  # what needs somebody in the room is not let go from a screen
    hazard.latched = False
    hazard.seq += 1
    held = top(tiers, conditions)
    if held is None:
        yield Step(Event.RESET)
    else:
        _take(hazard, *held)
        yield Step(Event.DEESCALATE)


def let_go(hazard: Hazard) -> Step:
    """What was only kept until somebody came is over."""
    hazard.latched = False
    hazard.seq += 1
    return Step(Event.RESET)


def remind(hazard: Hazard, tiers: Sequence[Row], seen: EngineState, now: float) -> Step | None:
    """What time alone does: an acknowledgement that runs out, a medium alarm that nobody answered."""
    if not hazard.holding:
        return None
    rule = _rule(hazard, tiers)
    acknowledged = hazard.acknowledged
    if acknowledged is not None:
        until = rule.acknowledged_until(hazard.priority, acknowledged.at, seen)
        return None if now < until else _forgotten(hazard, rule, now)
    late = now - hazard.unattended_since >= MEDIUM_PAGES_AFTER_S and _pages_late(rule, hazard.priority)
    return _page(hazard) if late and not hazard.paged else None


def measured_again(hazard: Hazard, tiers: Sequence[Row], seen: EngineState, now: float) -> Step | None:
    """A further measurement broke the limit: it ends an acknowledgement, and may be the one that pages.

    One that failed or is doubtful says nothing.
    """
    rule = _rule(hazard, tiers)
    condition = seen.conditions.get(rule.rule)
    measured = seen.pressures is not None and seen.pressures.at == now
    if not (hazard.holding and measured) or condition is None or condition.violations == 0:
        return None
    confirmed = rule.page == "second-reading" and condition.violations > 1
    if hazard.acknowledged is not None:
        step = _forgotten(hazard, rule, now)
        hazard.paged = hazard.paged or confirmed
        return Step(step.event, page=hazard.paged)
    return _page(hazard) if confirmed and not hazard.paged else None


def happened_again(
    hazard: Hazard, tiers: Sequence[Row], conditions: Mapping[str, Condition], now: float
) -> Step | None:
    """Something new of the same kind was logged: what was acknowledged before does not cover it."""
    rule = _rule(hazard, tiers)
    condition = conditions.get(rule.rule)
    new = condition is not None and condition.since == now
    return _forgotten(hazard, rule, now) if new and hazard.acknowledged is not None else None


def announce_again(hazard: Hazard, tiers: Sequence[Row], now: float) -> Step:
    """After a restart nobody can be sure of having seen it."""
    return _forgotten(hazard, _rule(hazard, tiers), now)


def _forgotten(hazard: Hazard, rule: Row, now: float) -> Step:
    """The alarm is as if nobody had seen it."""
    hazard.acknowledged = None
    return _unattended(hazard, rule, now, Event.UPDATE)


def _page(hazard: Hazard) -> Step:
    hazard.paged = True
    hazard.seq += 1
    return Step(Event.UPDATE, page=True)


def _start(hazard: Hazard, rule: Row, priority: Priority, now: float) -> Step:
    hazard.since = now
    hazard.seq = 0
    hazard.acknowledged = None
    hazard.latched = False
    _take(hazard, rule, priority)
    return _unattended(hazard, rule, now, Event.START)


def _escalate(hazard: Hazard, rule: Row, priority: Priority, now: float) -> Step:
    hazard.acknowledged = None
    hazard.latched = False
    _take(hazard, rule, priority)
    return _unattended(hazard, rule, now, Event.ESCALATE)


def _again(hazard: Hazard, rule: Row, now: float) -> Step:
    """A latched alarm whose condition holds again. The same tier is no longer only kept; a lower one is."""
    hazard.holding = True
    hazard.latched = rule.tier < hazard.tier
    hazard.rule = rule.rule
    return _unattended(hazard, rule, now, Event.UPDATE)


def _lower(hazard: Hazard, tiers: Sequence[Row], rule: Row, priority: Priority) -> Step | None:
    if _keeps(hazard, tiers):
        if hazard.latched and hazard.rule == rule.rule:
            return None
        hazard.latched = True
        hazard.rule = rule.rule
        hazard.seq += 1
        return Step(Event.UPDATE)
    _take(hazard, rule, priority)
    hazard.seq += 1
    return Step(Event.DEESCALATE)


def _nothing_holds(hazard: Hazard, tiers: Sequence[Row]) -> Step | None:
    if not hazard.holding:
        return None
    hazard.holding = False
    hazard.seq += 1
    if _keeps(hazard, tiers):
        hazard.latched = True
        return Step(Event.UPDATE)
    return Step(Event.END)


def _keeps(hazard: Hazard, tiers: Sequence[Row]) -> bool:
    """Whether the reported tier is kept after it is over: it latches, and nobody has seen it."""
    latches = any(rule.latch and rule.tier == hazard.tier for rule in tiers)
    return latches and hazard.acknowledged is None


def _take(hazard: Hazard, rule: Row, priority: Priority) -> None:
    hazard.rule, hazard.tier, hazard.priority, hazard.holding = rule.rule, rule.tier, priority, True


def _unattended(hazard: Hazard, rule: Row, now: float, event: Event) -> Step:
    """Something nobody has seen yet: the clock for the pager starts, or it goes out at once."""
    hazard.unattended_since = now
    hazard.paged = _pages_at_once(rule, hazard.priority)
    hazard.seq += 1
    hazard.worse_seq = hazard.seq
    return Step(event, page=hazard.paged)


def _pages_at_once(rule: Row, priority: Priority) -> bool:
    return rule.page == "at-once" or (rule.page == "by-priority" and priority is Priority.HIGH)


def _pages_late(rule: Row, priority: Priority) -> bool:
    return rule.page == "after-3-min" or (rule.page == "by-priority" and priority is Priority.MEDIUM)


def _rule(hazard: Hazard, tiers: Sequence[Row]) -> Row:
    return next(rule for rule in tiers if rule.rule == hazard.rule)

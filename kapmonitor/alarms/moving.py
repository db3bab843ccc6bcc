"""Limits that staff may move: which columns of which rules, between which ends. Pure.

What ends an alarm moves along with its limit, so that the distance between the two stays as the site has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from kapmonitor.alarms import bounds
from kapmonitor.alarms.kinds import Rule
from kapmonitor.alarms.kinds.limit import Limit
from kapmonitor.alarms.kinds.pressure import LowPressureRule, PressureRule
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.errors import ConfigError

Changes = Mapping[str, Mapping[str, float]]
"""By rule and column: the value that somebody wants."""

WITH_IT: Mapping[str, str] = {
    "limit": "clear",
    "systolic": "clear_systolic",
    "diastolic": "clear_diastolic",
}
"""Which column moves along with which."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a rule that may be moved, from `low` to `high`, both included."""

    column: str
    value: float
    unit: str
    low: float
    high: float


def choices(rule: Rule) -> tuple[Choice, ...]:
    """What may be moved in a rule; the ends are those of the file, or what any site may choose."""
    return tuple(
        Choice(column=column, value=getattr(rule, column), unit=rule.unit_of_value(), low=low, high=high)
        for column, (low, high) in _ends(rule)
    )


def moved(rules: RuleSet, changes: Changes) -> RuleSet:
    """The rules with these limits.

    Raises:
        ConfigError: no such rule or column, a value beyond its ends, or tiers out of order; every mistake.
    """
    known = {rule.rule: rule for rule in rules.rules}
    mistakes = [*_unknown(known, changes)]
    if mistakes:
        raise ConfigError(mistakes)
    return rules.with_limits({name: _row(known[name], columns) for name, columns in changes.items()})


def in_force(rules: RuleSet, changes: Changes) -> RuleSet:
    """The rules of a session in which these limits were moved.

    Where the site's rules are others since, and do not go with them any more, those of the site hold: a limit
    that nobody can stand for watches nobody.
    """
    try:
        return moved(rules, changes) if changes else rules
    except ConfigError:
        return rules


def _row(rule: Rule, columns: Mapping[str, float]) -> dict[str, Any]:
    row: dict[str, Any] = dict(columns)
    for column, value in columns.items():
        other = WITH_IT[column]
        if hasattr(rule, other):
            row[other] = round(getattr(rule, other) + value - getattr(rule, column), 3)
    return row


def _unknown(known: Mapping[str, Rule], changes: Changes) -> Iterator[str]:
    for name, columns in changes.items():
        if name not in known:
            yield f"There is no rule {name}."
            continue
        there = {each.column for each in choices(known[name])}
        for column in columns:
            if column not in there:
                what = ", ".join(sorted(there)) or "nothing"
                yield f"{column} of {name} cannot be moved; what can be moved is {what}."


def _ends(rule: Rule) -> Iterator[tuple[str, tuple[float, float]]]:
    match rule:
        case PressureRule():
            for key, own in (("systolic", rule.systolic_bounds), ("diastolic", rule.diastolic_bounds)):
                yield key, own or (bounds.RISE[key] if rule.relative else bounds.SITE[key, "high"])
        case LowPressureRule():
            yield "limit", rule.bounds
        case Limit():
            ends = getattr(rule, "bounds", None) or bounds.SITE.get((rule.measured, rule.direction))
            if ends is not None:
                yield "limit", ends
        case _:
            pass

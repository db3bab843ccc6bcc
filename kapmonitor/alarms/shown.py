"""What a person is shown of the rules: the limits that would alarm first, and the rules by name. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kapmonitor.alarms.kinds import ThresholdRule
from kapmonitor.alarms.moving import Choice, choices
from kapmonitor.alarms.ruleset import RuleSet

Limits = tuple[float | None, float | None]
"""Below the first or above the second an alarm comes; None where there is no such limit."""
NO_LIMITS: Limits = (None, None)


class ShownRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule in a list: what it says, and what a session may have otherwise: off, or other limits."""

    rule: str
    alarm: str
    priority: str
    text: str
    may_be_off: bool
    choices: tuple[Choice, ...]


def shown_rules(rules: RuleSet) -> tuple[ShownRule, ...]:
    """All rules, in the order of the file."""
    return tuple(
        ShownRule(
            rule=each.rule,
            alarm=each.alarm,
            priority=each.priority.value,
            text=each.text,
            may_be_off=not each.needs_here,
            choices=choices(each),
        )
        for each in rules.rules
    )


def shown_limits(rules: RuleSet, baseline: Mapping[str, float] | None = None) -> dict[str, Limits]:
    """Per quantity the pair of limits that would alarm first, for a patient with this same-day `baseline`.

    Without a baseline those of everybody. Limits on a change against the baseline are not among them.
    """
    found: dict[str, Limits] = {}
    for rule in rules.rules:
        for quantity, fixed in rule.limits().items():
            limit = fixed
            if isinstance(rule, ThresholdRule) and baseline:
                limit = rule.effective(baseline.get(rule.quantities()[0]))
            low, high = found.get(quantity, (None, None))
            if rule.guards_low():
                low = limit if low is None else max(low, limit)
            else:
                high = limit if high is None else min(high, limit)
            found[quantity] = (low, high)
    return found

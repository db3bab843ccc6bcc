"""The limits that a person is shown beside a number or in a trend: those that would alarm first. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kapmonitor.alarms.kinds import ThresholdRule
from kapmonitor.alarms.ruleset import RuleSet

Limits = tuple[float | None, float | None]
"""Below the first or above the second an alarm comes; None where there is no such limit."""
NO_LIMITS: Limits = (None, None)


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

"""Limits that staff may move: between which ends, what moves along, what is refused and why."""

from __future__ import annotations

import pytest

from kapmonitor.alarms.moving import choices, in_force, moved
from kapmonitor.errors import ConfigError
from tests.alarms.script import default_rules

RULES = default_rules()


def rule(name: str, changes: dict[str, dict[str, float]]) -> object:
    return next(each for each in moved(RULES, changes).rules if each.rule == name)


def test_what_ends_an_alarm_moves_along_with_its_limit() -> None:
    low = rule("spo2-low", {"spo2-low": {"limit": 94.0}})
    assert (getattr(low, "limit", None), getattr(low, "clear", None)) == (94, 95)
    high = rule("blood-pressure-high", {"blood-pressure-high": {"systolic": 170.0}})
    before = next(each for each in RULES.rules if each.rule == "blood-pressure-high")
    gap = getattr(before, "systolic", 0) - getattr(before, "clear_systolic", 0)
    assert getattr(high, "systolic", 0) - getattr(high, "clear_systolic", 0) == gap


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"spo2-low": {"limit": 99.0}}, "outside 80..96"),
        ({"spo2-low": {"limit": 84.0}}, "tiers must rise"),
        ({"spo2-low": {"delay_s": 60.0}}, "what can be moved is limit"),
        ({"no-such": {"limit": 90.0}}, "There is no rule no-such"),
        ({"help": {"limit": 1.0}}, "what can be moved is nothing"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    changes: dict[str, dict[str, float]], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        moved(RULES, changes)
    assert in_force(RULES, changes) == RULES


def test_every_choice_can_be_taken_as_it_is() -> None:
    """And its value lies between its ends."""
    found = {each.rule: choices(each) for each in RULES.rules}
    assert {"spo2-low", "heart-rate-high", "blood-pressure-high", "blood-pressure-low"} <= {
        name for name, there in found.items() if there
    }
    for name, there in found.items():
        for each in there:
            assert each.low <= each.value <= each.high
            assert moved(RULES, {name: {each.column: each.value}}) == RULES

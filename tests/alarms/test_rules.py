"""Rules are data: the shipped ones are in order, and a wrong one is refused with its key and the remedy."""

from __future__ import annotations

import pytest

from kapmonitor.alarms.kinds import ThresholdRule
from kapmonitor.alarms.ruleset import parse
from kapmonitor.errors import ConfigError
from tests.alarms.script import default_rules


def test_every_alarm_has_its_tiers_in_the_documented_order() -> None:
    """Names are part of the outside: scripts, records and pagers know alarms by them."""
    hazards = default_rules().hazards
    assert {name: [rule.rule for rule in tiers] for name, tiers in hazards.items() if len(tiers) > 1} == {
        "spo2-low": ["spo2-low", "spo2-weak", "spo2-prolonged", "spo2-critical", "spo2-rapid-fall"],
        "heart-rate-high": ["heart-rate-high", "heart-rate-critical-high"],
        "heart-rate-low": ["heart-rate-low", "heart-rate-critical-low"],
        "blood-pressure-high": [
            "blood-pressure-rise",
            "blood-pressure-high",
            "blood-pressure-critical",
            "blood-pressure-symptoms",
        ],
        "blood-pressure-low": ["blood-pressure-low", "blood-pressure-critical-low"],
    }
    assert {tiers[0].rule: name for name, tiers in hazards.items() if len(tiers) == 1} == {
        "pulse-lost": "pulse-lost",
        "symptom-critical": "symptom",
        "sedation": "sedation",
        "help": "help",
        "spo2-unavailable": "spo2-unavailable",
        "heart-rate-unavailable": "heart-rate-unavailable",
        "cuff-unavailable": "cuff-unavailable",
        "nibp-overdue": "nibp-overdue",
        "nibp-implausible": "nibp-implausible",
        "rates-disagree": "rates-disagree",
        "battery-low": "battery-low",
        "simulated-source": "simulated-source",
        "wrong-device": "wrong-device",
        "devices-mismatch": "devices-mismatch",
    }


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        default_rules().with_limits({"spo2-low": {"limit": 97}, "heart-rate-low": {"delay_s": "long"}})
    said = "\n".join(refused.value.mistakes)
    assert "limit = 97" in said
    assert "heart-rate-low" in said


def test_a_rule_that_stands_twice_is_refused() -> None:
    row = {
        "kind": "unavailable",
        "alarm": "a",
        "rule": "a",
        "tier": 1,
        "priority": "low",
        "text": "",
        "advice": "",
        "vital": "spo2",
        "ladder": [{"after_s": 1, "priority": "low"}],
    }
    with pytest.raises(ConfigError, match="twice"):
        parse([row, row])


@pytest.mark.parametrize(
    ("baseline", "limit"), [(None, 50), (70, 50), (60, 50), (59, 49), (55, 45), (50, 42)]
)
def test_the_low_heart_rate_limit_follows_a_low_baseline(baseline: float | None, limit: float) -> None:
    rule = next(rule for rule in default_rules().rules if rule.rule == "heart-rate-low")
    assert isinstance(rule, ThresholdRule)
    assert rule.effective(baseline) == limit

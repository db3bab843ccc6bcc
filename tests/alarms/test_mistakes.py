"""A set of rules that cannot work is refused: one row for each kind of mistake, with the line it gets."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kapmonitor.__main__ import command_line
from kapmonitor.alarms.rows import KINDS
from kapmonitor.config import defaults_dir, parse_rules, rules_text
from kapmonitor.errors import ConfigError
from tests.alarms.script import default_rules

Changes = dict[str, dict[str, Any]]
LOW, HIGH = "low", "high"


def rung(after_s: float, priority: str, *phases: str) -> dict[str, Any]:
    return {"after_s": after_s, "priority": priority, **({"phases": phases} if phases else {})}


ROWS: list[tuple[str, dict[str, Any], str]] = [
    # Columns
    ("spo2-low", {"limit": "high"}, "limit = 'high': Expected `float`, got `str`"),
    ("spo2-low", {"limit": float("nan")}, "limit = nan: is no number"),
    ("spo2-low", {"hold_s": float("inf")}, "hold_s = inf: is no number"),
    ("spo2-low", {"colour": "red"}, "colour: there is no such column; columns of threshold are alarm,"),
    ("spo2-low", {"kind": "treshold"}, "kind = 'treshold': there is no such kind; kinds are threshold,"),
    ("spo2-low", {"page": "soon"}, "page = 'soon': Invalid enum value"),
    ("spo2-low", {"op": "=="}, "op = '==': Invalid enum value"),
    ("spo2-low", {"bounds": [80]}, "bounds = [80]: Expected `array` of length 2"),
    ("spo2-low", {"alarm": "SpO2 low"}, "alarm = 'SpO2 low' may hold only a-z, 0-9 and '-'"),
    ("spo2-low", {"tier": 0}, "tier = 0: tiers begin with 1"),
    # Limits of vitals
    ("spo2-low", {"vital": "oxygen"}, "there is no vital 'oxygen'; vitals are spo2, rate,"),
    ("spo2-low", {"vital": "systolic"}, "there is no vital 'systolic'"),
    ("spo2-low", {"limit": 50}, "limit = 50 is outside 80..96; choose one inside"),
    ("spo2-low", {"bounds": [50, 99]}, "bounds = 50..99 reaches beyond 80..96; narrow it"),
    ("spo2-low", {"bounds": [96, 80]}, "bounds = 96..80 holds nothing; write the lower end first"),
    ("spo2-low", {"limit": 70, "bounds": [60, 96]}, "limit = 70 is outside 80..96"),
    ("heart-rate-high", {"limit": 170, "clear": 150}, "limit = 170 is outside 100..160"),
    ("heart-rate-low", {"limit": 60, "clear": 63}, "limit = 60 is outside 30..55"),
    ("spo2-weak", {"limit": 70}, "limit = 70 is outside 80..96"),
    ("spo2-prolonged", {"limit": 97}, "limit = 97 is outside 80..96"),
    # Clearing values
    ("spo2-low", {"clear": 91}, "clear = 91 lies beyond limit = 92; it could never be over"),
    ("spo2-low", {"clear_op": "<"}, "clear_op = '<' looks the same way as op = '<'; turn one round"),
    ("heart-rate-critical-low", {"clear": 40, "clear_op": ">="}, "clear = 40 lies beyond limit = 40"),
    ("spo2-low", {"clear": 101}, "clear = 101: even 100 is not >= 101; it could never be over"),
    ("heart-rate-high", {"clear": 60}, "clear = 60: even 70 is not < 60; it could never be over"),
    ("spo2-weak", {"clear": 85}, "clear = 85 lies beyond limit = 88"),
    # Times
    ("spo2-low", {"delay_s": -1}, "delay_s = -1 is outside 0..60; choose one inside"),
    ("spo2-low", {"delay_s": 3600}, "delay_s = 3600 is outside 0..60"),
    ("spo2-low", {"hold_s": -5}, "hold_s = -5 is outside 0..300"),
    ("rates-disagree", {"delay_s": -1}, "delay_s = -1 is outside 0..300"),
    ("pulse-lost", {"delay_s": 90}, "delay_s = 90 is outside 0..60"),
    (
        "pulse-lost",
        {"valid_within_s": 10},
        "valid_within_s = 10 is outside 15..1800; it could never be raised",
    ),
    ("nibp-overdue", {"least_s": -1}, "least_s = -1 is outside 0..600"),
    ("nibp-overdue", {"share": 5}, "share = 5 is outside 0..2"),
    ("simulated-source", {"hold_s": -1}, "hold_s = -1 is outside 0..300"),
    # A fall that is seen coming
    ("spo2-rapid-fall", {"delay_s": 1}, "fast.delay_s = 2 is outside 0..1, the rule's own delay_s"),
    (
        "spo2-rapid-fall",
        {"limit": 92, "clear": 93},
        "fast.low..fast.high = 80..91 has to reach above limit = 92",
    ),
    (
        "spo2-rapid-fall",
        {"fast": {"delay_s": 2, "low": 80, "high": 91, "fill_s": 30, "within_s": 20}},
        "fast.fill_s = 30 has to fit into within_s = 20",
    ),
    (
        "heart-rate-high",
        {"fast": {"delay_s": 2, "low": 100, "high": 119, "fill_s": 3, "within_s": 20}},
        "fast is for what falls",
    ),
    # A limit that follows the baseline
    (
        "heart-rate-low",
        {"baseline_margin": 15, "baseline_floor": 0},
        "with a baseline of 40 the limit would be 25",
    ),
    ("heart-rate-low", {"baseline_margin": -3}, "baseline_margin = -3 is outside 1..30"),
    ("heart-rate-low", {"baseline_floor": 53}, "baseline_floor = 53 lies above limit = 50"),
    ("heart-rate-high", {"baseline_margin": 10}, "baseline_margin is for low limits; leave it out"),
    # Sums and ladders
    (
        "spo2-prolonged",
        {"window_s": 100},
        "window_s = 100 has no room for the ladder's 120 s; make it longer",
    ),
    ("spo2-prolonged", {"clear_s": 0}, "clear_s = 0 is outside 0..60; it would never be over"),
    ("spo2-prolonged", {"clear_s": 90}, "clear_s = 90 is outside 0..60"),
    ("spo2-unavailable", {"ladder": []}, "ladder has no rungs; it could never be raised"),
    ("heart-rate-unavailable", {"ladder": [rung(-1, "low")]}, "ladder: after_s = -1 is outside 1..600"),
    (
        "heart-rate-unavailable",
        {"ladder": [rung(30, "low"), rung(15, "medium")]},
        "ladder: after_s = 15 comes behind 30; rungs must rise",
    ),
    (
        "spo2-weak",
        {"ladder": [rung(30, "medium"), rung(60, "medium")]},
        "medium after 60 s, medium after 30 s; priority must rise from rung to rung",
    ),
    (
        "spo2-weak",
        {"ladder": [rung(30, "high")]},
        "priority = medium, but the ladder begins with high; say the same",
    ),
    (
        "spo2-unavailable",
        {"ladder": [rung(15, "low", "peak"), rung(30, "medium")]},
        "its first rung leaves out ready, onset, recovery",
    ),
    (
        "spo2-unavailable",
        {"nothing_ladder": [rung(30, "high", "screening")]},
        "nothing_ladder: the rung after 30 s has no phase of the rule",
    ),
    (
        "spo2-unavailable",
        {"nothing_ladder": [rung(5, "high")]},
        "nothing_ladder begins after 5 s, before the ladder",
    ),
    (
        "heart-rate-unavailable",
        {"yields_to": "help"},
        "yields_to = 'help' does not speak for both; rules with",
    ),
    ("spo2-unavailable", {"vital": "systolic"}, "there is no vital 'systolic'; vitals are spo2, rate"),
    # Pressures
    ("blood-pressure-critical", {"systolic": 300}, "systolic = 300 is outside 140..200"),
    ("blood-pressure-critical", {"diastolic": 130}, "diastolic = 130 is outside 90..120"),
    (
        "blood-pressure-high",
        {"systolic_bounds": [100, 250]},
        "systolic_bounds = 100..250 reaches beyond 140..200",
    ),
    ("blood-pressure-critical", {"clear_systolic": 190}, "clear_systolic = 190 lies above systolic = 180"),
    ("blood-pressure-high", {"clear_diastolic": 70}, "clear_diastolic = 70 has to lie above 75"),
    ("blood-pressure-critical", {"clear_readings": 0}, "clear_readings = 0 is outside 1..5"),
    ("blood-pressure-rise", {"systolic": 0, "clear_systolic": -5}, "systolic = 0 is outside 10..90"),
    ("blood-pressure-rise", {"clear_systolic": -5}, "clear_systolic = -5 has to lie above 0"),
    ("blood-pressure-symptoms", {"systolic": 120}, "systolic = 120 is outside 140..200"),
    ("blood-pressure-symptoms", {"within_s": -60}, "within_s = -60 is outside 60..7200"),
    ("blood-pressure-symptoms", {"symptoms": []}, "symptoms is empty; it could never be raised"),
    ("blood-pressure-symptoms", {"severity": "bad"}, "severity = 'bad': Invalid enum value"),
    ("blood-pressure-low", {"limit": 60}, "limit = 60 is outside 70..95"),
    ("blood-pressure-low", {"op": ">="}, "op = '>=' looks up; a low pressure needs < or <="),
    ("blood-pressure-low", {"clear": 85}, "clear = 85 lies beyond limit = 90; it would chatter"),
    ("blood-pressure-low", {"clear": 130}, "clear = 130 has to lie below 120; it could never be over"),
    ("blood-pressure-critical-low", {"fall_below": 200}, "fall_below = 200 is outside 70..130"),
    ("blood-pressure-critical-low", {"fall_percent": -5}, "fall_percent = -5 is outside 10..60"),
    ("blood-pressure-low", {"fall_percent": 30}, "fall_percent needs fall_below"),
    # Phases
    (
        "spo2-low",
        {"phases": []},
        "phases: ready, onset, peak, recovery, discharge, aborted would go unwatched",
    ),
    (
        "spo2-low",
        {"phases": ["peak"]},
        "phases: ready, onset, recovery, discharge, aborted would go unwatched",
    ),
    ("spo2-low", {"phases": ["screening", "peak"]}, "phases: it cannot hold in screening; phases are ready"),
    (
        "blood-pressure-rise",
        {"phases": ["ready", "onset", "peak", "recovery"]},
        "phases: it cannot hold in ready",
    ),
    ("blood-pressure-rise", {"phases": ["onset", "peak"]}, "phases: recovery would go unwatched"),
    ("help", {"phases": ["peak"]}, "phases: ready, onset, recovery, discharge, aborted would go unwatched"),
    ("spo2-low", {"phases": ["high"]}, "phases = ['high']: Invalid enum value 'high'"),
    # Who is called, and what is kept
    (
        "spo2-critical",
        {"page": "never"},
        "page = 'never': a high alarm calls at once; choose at-once or by-priority",
    ),
    ("spo2-weak", {"page": "after-3-min"}, "page = 'after-3-min': a high alarm calls at once"),
    ("blood-pressure-rise", {"page": "second-reading"}, "page = 'second-reading': a low alarm calls nobody"),
    ("spo2-low", {"page": "second-reading"}, "page = 'second-reading' is for rules on blood pressure"),
    ("spo2-critical", {"latch": False}, "latch = false: a high alarm is kept until somebody has seen it"),
    ("help", {"latch": False}, "latch = false with needs_here: nobody would have to come"),
    ("help", {"needs_here": False}, "needs needs_here = true; nobody may switch"),
    ("symptom-critical", {"needs_here": False}, "nobody may switch 'symptom' off"),
    ("pulse-lost", {"needs_here": False}, "needs needs_here = true; nobody may switch"),
    # What is logged, and the equipment
    ("symptom-critical", {"happenings": []}, "happenings is empty; it could never be raised"),
    ("sedation", {"score_at_most": 9}, "score_at_most = 9 is outside 0..5"),
    ("cuff-unavailable", {"failures": 0}, "failures = 0 is outside 1..10"),
    ("battery-low", {"urgent_below": 30}, "urgent_below = 30 is outside 1..20"),
    ("battery-low", {"below": 120}, "below = 120 is outside 1..90"),
    ("nibp-overdue", {"priority": "high"}, "priority = high would fall to medium as it gets worse"),
    (
        "simulated-source",
        {"reason": "ugly"},
        "reason = 'ugly': nothing is refused for it; reasons are simulated_source",
    ),
    # Between tiers
    ("spo2-low", {"tier": 4}, "alarm 'spo2-low': two rules are tier 4; tiers must rise"),
    ("help", {"rule": "sedation"}, "rule 'sedation' stands there twice; keep one"),
    ("spo2-critical", {"limit": 93, "clear": 94}, "'spo2-critical' at 93 would come before 'spo2-low' at 92"),
    (
        "heart-rate-low",
        {"baseline_floor": 38},
        "at 40 would come before 'heart-rate-low' at 38 with a baseline of 40",
    ),
    (
        "heart-rate-critical-high",
        {"limit": 115, "clear": 110},
        "at 115 would come before 'heart-rate-high' at 120",
    ),
    ("spo2-critical", {"priority": "low", "page": "never"}, "priority must not fall from tier to tier"),
    ("spo2-prolonged", {"limit": 95}, "limit = 95 of 'spo2-prolonged' lies beyond clear = 93 of 'spo2-low'"),
    (
        "spo2-weak",
        {"limit": 94, "clear": 95},
        "limit = 94 of 'spo2-weak' lies beyond clear = 93 of 'spo2-low'",
    ),
    (
        "blood-pressure-critical",
        {"systolic": 160, "clear_systolic": 155},
        "would come before 'blood-pressure-high'",
    ),
    (
        "blood-pressure-critical",
        {"diastolic": 95, "clear_diastolic": 90},
        "at 95 diastolic would come before",
    ),
    (
        "blood-pressure-rise",
        {"systolic": 85},
        "would for no baseline come before 'blood-pressure-high' at 165",
    ),
    (
        "blood-pressure-symptoms",
        {"systolic": 190},
        "needs 190 systolic, more than 'blood-pressure-critical' with 180",
    ),
    (
        "blood-pressure-critical-low",
        {"limit": 92, "clear": 95},
        "at 92 systolic would come before 'blood-pressure-low'",
    ),
    (
        "heart-rate-low",
        {"alarm": "heart-rate-high", "tier": 3},
        "are not about the same thing in the same direction",
    ),
    ("blood-pressure-low", {"alarm": "blood-pressure-high", "tier": 5}, "are not about the same thing"),
]


def toml(changes: Changes) -> list[dict[str, Any]]:
    """The shipped rows, with some columns changed."""
    rows = tomllib.loads(rules_text())["rules"]
    return [{**row, **changes.get(row["rule"], {})} for row in rows]


def named(changes: Changes) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        default_rules().with_limits(changes)
    return refused.value.mistakes


@pytest.mark.parametrize(("rule", "columns", "line"), ROWS, ids=[f"{rule}-{cols}" for rule, cols, _ in ROWS])
def test_a_mistake_is_named_with_its_rule_its_column_and_what_would_be_right(
    rule: str, columns: dict[str, Any], line: str
) -> None:
    found = named({rule: columns})
    assert any(line in each and (rule in each or "alarm '" in each or "stands" in each) for each in found), (
        found
    )


def test_every_kind_of_rule_has_its_mistakes_named() -> None:
    """A kind whose columns are not checked is a hole through which anything gets into the service."""
    kinds = {str(rule.__struct_config__.tag): rule.rule for rule in default_rules().rules}
    wrong = {rule for rule, _, _ in ROWS}
    assert set(kinds) == set(KINDS)
    own = set(KINDS) - {"nibp-implausible", "devices-mismatch"}  # they have no columns of their own
    assert {kind for kind in own if not any(rule.rule in wrong for rule in of_kind(kind))} == set()


def of_kind(kind: str) -> list[Any]:
    return [rule for rule in default_rules().rules if rule.__struct_config__.tag == kind]


def test_every_mistake_of_every_row_is_named_at_once() -> None:
    found = named(
        {
            "spo2-lowish": {"limit": 90},
            "spo2-low": {"limit": "high", "delay_s": "long", "colour": "red"},
            "heart-rate-high": {"limit": 99, "delay_s": -1, "phases": []},
            "blood-pressure-critical": {"systolic": 160, "clear_systolic": 155},
        }
    )
    said = "\n".join(found)
    for part in ("spo2-lowish", "limit = 'high'", "delay_s = 'long'", "colour", "limit = 99", "delay_s = -1"):
        assert part in said
    assert "unwatched" in said
    assert "would come before 'blood-pressure-high'" in said


def test_a_rule_that_is_missing_is_a_mistake() -> None:
    """A row that was deleted, or a misspelt table, would switch a rule off for good and in silence."""
    text = rules_text()
    with pytest.raises(ConfigError, match=r"rule 'help' is missing; put it back"):
        parse_rules(text.replace('rule = "help"', 'rule = "helping"'))
    with pytest.raises(ConfigError, match=r"rule: no such key; rules are \[\[rules\]\]"):
        parse_rules(text + '\n[[rule]]\nkind = "threshold"\n')


def test_check_config_names_all_of_them_and_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "clinic.toml").write_text((defaults_dir() / "clinic.example.toml").read_text())
    alarms = rules_text().replace("limit = 92", "limit = 50").replace("delay_s = 30", "delay_s = -30", 1)
    (tmp_path / "alarms.toml").write_text(alarms)
    ended = CliRunner().invoke(
        command_line(["check-config"]), ["check-config", str(tmp_path / "clinic.toml")]
    )
    assert isinstance(ended.exception, ConfigError)
    assert ended.exception.exit_code == 2
    found = ended.exception.mistakes
    assert all(str(tmp_path / "alarms.toml") in each for each in found)
    assert any("limit = 50 is outside 80..96" in each for each in found)
    assert any("delay_s = -30 is outside 0..60" in each for each in found)

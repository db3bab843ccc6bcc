"""docs/alarms.md has every rule with its numbers, and promises no shorter time than the engine needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest

from kapmonitor.alarms.engine import Engine, Transition
from kapmonitor.alarms.inputs import PhaseSet, Tick
from kapmonitor.alarms.kinds import PressureRule, ThresholdRule, UnavailableRule
from kapmonitor.alarms.rules import Row, Rung
from kapmonitor.alarms.state import EngineState
from kapmonitor.alarms.texts import CAUSES
from kapmonitor.config import load_rules
from kapmonitor.model import Phase, reading
from tests.pages import DOCS, sections, text_of, words

RULES = load_rules().rules
THRESHOLDS = [rule for rule in RULES if isinstance(rule, ThresholdRule)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule)
def test_every_rule_is_explained_with_its_numbers(rule: Row) -> None:
    section = sections("alarms.md")[rule.rule]
    assert "**Do:**" in section
    numbers = re.findall(r"\d+", section)
    assert set(_numbers(rule)) <= set(numbers)
    assert rule.priority.value in section.lower()


def _numbers(rule: Row) -> Iterator[str]:
    match rule:
        case ThresholdRule():
            found = [rule.limit, rule.delay_s, rule.clear, rule.hold_s, *rule.bounds]
        case PressureRule():
            found = [rule.systolic, rule.diastolic, rule.clear_systolic, rule.clear_diastolic]
            found += [rule.clear_readings, *rule.systolic_bounds, *rule.diastolic_bounds]
        case UnavailableRule():
            found = [rung.after_s for rung in rule.ladder]
        case _:
            found = []
    return (f"{number:g}" for number in found)


def test_every_column_of_the_rules_is_explained() -> None:
    columns = {
        field.name for kind in (ThresholdRule, PressureRule, UnavailableRule, Rung)
        for field in msgspec.structs.fields(kind)
    }  # fmt: skip
    assert columns | {"kind"} <= words(sections("alarms.md")["Columns of alarms.toml"])


@pytest.mark.parametrize("rule", THRESHOLDS, ids=lambda rule: rule.rule)
@pytest.mark.parametrize("phase_s", [0.01, 0.5, 0.99])
def test_an_alarm_comes_within_the_time_that_the_page_names(rule: ThresholdRule, phase_s: float) -> None:
    """The last second of it is for the way to the screen."""
    lines = sections("alarms.md")["How long it takes"].splitlines()
    line = next(line for line in lines if line.startswith("|") and rule.rule in line.split("|")[1])
    named_s = float(re.findall(r"\d+", line.split("|")[3])[0])
    step = 1.0 if rule.op.startswith(">") else -1.0
    engine = Engine(load_rules(), EngineState("test"))
    engine.step(PhaseSet(Phase.ONSET), 0.0)
    started: list[Transition] = []
    for second in range(100):
        beyond = second >= 10
        value = rule.limit + (step if beyond else rule.clear - rule.limit)
        started += engine.step(reading(rule.quantities()[0], value), second + phase_s)
        engine.step(Tick(), second + phase_s)
    first = next(each for each in started if each.rule == rule.rule)
    assert first.at - (9 + phase_s) <= named_s - 1


@pytest.mark.parametrize("reason", list(CAUSES))
def test_staff_find_what_every_reason_means_and_what_to_do(reason: str) -> None:
    rows = [line for line in text_of(DOCS / "using.md").splitlines() if f"`{reason}`" in line]
    assert len(rows) == 1
    assert CAUSES[reason].text in rows[0]

"""docs/alarms.md has every rule with its numbers, and promises no shorter time than the engine needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest

from kapmonitor.alarms import bounds
from kapmonitor.alarms.engine import Engine, Transition
from kapmonitor.alarms.inputs import Input, PhaseSet, Tick
from kapmonitor.alarms.kinds import Rule, ThresholdRule
from kapmonitor.alarms.kinds.threshold import Fast
from kapmonitor.alarms.rules import Row, Rung
from kapmonitor.alarms.service import RULES as SERVICE_RULES
from kapmonitor.alarms.service import ServiceRule
from kapmonitor.alarms.state import EngineState
from kapmonitor.alarms.texts import CAUSES
from kapmonitor.config import load_rules
from kapmonitor.model import Phase, missing, reading
from tests.pages import DOCS, row, sections, text_of, words

RULES = load_rules().rules
THRESHOLDS = [rule for rule in RULES if isinstance(rule, ThresholdRule)]
KINDS: tuple[type[Row], ...] = get_args(Rule)
COMMON = {field.name for field in msgspec.structs.fields(Row)}
PAGE = {
    "at-once": "at once",
    "after-3-min": "after 3 min",
    "second-reading": "second reading",
    "by-priority": "by priority",
    "never": "never",
}


def names(rules: tuple[Row, ...]) -> list[str]:
    return [rule.rule for rule in rules]


def overview(rule: Row) -> dict[str, str]:
    """A rule's row in the table of all rules, by column."""
    lines = [line for line in sections("alarms.md")["All rules"].splitlines() if line.startswith("|")]
    head = _cells(lines[0])
    found = next(line for line in lines if f"[{rule.rule}]" in line)
    return dict(zip(head, _cells(found), strict=True))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("rule", RULES, ids=names(RULES))
def test_every_rule_is_explained_with_its_numbers_and_what_to_do(rule: Row) -> None:
    section = sections("alarms.md")[rule.rule]
    flat = " ".join(section.split())
    assert f"**Do:** {rule.advice}" in flat
    assert set(_numbers(msgspec.to_builtins(rule))) <= set(re.findall(r"\d+(?:\.\d+)?", section))
    for priority in _priorities(rule):
        assert priority in section.lower()


def _numbers(value: object) -> Iterator[str]:
    """Every number in a rule's columns, however deep, as the page writes it."""
    if isinstance(value, bool) or not value:
        return
    if isinstance(value, int | float):
        yield f"{value:g}"
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name != "tier":
                yield from _numbers(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _numbers(inner)


def _priorities(rule: Row) -> list[str]:
    ladder: tuple[Rung, ...] = getattr(rule, "ladder", ())
    return [rung.priority.value for rung in ladder] or [rule.priority.value]


@pytest.mark.parametrize("rule", RULES, ids=names(RULES))
def test_the_table_of_all_rules_says_what_each_does(rule: Row) -> None:
    cells = overview(rule)
    kept = "here" if rule.needs_here else "yes" if rule.latch else "no"
    assert (cells["kept"], cells["page"]) == (kept, PAGE[rule.page])
    assert all(priority in cells["priority"] for priority in _priorities(rule))


def test_tiers_stand_in_the_table_from_the_lowest_to_the_highest() -> None:
    listed = re.findall(r"^\|[^|]*\| \[([^]]+)\]", sections("alarms.md")["All rules"], flags=re.MULTILINE)
    assert sorted(listed) == sorted(names(RULES))
    for tiers in load_rules().hazards.values():
        places = [listed.index(rule.rule) for rule in tiers]
        assert places == list(range(places[0], places[0] + len(tiers)))


def test_every_page_says_in_which_phases_rules_hold() -> None:
    there = sections("alarms.md")["All rules"]
    usual, *others = [line for line in there.splitlines() if re.match(r"\| (ready|onset|every)", line)]
    told = {name: _phases(_cells(line)[0]) for line in others for name in words(line)}
    for rule in RULES:
        assert set(rule.phases) == told.get(rule.rule, _phases(_cells(usual)[0])), rule.rule


def _phases(text: str) -> set[Phase]:
    return set(Phase) if text == "every phase" else {Phase(name) for name in text.split(", ")}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_column_of_every_kind_is_explained(kind: type[Row]) -> None:
    there = sections("alarms.md")["Columns of alarms.toml"]
    assert COMMON | {"kind", "after_s"} <= words(there)
    own = {field.name for field in msgspec.structs.fields(kind)} - COMMON
    if "fast" in own:
        own |= {field.name for field in msgspec.structs.fields(Fast)}
    assert own <= words(row(there, str(kind.__struct_config__.tag)))


PRESSURES = (("systolic", "high"), ("diastolic", "high"))
BOUNDS: dict[str, tuple[float, float]] = {
    "`fall_below`": bounds.FALL_BELOW,
    "`fall_percent`": bounds.FALL_PERCENT,
    "`baseline_margin`": bounds.BASELINE_MARGIN,
    "`delay_s`": bounds.DELAY_S,
    "`delay_s` of `rates-disagree`": bounds.DISAGREE_DELAY_S,
    "`hold_s`": bounds.HOLD_S,
    "`after_s`": bounds.LADDER_S,
    "`window_s`": bounds.LOOK_BACK_S,
    "`within_s` of `pressure-with-symptoms`": bounds.SYMPTOMS_WITHIN_S,
    "`least_s`": bounds.OVERDUE_S,
    "`share`": bounds.OVERDUE_SHARE,
    "`clear_readings`": bounds.CLEAR_READINGS,
    "`failures`": bounds.FAILURES,
    "`below`, `urgent_below`": bounds.BATTERY,
    "`score_at_most`": bounds.SCORE,
    **{f"`{key}`, `relative`": within for key, within in bounds.RISE.items()},
    **{
        f"`{vital}`, high" if (vital, side) in PRESSURES else f"`limit` of `{vital}`, {side}": within
        for (vital, side), within in bounds.SITE.items()
    },
}


@pytest.mark.parametrize("column", BOUNDS)
def test_what_a_site_may_choose_is_told(column: str) -> None:
    lines = sections("alarms.md")["What a site may choose"].splitlines()
    [cells] = [_cells(line) for line in lines if line.startswith(f"| {column} |")]
    assert [float(cell.split()[0]) for cell in cells[1:]] == list(BOUNDS[column])


def test_the_baselines_for_which_it_is_proved_are_told() -> None:
    there = " ".join(sections("alarms.md")["What is proved"].split())
    for baselines in bounds.BASELINES.values():
        assert f"{baselines[0]} to {baselines[-1]}" in there
    assert (
        f"{bounds.REST['rate']:g} /min, {bounds.REST['systolic']:g}/{bounds.REST['diastolic']:g} mmHg"
        in there
    )


@pytest.mark.parametrize("rule", SERVICE_RULES, ids=names(SERVICE_RULES))
def test_every_alarm_of_the_service_is_explained_with_what_to_do(rule: ServiceRule) -> None:
    line = row(sections("alarms.md")["Alarms of the service itself"], rule.rule)
    assert _cells(line)[-1] == rule.advice
    for seconds in (rule.delay_s, rule.hold_s):
        assert not seconds or f"{seconds:g} s" in line


# How long it takes


def named_s(rule: str) -> float:
    """The longest time that the page promises for a rule's first priority (s)."""
    lines = sections("alarms.md")["How long it takes"].splitlines()
    line = next(line for line in lines if line.startswith("|") and rule in _cells(line)[0].split(", "))
    return float(re.findall(r"\d+", _cells(line)[2])[0])


def first(rule: str, phase_s: float, good: list[Input], bad: list[Input]) -> float:
    """Ten seconds of `good` and then `bad`, at `phase_s` of each second: how long until the rule's alarm.

    The body crossed the limit just after the last good value.
    """
    engine = Engine(load_rules(), EngineState("test"))
    engine.step(PhaseSet(Phase.ONSET), 0.0)
    came: list[Transition] = []
    for second in range(100):
        for what in (*(bad if second >= 10 else good), Tick()):
            came += engine.step(what, second + phase_s)
    return next(each for each in came if each.rule == rule).at - (9 + phase_s)


@pytest.mark.parametrize("rule", THRESHOLDS, ids=lambda rule: rule.rule)
@pytest.mark.parametrize("phase_s", [0.01, 0.5, 0.99])
def test_an_alarm_comes_within_the_time_that_the_page_names(rule: ThresholdRule, phase_s: float) -> None:
    """The last second of it is for the way to the screen."""
    step = 1.0 if rule.op.startswith(">") else -1.0
    good, bad = (reading(rule.quantities()[0], value) for value in (rule.clear, rule.limit + step))
    assert first(rule.rule, phase_s, [good], [bad]) <= named_s(rule.rule) - 1


@pytest.mark.parametrize("phase_s", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("rule", ["pulse-lost", "spo2-unavailable"])
def test_an_alarm_of_what_is_missing_comes_within_the_time_that_the_page_names(
    rule: str, phase_s: float
) -> None:
    good: list[Input] = [reading("pulse_rate", 70), reading("spo2", 97)]
    bad: list[Input] = [missing("pulse_rate", "searching"), missing("spo2", "searching")]
    assert first(rule, phase_s, good, bad) <= named_s(rule) - 1


def test_every_rule_has_its_total_delay() -> None:
    there = sections("alarms.md")["How long it takes"]
    pressures = {rule.rule for rule in RULES if rule.alarm.startswith("blood-pressure")}
    assert "all blood pressure rules" in there
    for rule in RULES:
        assert rule.rule in pressures or rule.rule in there


@pytest.mark.parametrize("reason", list(CAUSES))
def test_staff_find_what_every_reason_means_and_what_to_do(reason: str) -> None:
    rows = [line for line in text_of(DOCS / "using.md").splitlines() if f"`{reason}`" in line]
    assert len(rows) == 1
    assert CAUSES[reason].text in rows[0]
    for sentence in CAUSES[reason].advice.rstrip(".").split(". "):
        assert sentence.rstrip(".") in rows[0]

"""The conformance suite: scripts of tests/scenarios, and what alarms must come of them.

`NAME.jsonl` is a script for `kapmonitor rehearse`. `NAME.expected.jsonl` says in its first line what it
shows; every further line is one event that must come, in order, with the keys that matter there. No other
event may come, of all alarms or of those in `alarms`. `differs` marks what the engine does not do yet, and
why.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kapmonitor.commands.rehearse import as_json
from kapmonitor.config import load_routes, load_rules
from kapmonitor.rehearsal import parse, play

SCENARIOS = Path(__file__).parent / "scenarios"
NAMES = sorted(path.name.removesuffix(".expected.jsonl") for path in SCENARIOS.glob("*.expected.jsonl"))


def expectation(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The head of an expectation, and its events."""
    lines = (SCENARIOS / f"{name}.expected.jsonl").read_text().splitlines()
    head, *events = [json.loads(line) for line in lines]
    return head, events


def rehearsed(name: str) -> list[dict[str, Any]]:
    """What `kapmonitor rehearse` prints for a scenario."""
    path = SCENARIOS / f"{name}.jsonl"
    played = play(parse(path.read_text().splitlines(), load_rules(), path.name), load_routes())
    assert played.notes == []
    return [json.loads(as_json(line)) for line in played.lines]


def by_time(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Which of two alarms comes first in the same second is nobody's business."""
    return sorted(events, key=lambda event: (event["at"], event["alarm"]))


def params() -> list[Any]:
    """Every scenario; those that the engine does not meet yet must fail."""
    found: list[Any] = []
    for name in NAMES:
        differs = expectation(name)[0].get("differs")
        marks = [pytest.mark.xfail(reason=differs, strict=True)] if differs else []
        found.append(pytest.param(name, marks=marks, id=name))
    return found


@pytest.mark.parametrize("name", params())
def test_the_scenario_goes_as_its_expectation_says(name: str) -> None:
    head, expected = expectation(name)
    came = [each for each in rehearsed(name) if each["alarm"] in head.get("alarms", [each["alarm"]])]
    wanted = by_time(expected)
    told = [(each["at"], each["alarm"], each["rule"], each["event"], each["state"]) for each in came]
    assert len(came) == len(wanted), f"{head['scenario']}: there came {told}"
    for one, want in zip(by_time(came), wanted, strict=True):
        assert {key: one[key] for key in want} == want, f"{head['scenario']}: there came {told}"


def test_every_script_has_an_expectation() -> None:
    scripts = {path.stem for path in SCENARIOS.glob("*.jsonl") if not path.name.endswith(".expected.jsonl")}
    assert scripts == set(NAMES)
    assert len(NAMES) > 100

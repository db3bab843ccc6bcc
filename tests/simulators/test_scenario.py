"""Scenario files: read as they are written, and every mistake named with its key and what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kapmonitor.errors import ConfigError
from kapmonitor.model import Route
from simulators.events import BodyEvent
from simulators.scenario import find, load, names, parse
from simulators.timeline import seconds

GOOD: dict[str, Any] = {"title": "A drill", "shows": "Something."}


def mistakes(table: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        parse(table, name="drill", where="drill.toml")
    return raised.value.mistakes


def test_a_scenario_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "drill.toml"
    path.write_text(
        """
        title = "A drill"
        shows = "Something."
        route = "sublingual"
        response = "strong"
        dose = "1:05:00"

        [[timeline]]
        at = "dose+12:00"
        what = "hypertension"
        to = 188
        for = "8:30"
        note = "repeat it"

        [[timeline]]
        at = "start"
        what = "finger_off"
        """
    )
    scenario = load(path)
    assert (scenario.name, scenario.route, scenario.response) == ("drill", Route.SUBLINGUAL, "strong")
    assert scenario.dose_s == 3900
    assert scenario.events == (
        BodyEvent(720, "hypertension", 510, 188, "dose"),
        BodyEvent(0, "finger_off"),
    )
    assert scenario.told == ("hypertension to 188 mmHg for 8:30 (repeat it)", "finger off")


@pytest.mark.parametrize(
    ("text", "length"), [("0:30", 30), ("12:00", 720), ("90:00", 5400), ("1:05:00", 3900), (" 0:00 ", 0)]
)
def test_times_are_minutes_and_seconds(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["12", "1:5", "12:60", "-1:00", "soon", "", "1:2:3:4"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert seconds(text) is None


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        ({"at": "dose + 1", "what": "finger_off"}, "timeline[1].at = 'dose + 1': a moment is written"),
        ({"at": "lunch", "what": "finger_off"}, "timeline[1].at = 'lunch'"),
        ({"what": "finger_off"}, "timeline[1].at: is missing"),
        ({"at": "start", "what": "hypertention", "to": 190}, "did you mean 'hypertension'?"),
        ({"at": "start", "what": "zzz"}, "it can be desaturation, hypertension"),
        ({"at": "start", "what": "hypertension"}, "timeline[1].to: is missing; hypertension goes from 130"),
        (
            {"at": "start", "what": "hypertension", "to": 300},
            "timeline[1].to = 300: hypertension goes from 130",
        ),
        ({"at": "start", "what": "hypertension", "to": "high"}, "timeline[1].to: expected `float"),
        ({"at": "start", "what": "finger_off", "to": 1}, "finger_off has no size; remove the key"),
        ({"at": "start", "what": "finger_off", "for": "0:00"}, "timeline[1].for = '0:00'"),
        (
            {"at": "start", "what": "finger_off", "fro": "1:00"},
            "timeline[1].fro: no such key; keys are at, what",
        ),
        ("finger_off", "timeline[1]: is a table"),
    ],
)
def test_a_mistake_in_an_entry_is_named(entry: object, mistake: str) -> None:
    [found] = mistakes({**GOOD, "timeline": [entry]})
    assert found.startswith("drill.toml: timeline[1]")
    assert mistake in found


@pytest.mark.parametrize(
    ("head", "mistake"),
    [
        ({"dose": "5"}, "dose = '5': a time is written"),
        ({"route": "oral"}, "route = 'oral': it can be sublingual"),
        ({"response": "weak"}, "response = 'weak': it can be any, calm, strong"),
        ({"timeline": 3}, "timeline: is a list"),
        ({"patient": 3}, "patient: no such key"),
        ({"title": 3}, "title: expected `str`"),
    ],
)
def test_a_mistake_in_the_head_is_named(head: dict[str, Any], mistake: str) -> None:
    [found] = mistakes({**GOOD, **head})
    assert found.startswith(f"drill.toml: {mistake}")


def test_all_mistakes_are_named_at_once() -> None:
    entries = [{"at": "x", "what": "y"}, {"at": "start", "what": "motion"}]
    assert len(mistakes({"title": "A drill", "dose": "5", "timeline": entries})) >= 4


def test_a_name_that_is_none_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match="there is no scenario 'uproar'; choose one of battery-dying, booster"
    ):
        find("uproar")
    with pytest.raises(ConfigError, match="cannot be read"):
        find(str(tmp_path / "absent.toml"))
    (tmp_path / "broken.toml").write_text("title = ")
    with pytest.raises(ConfigError, match="is not TOML"):
        find(str(tmp_path / "broken.toml"))


@pytest.mark.parametrize("name", names())
def test_every_shipped_scenario_can_be_found_by_name(name: str) -> None:
    assert find(name).name == name

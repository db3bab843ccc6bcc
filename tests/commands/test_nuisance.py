"""`kapmonitor nuisance`: a table that somebody can read out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kapmonitor.__main__ import command_line
from kapmonitor.alarms.nuisance import Nuisance, RuleNuisance, Share
from kapmonitor.commands.nuisance import lines
from kapmonitor.storage import Record
from tests.storage.patient import url

NOTHING = Share(sessions=0, room_hours=0, rules=[])
LINE = RuleNuisance(
    rule="spo2-low", alarms=12, real=3, artefact=5, expected=1, unlabelled=3, per_room_hour=0.33,
    seconds_to_acknowledge=41.2,
)  # fmt: skip


def test_the_table_has_every_figure_in_its_column() -> None:
    watched = Share(sessions=18, room_hours=36.0, rules=[LINE])
    title, head, line = lines(Nuisance(days=30, sessions=watched, drills=NOTHING))
    assert title == "Sessions of the last 30 days: 18, 36.0 room-hours"
    assert " ".join(head.split()) == (
        "rule alarms real artefact expected unlabelled per room-hour seconds to acknowledge"
    )
    assert line.split() == ["spo2-low", "12", "3", "5", "1", "3", "0.33", "41"]
    assert len(line) == len(head)


def test_what_is_not_known_is_a_dash_and_nothing_is_said_in_words() -> None:
    unknown = RuleNuisance(
        rule="help", alarms=1, real=0, artefact=0, expected=0, unlabelled=1, per_room_hour=None,
        seconds_to_acknowledge=None,
    )  # fmt: skip
    drills = Share(sessions=1, room_hours=0.0, rules=[unknown])
    said = list(lines(Nuisance(days=7, sessions=NOTHING, drills=drills)))
    assert said[0].startswith("Drills of the last 7 days: 1")
    assert said[2].split() == ["help", "1", "0", "0", "0", "1", "-", "-"]
    assert list(lines(Nuisance(days=7, sessions=NOTHING, drills=NOTHING))) == [
        "No session in the last 7 days."
    ]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(f'[site]\nid = "north"\n[storage]\nurl = "{url(tmp_path)}"\n')
    return path


def test_the_command_reads_the_record_of_the_configuration(config: Path) -> None:
    async def made() -> None:
        async with Record.open(url(config.parent)):
            pass

    asyncio.run(made())
    answer = CliRunner().invoke(
        command_line(["nuisance"]), ["nuisance", "--config", str(config), "--days", "7"]
    )
    assert (answer.exit_code, answer.output) == (0, "No session in the last 7 days.\n")


def test_without_a_record_it_says_so(config: Path) -> None:
    answer = CliRunner().invoke(command_line(["nuisance"]), ["nuisance", "--config", str(config)])
    assert answer.exit_code == 1
    assert "There is no record" in str(answer.exception)

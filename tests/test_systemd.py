"""The systemd units: systemd understands them, they start what exists, and keep it up."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from kapmonitor.__main__ import command_line
from tests.brokers import find

UNITS = sorted((Path(__file__).parents[1] / "config" / "systemd").glob("*.service"))
MOST_EXPOSED = 25
"""`systemd-analyze security` in tenths: a unit without any protection has 9.6."""


def settings(unit: Path) -> dict[str, str]:
    """The last value of each setting."""
    return dict(re.findall(r"^(\w+)=(.*)$", unit.read_text(), flags=re.MULTILINE))


@pytest.fixture
def analyze() -> str:
    return find("systemd-analyze")


@pytest.fixture(params=UNITS, ids=lambda unit: unit.stem)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A unit as installed, with a program that exists on this machine."""
    original: Path = request.param
    copy = tmp_path / original.name
    copy.write_text(re.sub(r"^(ExecStart=)\S+", r"\1/bin/true", original.read_text(), flags=re.MULTILINE))
    return copy


def test_there_is_a_unit_for_the_service_and_one_for_its_watchdog() -> None:
    assert [each.stem for each in UNITS] == ["kapmonitor-watchdog", "kapmonitor"]


def test_systemd_finds_no_fault(unit: Path, analyze: str) -> None:
    done = subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_units_protect_the_machine(unit: Path, analyze: str) -> None:
    done = subprocess.run(
        [analyze, "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_stops_or_hangs_is_started_again_for_ever(unit: Path) -> None:
    found = settings(unit)
    assert (found["Type"], found["WatchdogSec"], found["Restart"]) == ("notify", "5", "always")
    assert found["StartLimitIntervalSec"] == "0"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_command_exists(unit: Path) -> None:
    program, verb, option, path = settings(unit)["ExecStart"].split()
    commands = {
        command.name or getattr(command.callback, "__name__", "")
        for command in command_line().registered_commands
    }
    assert program.endswith("/kapmonitor")
    assert verb in commands
    assert (option, path) == ("--config", "/etc/kapmonitor/clinic.toml")


def test_the_watchdog_does_not_go_down_with_the_service() -> None:
    found = settings(UNITS[0])
    assert not {"Requires", "Requisite", "BindsTo", "PartOf", "Upholds"} & found.keys()


def test_the_service_finds_its_state_again() -> None:
    assert settings(UNITS[1])["StateDirectory"] == "kapmonitor"

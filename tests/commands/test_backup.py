"""`kapmonitor backup` and `kapmonitor sessions`, beside a record that is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kapmonitor.__main__ import command_line
from kapmonitor.storage import Record
from tests.storage.patient import Patient, url


@pytest.fixture
def config(tmp_path: Path) -> Path:
    async def made() -> None:
        async with Record.open(url(tmp_path)) as record:
            Patient(record).seconds_of(85, 20)

    asyncio.run(made())
    path = tmp_path / "clinic.toml"
    path.write_text(f'[site]\nid = "north"\n[storage]\nurl = "{url(tmp_path)}"\n')
    return path


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(arguments[:1]), arguments)


def test_a_copy_is_made_checked_and_noted(config: Path, tmp_path: Path) -> None:
    answer = asked("backup", "--config", str(config), str(tmp_path / "copy.db"))
    assert answer.exit_code == 0, answer.output
    assert "all as recorded" in answer.output
    assert (tmp_path / "copy.db").exists()
    assert len(list((tmp_path / "record.db-audit").iterdir())) == 1


def test_sessions_are_listed(config: Path) -> None:
    answer = asked("sessions", "--config", str(config), "--days", "3660")
    assert answer.exit_code == 0, answer.output
    assert "room-1-a-20261121-143207" in answer.output
    assert "onset, open" in answer.output


def test_no_session_is_said(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kapmonitor.commands.sessions.look_for_sessions", _none)
    assert asked("sessions", "--config", str(config)).output == "No session in the last 30 days.\n"


async def _none(*_: object) -> list[object]:
    return []

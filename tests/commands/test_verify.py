"""`kapmonitor verify`: plain words, and an exit code for scripts."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from kapmonitor.__main__ import command_line
from kapmonitor.storage import Record
from tests.storage.patient import Patient, url


async def made(folder: Path) -> None:
    async with Record.open(url(folder)) as record:
        Patient(record).seconds_of(85, 20)


def test_a_sound_record_is_said_and_a_changed_one_fails(tmp_path: Path) -> None:
    asyncio.run(made(tmp_path))
    config = tmp_path / "clinic.toml"
    config.write_text(f'[site]\nid = "here"\n[storage]\nurl = "{url(tmp_path)}"\n')
    sound = CliRunner().invoke(command_line(["verify"]), ["verify", "--config", str(config)])
    assert (sound.exit_code, "all as recorded" in sound.output) == (0, True), sound.output
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.execute("update session_entry set role = 'viewer' where seq = 2")
        connection.commit()
    changed = CliRunner().invoke(command_line(["verify"]), ["verify", "--config", str(config)])
    assert changed.exit_code == 1
    assert "Entry 2 of session" in changed.output
    assert "was changed after it was recorded 2026-11-21T14:32:07.125Z" in changed.output

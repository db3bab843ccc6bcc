"""`kapmonitor export`: files for nobody else's eyes, of a record that a service may be writing."""

from __future__ import annotations

import asyncio
import csv
import getpass
import io
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import edfio
import pytest
from typer.testing import CliRunner, Result

from kapmonitor.__main__ import command_line
from kapmonitor.commands.export import write
from kapmonitor.documents import Value
from kapmonitor.errors import ConfigError, KapmonitorError
from kapmonitor.model import Waveform
from kapmonitor.session.entries import Note
from kapmonitor.storage import Record
from kapmonitor.storage.audit import audit_row
from kapmonitor.storage.left import Folder
from tests.storage.patient import START, Patient, moment, url

SPO2 = Value(value=97.0, raw=97.0, unit="%", quality="valid", device="oximeter-1")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(f'[site]\nid = "north"\n[storage]\nurl = "{url(tmp_path)}"\n')
    return path


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Patient]:
    """A service that writes this record and goes on doing so."""
    async with Record.open(url(folder)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        patient.enter(Note(text="a free word"))
        for second in range(20):
            record.vitals(patient.session.id, {"spo2": SPO2}, moment(second))
            record.wave(patient.session.id, "oximeter-1", Waveform("pleth", [1.0] * 60, 60.0), moment(second))
        assert await record.durable(30)
        yield patient


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(["export"]), ["export", *arguments])


async def export(session: str, form: str, config: Path, out: Path, *more: str) -> Result:
    arguments = (session, "--format", form, "--config", str(config), "--out", str(out), *more)
    return await asyncio.to_thread(asked, *arguments)


async def test_a_session_of_a_running_service_is_exported_in_all_three_formats(
    config: Path, tmp_path: Path
) -> None:
    out = tmp_path / "for the hospital"
    async with running(tmp_path) as patient:
        name = patient.session.id
        for form in ("csv", "edf", "fhir"):
            answer = await export(name, form, config, out)
            assert answer.exit_code == 0, answer.output
            for path in answer.output.splitlines():
                assert Path(path).stat().st_mode & 0o777 == 0o600
        patient.enter(Note(text="the service goes on writing"))
    rows = list(csv.DictReader(io.StringIO((out / f"{name}-numerics.csv").read_text(), newline="")))
    assert [row["raw"] for row in rows] == ["97"] * 20
    alarms = (out / f"{name}-alarms.csv").read_text()
    assert "spo2-critical" in alarms
    [spo2, pleth] = edfio.read_edf(out / f"{name}.edf").signals
    assert (spo2.data.round(3) == 97).sum() == 20
    assert (pleth.data == 1).sum() >= 19 * 60  # the last second may still wait to be written
    bundle = json.loads((out / f"{name}.fhir.json").read_text())
    assert bundle["resourceType"] == "Bundle"
    assert "a free word" not in "".join(path.read_text(errors="replace") for path in out.iterdir())


async def test_free_words_come_out_when_asked_for(config: Path, tmp_path: Path) -> None:
    async with running(tmp_path) as patient:
        answer = await export(patient.session.id, "csv", config, tmp_path / "out", "--with-text")
    assert answer.exit_code == 0
    assert "a free word" in (tmp_path / "out" / f"{patient.session.id}-entries.csv").read_text()


async def test_a_session_that_is_not_there_is_named_with_those_that_are(config: Path, tmp_path: Path) -> None:
    async with running(tmp_path) as patient:
        answer = await export("room-9-a-1", "csv", config, tmp_path / "out")
    assert isinstance(answer.exception, ConfigError)
    assert str(answer.exception) == (
        f"there is no session 'room-9-a-1' in the record; the newest are {patient.session.id}"
    )
    assert not (tmp_path / "out").exists()


def test_without_a_record_it_says_so(config: Path, tmp_path: Path) -> None:
    answer = asked("s-1", "--format", "csv", "--config", str(config), "--out", str(tmp_path))
    assert answer.exit_code == 1
    assert "There is no record" in str(answer.exception)


def test_an_only_record_needs_no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    none = asked("s-1", "--format", "csv")
    assert isinstance(none.exception, ConfigError)
    assert "no records are in" in str(none.exception)
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / "kapmonitor.db").write_bytes(b"no database")
    spoilt = asked("s-1", "--format", "csv")
    assert isinstance(spoilt.exception, KapmonitorError)
    assert "is damaged, or not a database" in str(spoilt.exception)
    (tmp_path / "south").mkdir()
    (tmp_path / "south" / "kapmonitor.db").write_bytes(b"")
    assert "2 records are in" in str(asked("s-1", "--format", "csv").exception)


def test_an_unknown_format_is_wrong_use() -> None:
    assert asked("s-1", "--format", "pdf").exit_code == 2


def test_nothing_is_overwritten_and_half_an_export_is_none(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("mine")
    with pytest.raises(ConfigError, match=r"b\.csv is there already"):
        list(write({"a.csv": b"1", "b.csv": b"2"}, tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.csv"]
    with pytest.raises(KapmonitorError, match="cannot be written"):
        list(write({"a.csv": b"1", "none/b.csv": b"2"}, tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.csv"]


async def test_an_export_is_noted_with_the_user_of_the_machine(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kapmonitor.storage.left.TAKE_EVERY_S", 0.05)
    folder = tmp_path / "record.db-audit"
    async with running(tmp_path) as patient:
        answer = await export(patient.session.id, "csv", config, tmp_path / "out", "--with-client")
        assert answer.exit_code == 0
        while any(folder.glob("*.json")):  # until the service has taken it in
            await asyncio.sleep(0.01)
    with sqlite3.connect(tmp_path / "record.db") as record:
        rows = record.execute("select action, what, detail, by from audit").fetchall()
    record.close()
    assert rows == [("export", patient.session.id, "csv with-client", f"os:{getpass.getuser()}")]
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_what_was_left_twice_is_there_once_and_rubbish_is_put_aside(tmp_path: Path) -> None:
    """Also in the folder of a service whose record is elsewhere: replays are noted there."""
    places = [Folder(tmp_path / "record.db"), Folder(tmp_path / "kapmonitor.db")]
    rows = [audit_row(action, "s-1", START, by="os:me") for action in ("export", "replay")]
    for _ in range(2):
        for place, row in zip(places, rows, strict=True):
            place.leave(row)
            (place.path / "rubbish.json").write_text("[]")
        async with Record.open(url(tmp_path), places[1]) as record:
            while any(any(place.path.glob("*.json")) for place in places):
                await asyncio.sleep(0.01)
            assert record.stopped is None
    with sqlite3.connect(tmp_path / "record.db") as found:
        assert found.execute("select action, mark from audit").fetchall() == [
            (row["action"], row["mark"]) for row in rows
        ]
    found.close()

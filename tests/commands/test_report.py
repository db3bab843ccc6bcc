"""`kapmonitor report`: a file of its own, from the record, for its owner only."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kapmonitor.__main__ import command_line
from kapmonitor.alarms.nuisance import Label
from kapmonitor.app.limits import digest
from kapmonitor.config import rules_text
from kapmonitor.errors import KapmonitorError
from kapmonitor.storage import Record
from tests.report.bedside import Bedside
from tests.storage.patient import url


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(f'[site]\nid = "north"\n[storage]\nurl = "{url(tmp_path)}"\n')
    return path


def recorded(folder: Path, rules: str = "") -> str:
    """A session whose SpO2 fell, and whose alarm somebody marked; its id."""
    bed = Bedside(rules=rules)
    bed.body = {"spo2": 84.0, "heart_rate": 70.0, "pulse_rate": 70.0}
    bed.wait(60)

    async def keep() -> None:
        async with Record.open(url(folder)) as record:
            await bed.keep(record)
            if bed.alarms:
                record.label(bed.alarms[0].alarm, Label.ARTEFACT, "nurse-1", bed.now)
            assert await record.durable(30)

    asyncio.run(keep())
    return bed.monitor.session.id


def said(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command_line(["report"]), ["report", *arguments, "--config", str(config)])


def test_a_file_that_only_its_owner_can_read(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    name = recorded(tmp_path, digest(rules_text()))
    answer = said(config, name)
    target = tmp_path / f"report-{name}.html"
    assert (answer.exit_code, answer.output.strip()) == (0, target.name)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    html = target.read_text()
    assert "K-17 / 2026/0815" in html
    assert "limit 92" in html
    assert "Record: chained, head" in " ".join(html.split())


def test_limits_that_were_changed_and_never_signed_are_not_drawn(config: Path, tmp_path: Path) -> None:
    name = recorded(tmp_path, "0" * 64)
    answer = said(config, name, "--out", "-")
    assert "they are not known any more" in answer.output
    assert "limit 92" not in answer.output


def test_what_is_not_there_is_one_line(config: Path, tmp_path: Path) -> None:
    missing = said(config, "room-1-a-1")
    assert isinstance(missing.exception, KapmonitorError)
    assert "There is no record" in str(missing.exception)
    known = recorded(tmp_path)
    unknown = said(config, "room-1-a-1")
    assert f"there is no session 'room-1-a-1' in the record; the newest are {known}" in str(unknown.exception)
    again = said(config, known, "--out", str(config))
    assert "is there already" in str(again.exception)

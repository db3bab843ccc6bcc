"""With a session open the service starts, whatever has become of the limits; else it says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapmonitor.app.limits import digest, limits_in_force
from kapmonitor.clock import Clock
from kapmonitor.config import load_rules, rules_text
from kapmonitor.errors import ConfigError
from kapmonitor.storage import Record, SignedRules
from tests.storage.patient import Patient, url

BAD = "limit = 5000"


def bad_file(folder: Path) -> Path:
    path = folder / "alarms.toml"
    path.write_text(rules_text().replace("limit = 92", BAD))
    return path


async def test_a_bad_file_without_an_open_session_refuses(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        with pytest.raises(ConfigError, match="limit = 5000 is outside"):
            await limits_in_force(bad_file(tmp_path), record, Clock())


@pytest.mark.parametrize("signed", [None, rules_text().replace("limit = 92", BAD)])
async def test_where_nothing_signed_can_be_used_the_shipped_limits_watch_an_open_session(
    tmp_path: Path, signed: str | None
) -> None:
    """A set that was good when it was signed may not pass what a newer service checks."""
    async with Record.open(url(tmp_path)) as record:
        if signed is not None:
            record.signatures.sign(SignedRules("Dr. A. Example", Clock().utc(), signed))
        Patient(record).seconds_of(97, 2)
        assert await record.durable(30)
        found = await limits_in_force(bad_file(tmp_path), record, Clock())
    assert found.rules == load_rules()
    assert found.hash == digest(rules_text())
    [note] = found.notes
    assert "limit = 5000" in note
    assert "the shipped limits are in force, unsigned" in note

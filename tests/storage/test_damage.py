"""Entries that cannot be read: the patient is never lost, the others are kept, and staff are told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kapmonitor.model import Phase
from kapmonitor.session.entries import Note, Opened, Unreadable
from kapmonitor.storage import Record
from tests.storage.damage import PAGE, move_away, spoil, spoil_page, well_written
from tests.storage.patient import Patient, moment, url
from tests.storage.reading import column, rows


def ruin(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "record.db")) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "update session_entry set what = 'x' where seq = 2",
        "update session_entry set what = 'x'",
        "delete from session_entry where seq = 2",
        "delete from session_entry where seq = 1",
        "delete from session_entry",
    ],
)
async def test_a_patient_is_never_lost_and_staff_are_told(tmp_path: Path, statement: str) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
    ruin(tmp_path, statement)
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        (problem,) = record.problems()
        assert problem.startswith(
            f"{patient.session.id}: not all that was known before the restart can be read."
        )
        one = found.session
        assert (one.id, one.room, one.seat, one.phase) == (patient.session.id, "room-1", "a", Phase.ONSET)
        assert isinstance(one.entries[0].what, Opened)
        assert found.state == patient.engine.state
        patient.session, patient.record = one, record
        patient.enter(Note(text="all is well"))
        assert await record.durable(30)
        assert record.problems() == [problem]
    newest = rows(tmp_path, "select seq, kind from session_entry order by seq desc limit 1")
    assert newest == [(one.entries[-1].seq, "note")]


async def test_a_session_goes_on_without_the_entries_of_a_corrupt_page(tmp_path: Path) -> None:
    """Where the damaged page is one of many, the entries of all others are there."""
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        for number in range(200):
            patient.enter(Note(text=f"note {number}: " + "well " * 20))
    needle = (tmp_path / "record.db").read_bytes().index(b"note 100:")
    spoil_page(tmp_path, needle // PAGE)
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        assert "Look at the patient." in record.problems()[0]
    kept = [each for each in found.session.entries if not isinstance(each.what, Unreadable)]
    assert found.state == patient.engine.state
    assert len(found.session.entries) == len(patient.session.entries)
    assert 100 < len(kept) < len(patient.session.entries)
    assert all(each == patient.session.entries[each.seq - 1] for each in kept)


async def test_a_session_comes_back_although_none_of_its_entries_can_be_read(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
    spoil(tmp_path, "session_entry")
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        one = found.session
        assert (one.id, one.room, one.phase) == (patient.session.id, "room-1", patient.session.phase)
        assert (found.state, found.whole) == (patient.engine.state, False)
        patient.session, patient.record = one, record
        patient.enter(Note(text="I am with her."))
        assert not await record.durable(30)
        move_away(tmp_path)
        await well_written(record)
    assert column(tmp_path, "select kind from session_entry") == ["note"]


async def test_a_session_on_a_corrupt_page_comes_back_without_its_alarms(tmp_path: Path) -> None:
    """That there is a patient matters most; staff are told to look."""
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
    spoil(tmp_path, "alarm_state")
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(moment(30))
        assert (found.session.id, found.whole) == (patient.session.id, False)
        patient.record = record
        patient.seconds_of(85, 20)
        assert not await record.durable(30)
        assert ["is damaged" in each for each in record.problems()] == [True, False]

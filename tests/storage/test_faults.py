"""A disk that fails: staff are told, nothing is made worse, and in the end nothing is lost."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kapmonitor.alarms.engine import Engine
from kapmonitor.alarms.inputs import Tick
from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Origin
from kapmonitor.people import Person, Role
from kapmonitor.session.entries import Note
from kapmonitor.storage import Record
from tests.sessions import opened
from tests.storage.damage import move_away, spoil, well_again
from tests.storage.disks import fill, give_away, of_somebody_else, small
from tests.storage.patient import RULES, Patient, moment, url
from tests.storage.reading import column, rows


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    with small(tmp_path / "disk") as folder:
        yield folder


async def test_a_full_disk_is_said_and_everything_is_written_when_there_is_room(small_disk: Path) -> None:
    async with Record.open(url(small_disk)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        assert await record.durable(30)
        fill(small_disk)
        patient.seconds_of(85, 20)
        until_full = 0
        while not record.problems():
            patient.seconds_of(None if until_full % 2 else 85, 120)
            patient.enter(Note(text="The disk is filling up."))
            await record.durable(30)
            until_full += 1
        (problem,) = record.problems()
        assert "full" in problem
        assert not await record.durable()
        (small_disk / "films").unlink()
        await well_again(record)
        assert len(rows(small_disk, "select * from alarm_transition")) == len(patient.transitions)
        seqs = column(small_disk, "select seq from session_entry order by seq")
        assert seqs == [each.seq for each in patient.session.entries]
        assert column(small_disk, "pragma integrity_check") == ["ok"]


async def test_open_sessions_come_back_from_a_full_disk(small_disk: Path) -> None:
    async with Record.open(url(small_disk)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        assert await record.durable(30)
    fill(small_disk)
    async with Record.open(url(small_disk)) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        assert found.state == patient.engine.state
        (small_disk / "films").unlink()
        await well_again(record)
    assert column(small_disk, "pragma integrity_check") == ["ok"]


async def test_a_read_only_disk_is_said_and_written_when_it_can_be(small_disk: Path) -> None:
    async with Record.open(url(small_disk)) as record:
        before = Patient(record)
        assert await record.durable(30)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    async with Record.open(url(small_disk)) as record:
        (found,) = await record.restart.open_sessions(before.now)
        assert found.state == before.engine.state
        (problem,) = record.problems()
        assert "read-only" in problem or "cannot be opened" in problem
        patient = Patient(record, "room-2")
        patient.seconds_of(85, 20)
        assert not await record.durable()
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
        await well_again(record)
    assert len(rows(small_disk, "select * from alarm_transition")) == len(patient.transitions)


async def test_a_read_only_file_is_said_and_left_as_it_is() -> None:
    with of_somebody_else() as folder:
        async with Record.open(url(folder)) as record:
            before = Patient(record)
            before.seconds_of(85, 20)
        whole = (folder / "record.db").read_bytes()
        give_away(folder)
        async with Record.open(url(folder)) as record:
            (problem,) = record.problems()
            assert "Permission denied" in problem or "read-only" in problem
            assert "Check the folder and its rights" in problem or "Give the service the right" in problem
            (found,) = await record.restart.open_sessions(before.now)
            assert found.state == before.engine.state
            patient = Patient(record, "room-2")
            assert not await record.durable(30)
            assert patient.session.id
        assert (folder / "record.db").read_bytes() == whole


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path / "nowhere")) as record:
        (problem,) = record.problems()
        assert "nowhere/record.db cannot be opened" in problem
        patient = Patient(record)
        (tmp_path / "nowhere").mkdir()
        await well_again(record)
    assert column(tmp_path / "nowhere", "select id from session") == [patient.session.id]


async def test_a_corrupt_page_stops_writing_and_a_new_record_begins_once_it_is_moved_away(
    tmp_path: Path,
) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
    spoil(tmp_path, "alarm_transition")
    before = (tmp_path / "record.db").read_bytes()
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        assert found.state == patient.engine.state  # what can be read is
        patient.record, first = record, len(patient.transitions)
        patient.acknowledge(patient.transitions[-1])
        assert not await record.durable(30)
        (problem,) = record.problems()
        assert "is damaged" in problem
        assert (tmp_path / "record.db").read_bytes() == before
        move_away(tmp_path)
        await well_again(record)
    assert column(tmp_path, "select id from session") == [patient.session.id]
    assert len(rows(tmp_path, "select * from alarm_transition")) == len(patient.transitions) - first
    assert column(tmp_path, "select seq from session_entry") == [1, 2, 3]
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        assert found.state == patient.engine.state


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "record.db").write_text("Dear diary, " * 1000)
    async with Record.open(url(tmp_path)) as record:
        assert "not a database" in record.problems()[0]
        Patient(record)
        assert not await record.durable()
    assert (tmp_path / "record.db").read_text() == "Dear diary, " * 1000


async def test_alarms_come_back_although_the_engines_state_cannot_be_read(tmp_path: Path) -> None:
    """As after an upgrade that changed the state: in force, unacknowledged, and announced again."""
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        patient.acknowledge(patient.transitions[-1])
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.execute("update alarm_state set state = '{'")
        connection.commit()
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(moment(30, 5.0))
        assert (found.session.id, found.whole) == (patient.session.id, False)
        assert found.state.phase is patient.session.phase
        assert "Look at the patient." in record.problems()[0]
    engine = Engine(RULES, found.state)
    (before,) = engine.open_alarms(35.0)
    known = patient.transitions[-1]
    assert (before.alarm, before.rule, before.state) == (known.alarm, known.rule, known.state)
    announced = {t.name: t for t in engine.step(Tick(), 35.0)}[known.name]
    assert (announced.event, announced.page, announced.acknowledged) == ("escalate", True, False)
    assert announced.seq > known.seq


async def test_a_service_ends_although_the_record_is_held_and_says_what_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(tmp_path / "record.db", isolation_level=None)) as other:
        async with Record.open(url(tmp_path)) as record:
            patient = Patient(record)
            assert await record.durable(30)
            other.execute("BEGIN IMMEDIATE")
            patient.seconds_of(85, 20)
            async with asyncio.timeout(40):
                while not record.problems():
                    await asyncio.sleep(0.05)
            assert "another program holds it" in record.problems()[0]
    assert f"{len(patient.transitions)} alarm events and 0 entries could not be recorded" in caplog.text


async def test_of_two_open_sessions_on_one_seat_the_newest_goes_on_and_the_other_is_ended(
    tmp_path: Path,
) -> None:
    """A damaged record hides a session; another is begun on its seat; then the record is mended."""
    file = tmp_path / "record.db"
    async with Record.open(url(tmp_path)) as record:
        old = Patient(record)
        old.seconds_of(85, 20)
    intact = file.read_bytes()
    spoil(tmp_path, "session")
    new = opened(at=moment(60), by=Person("dr-2", Role.MEDICAL))
    async with Record.open(url(tmp_path)) as record:
        assert await record.restart.open_sessions(moment(50)) == []
        assert "could not be read" in " ".join(record.problems())
        record.begin(new, Origin.SIMULATED)
        record.save(new, EngineState(new.id), [], [], moment(60))
        assert not await record.durable(30)
        (tmp_path / "mended.db").write_bytes(intact)
        (tmp_path / "mended.db").rename(file)
        async with asyncio.timeout(30):
            while record.stopped is not None:
                await asyncio.sleep(0.05)
    for said in (True, False):
        async with Record.open(url(tmp_path)) as record:
            (found,) = await record.restart.open_sessions(moment(90))
            assert (found.session.id, found.whole) == (new.id, True)
            notes = [each for each in record.problems() if each.startswith(old.session.id)]
            assert len(notes) == said
            assert all(new.id in each and "Check who is on the seat." in each for each in notes)
            assert await record.durable(30)
    ended = rows(tmp_path, "select id, ended_by from session where ended_us is not null")
    assert [tuple(each) for each in ended] == [(old.session.id, "restart")]

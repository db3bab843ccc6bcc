"""What alarms were, in a real file: the newest mark counts, the others stay, and a restart loses none."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from kapmonitor.alarms.nuisance import Label
from kapmonitor.clinic import Clinic
from kapmonitor.config import load_routes
from kapmonitor.errors import KapmonitorError, RefusedError
from kapmonitor.people import Person, Role
from kapmonitor.storage import Record
from kapmonitor.storage.labels import look_for_nuisance
from tests.alarms.script import default_rules
from tests.storage.damage import BACK_TO_0001
from tests.storage.patient import Patient, moment, url
from tests.storage.reading import rows
from tests.test_session_state import Frozen

NURSE = Person("nurse-1", Role.MEDICAL)


async def marked(record: Record, patient: Patient) -> str:
    """An alarm of a session that has ended, marked twice by different people."""
    patient.seconds_of(85, 20)
    alarm = patient.transitions[-1].alarm
    patient.acknowledge(patient.transitions[-1])
    record.end(patient.session, patient.now, "dr-1")
    clinic = clinic_of(record, patient.now.at)
    await clinic.label(alarm, Label.REAL, by=NURSE)
    await clinic.label(alarm, Label.ARTEFACT, by=Person("dr-1", Role.PRESCRIBER))
    assert await record.durable(30)
    return alarm


def clinic_of(record: Record | None, seconds: float) -> Clinic:
    return Clinic(
        [],
        [],
        default_rules(),
        load_routes(),
        Frozen(moment(seconds - 1000)),
        lambda _: None,
        lambda *_: None,
        record=record,
    )


async def test_the_last_mark_counts_and_every_mark_stays(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        alarm = await marked(record, Patient(record))
    assert rows(tmp_path, "select alarm, label, by from alarm_label order by id") == [
        (alarm, "real", "nurse-1"),
        (alarm, "artefact", "dr-1"),
    ]
    async with Record.open(url(tmp_path)) as record:
        found = await record.nuisance(30, moment(60).utc)
    [line] = [line for line in found.drills.rules if line.rule == "spo2-critical"]
    assert (line.alarms, line.real, line.artefact, line.unlabelled) == (1, 0, 1, 0)
    assert line.seconds_to_acknowledge is not None
    assert (found.drills.sessions, found.sessions.sessions) == (1, 0)


async def test_an_alarm_that_nobody_knows_cannot_be_marked(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        Patient(record)
        with pytest.raises(RefusedError, match="no alarm room-9-a-1"):
            await clinic_of(record, 1000).label("room-9-a-1", Label.REAL, by=NURSE)
    assert rows(tmp_path, "select * from alarm_label") == []
    with pytest.raises(RefusedError, match="Nothing is being recorded"):
        await clinic_of(None, 1000).label("room-9-a-1", Label.REAL, by=NURSE)


async def test_what_has_not_reached_the_disk_yet_can_be_marked(tmp_path: Path) -> None:
    """A blocked disk: the alarm waits in memory, and so does what is said of it."""
    async with Record.open(url(tmp_path)) as record:
        Patient(record)
        assert await record.durable(30)
        with closing(sqlite3.connect(tmp_path / "record.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            patient = Patient(record, "room-2")
            patient.seconds_of(85, 20)
            alarm = patient.transitions[-1].alarm
            while record.stopped is None:
                await asyncio.sleep(0.05)
            await clinic_of(record, 1020).label(alarm, Label.EXPECTED, by=NURSE)
            other.execute("rollback")
        async with asyncio.timeout(30):
            while not await record.durable():
                await asyncio.sleep(0.05)
    assert rows(tmp_path, "select alarm, label from alarm_label") == [(alarm, "expected")]


async def test_the_report_can_be_read_while_a_service_writes(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        await marked(record, Patient(record))
        found = await look_for_nuisance(make_url(url(tmp_path)), 30, moment(60).utc)
        assert found == await record.nuisance(30, moment(60).utc)
        assert found.drills.rules


async def test_a_record_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(KapmonitorError, match="There is no record"):
        await look_for_nuisance(make_url(url(tmp_path)), 30, moment(60).utc)
    assert list(tmp_path.iterdir()) == []


async def test_a_record_from_before_is_brought_up_to_date_and_keeps_what_it_had(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        Patient(record).seconds_of(85, 20)
    before = rows(tmp_path, "select * from alarm_transition")
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.executescript(BACK_TO_0001)
    with pytest.raises(KapmonitorError, match="Start the service once"):
        await look_for_nuisance(make_url(url(tmp_path)), 30, moment(60).utc)
    async with Record.open(url(tmp_path)) as record:
        assert record.problems() == []
        assert (await record.nuisance(30, moment(60).utc)).drills.rules
    assert rows(tmp_path, "select * from alarm_transition") == before

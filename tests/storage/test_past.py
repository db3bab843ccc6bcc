"""Looking back: sessions, comparisons and alarms of the past, without the writer's noticing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Moment, Origin, Phase, Quality
from kapmonitor.session.entries import BaselineConfirmed, Client, Ended, Measured, Note, Opened
from kapmonitor.session.session import Session
from kapmonitor.storage import Record, StorageError
from tests.sessions import NURSE, enter, opened
from tests.storage.damage import spoil
from tests.storage.patient import START, Patient, moment, url


def of_client(record: Record, code: str, at: Moment, *, drill: bool = False, key: str = "") -> Session:
    """A session of this client, opened in the record."""
    one = Session(f"s-{code}-{at.at:g}".lower(), at, NURSE.id)
    what = Opened(room="room-1", seat="a", route=opened().route, drill=drill, client=Client(code=code))
    enter(one, what, at, key=key)
    record.begin(one, Origin.LIVE)
    return one


def measured(number: int, systolic: float, quality: Quality = Quality.VALID) -> Measured:
    return Measured(id=f"m-{number}", systolic=systolic, diastolic=systolic / 2, quality=quality)


async def test_earlier_sessions_of_a_client_show_their_baseline_and_highest_pressures(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        old = of_client(record, "C-1", moment(0))
        new = [
            enter(old, measured(1, 128), moment(1)),
            enter(old, BaselineConfirmed(values={"systolic": 128.0}), moment(2)),
            enter(old, measured(2, 170), moment(3)),
            enter(old, measured(3, 240, Quality.QUESTIONABLE), moment(4)),
            enter(old, Ended(), moment(5)),
        ]
        record.save(old, EngineState(old.id), [], new, moment(5))
        record.end(old, moment(5), "nurse-1")
        newer = of_client(record, "C-1", moment(3600))
        of_client(record, "C-1", moment(7200), drill=True)
        of_client(record, "C-2", moment(100))
        of_client(record, "", moment(200))
        second, first = await record.past.earlier("C-1", moment(9000).utc)
        assert (first.summary.id, first.baseline) == (old.id, {"systolic": 128.0})
        assert (first.highest_systolic, first.highest_diastolic) == (170.0, 85.0)
        assert (first.summary.started, first.summary.ended) == (START, moment(5).utc)
        assert (second.summary.id, second.baseline, second.highest_systolic) == (newer.id, {}, None)
        assert await record.past.earlier("C-1", START) == []
        assert await record.past.earlier("", moment(9000).utc) == []
        assert len(await record.past.earlier("C-1", moment(9000).utc, 1)) == 1
        assert len(await record.past.earlier("C-1", moment(9000).utc, drill=True)) == 1


async def test_sessions_are_listed_newest_first(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        names = [of_client(record, "C-1", moment(second)).id for second in (0, 60, 120)]
        assert await record.durable(30)
        assert [each.id for each in await record.past.sessions()] == names[::-1]
        assert [each.id for each in await record.past.sessions(limit=1)] == names[2:]
        since = await record.past.sessions(moment(60).utc)
        assert [each.id for each in since] == names[:0:-1]
        newest = since[0]
        assert (newest.phase, newest.by, newest.ended, newest.client) == (
            Phase.SCREENING,
            "nurse-1",
            None,
            "C-1",
        )


async def test_the_course_of_a_sessions_alarms_can_be_read(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient, other = Patient(record), Patient(record, "room-2")
        patient.seconds_of(85, 20)
        other.seconds_of(85, 20)
        patient.acknowledge(patient.transitions[-1])
        found = await record.past.alarms_of(patient.session.id)
    expected = [(t.alarm, t.seq, t.event, t.text, t.acknowledged_by) for t in patient.transitions]
    assert [(each.alarm, each.seq, each.event, each.text, each.by) for each in found] == expected
    at = patient.transitions[-1].at
    assert abs(found[-1].t - moment(at - 1000).utc) < timedelta(milliseconds=1)


async def test_a_start_that_was_sent_twice_is_known_by_its_key(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        one = of_client(record, "C-1", moment(0), key="key-1")
        assert await record.past.started_with("key-1") == one.id
        record.end(one, moment(1), "nurse-1")
        assert await record.past.started_with("key-1") == one.id
        assert await record.past.started_with("key-2") is None
        assert await record.past.started_with("") is None
        other = of_client(record, "C-1", moment(60))
        enter(other, Note(text="not a start"), moment(61), key="key-3")
        record.save(other, EngineState(other.id), [], other.entries, moment(61))
        assert await record.past.started_with("key-3") is None


async def test_there_is_no_such_session(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        assert await record.past.session("nobody", moment(0)) is None
        assert await record.past.alarms_of("nobody") == []


async def test_somebody_who_looks_does_not_keep_the_writer_waiting(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        assert await record.durable(30)
        async with record.past.looking() as connection:
            await connection.exec_driver_sql("select * from alarm_transition")  # a read transaction is open
            patient.acknowledge(patient.transitions[-1])
            assert await record.durable(30)
        assert record.problems() == []


async def test_the_record_can_be_looked_into_while_nothing_can_be_written(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "record.db", isolation_level=None)) as other:
        async with Record.open(url(tmp_path)) as record:
            patient = Patient(record)
            assert await record.durable(30)
            other.execute("BEGIN IMMEDIATE")
            patient.seconds_of(85, 20)
            found = await record.past.session(patient.session.id, patient.now)
            assert found is not None
            assert found.entries == patient.session.entries
            history = await record.past.history(patient.session.id, patient.now)
            assert history is not None
            assert history.behind
            other.execute("ROLLBACK")


async def test_a_disk_that_is_slow_is_said_and_not_taken_for_all_that_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kapmonitor.storage.past.ANSWERED_WITHIN_S", 0.05)
    with closing(sqlite3.connect(tmp_path / "record.db", isolation_level=None)) as other:
        async with Record.open(url(tmp_path)) as record:
            patient = Patient(record)
            assert await record.durable(30)
            other.execute("BEGIN IMMEDIATE")
            patient.seconds_of(85, 20)
            with pytest.raises(StorageError, match="is behind: the disk is slow"):
                await record.past.alarms_of(patient.session.id)
            other.execute("ROLLBACK")
            assert await record.durable(30)
            assert await record.past.alarms_of(patient.session.id)
            history = await record.past.history(patient.session.id, patient.now)
            assert history is not None
            assert not history.behind


async def test_what_cannot_be_read_is_said_and_not_taken_for_nothing(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
    spoil(tmp_path, "session")
    async with Record.open(url(tmp_path)) as record:
        for look in (
            record.past.sessions(),
            record.past.session(patient.session.id, patient.now),
        ):
            with pytest.raises(StorageError, match=r"record\.db cannot be read now\. It is damaged"):
                await look


async def test_a_record_that_is_not_there_is_said(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path / "nowhere")) as record:
        with pytest.raises(StorageError, match="cannot be read now"):
            await record.past.started_with("key-1")

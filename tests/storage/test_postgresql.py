"""The same record on a PostgreSQL server: written, read, checked and thinned by the same statements."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import make_url, select, text

from kapmonitor.errors import KapmonitorError
from kapmonitor.model import Waveform
from kapmonitor.session.entries import Note
from kapmonitor.storage import Record, RecordInUseError, engine
from kapmonitor.storage.audit import audit_row
from kapmonitor.storage.left_rows import leave_row
from kapmonitor.storage.proof import left_note
from kapmonitor.storage.verify import verify
from tests.storage import postgres
from tests.storage.damage import well_again
from tests.storage.patient import START, Patient, moment
from tests.storage.test_history import spo2
from tests.storage.test_kills import few_kills, many_kills


@pytest.fixture(scope="module")
def postgresql() -> Iterator[postgres.Server]:
    with postgres.server() as there:
        yield there


@pytest.fixture
def server(postgresql: postgres.Server) -> str:
    return postgresql.database()


async def changed(url: str, statement: str) -> None:
    there = engine.to_look(make_url(url))
    async with there.begin() as connection:
        await connection.execute(text(statement))
    await there.dispose()


@pytest.mark.timeout(180)
async def test_a_session_is_kept_restored_read_and_checked(server: str) -> None:
    async with Record.open(server) as record:
        assert record.problems() == []
        patient = Patient(record)
        name = patient.session.id
        patient.seconds_of(85, 20)
        patient.enter(Note(text="a note"))
        for second in range(20):
            record.wave(name, "oximeter-1", Waveform("pleth", [float(second)] * 60, 60), moment(second))
            record.vitals(name, spo2(97.1), moment(second))
        record.audit.note("log-in", "dashboard", by="nurse-1")
        assert await record.durable(60)
        head = record.past.head()
    async with Record.open(server) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        assert (found.session.entries, found.state, found.whole) == (
            patient.session.entries,
            patient.engine.state,
            True,
        )
        assert record.past.head() == head
        history = await record.past.history(name, patient.now)
        trend = await record.past.trend(name, "spo2", START, START + timedelta(seconds=20), 10)
        assert history is not None
        assert history.numerics["spo2"].value.tolist() == [97.1] * 20
        assert sum(len(block.values) for block in history.waves["pleth"]) == 20 * 60
        assert len(history.alarms) == len(patient.transitions)
        assert trend.low == [97.1] * 10
        assert (await verify(make_url(server), head)).faults == []
        patient.record = record
        record.end(patient.session, moment(60), "nurse-1")
        assert await record.durable(60)
        await record.housekeeping.remove_old(START + timedelta(days=31, minutes=5), 30)
        assert record.problems() == []
    await changed(server, "update session_entry set role = 'viewer' where seq = 2")
    (fault,) = (await verify(make_url(server))).faults
    assert fault.startswith(f"Entry 2 of session {name} was changed after")


async def test_a_second_service_is_refused_until_the_first_is_gone(server: str) -> None:
    async with Record.open(server):
        with pytest.raises(RecordInUseError, match="is in use by another kapmonitor"):
            async with Record.open(server):
                pass
    async with Record.open(server) as record:
        assert record.problems() == []


async def test_what_commands_leave_is_in_the_audit_log_once(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kapmonitor.storage.left.TAKE_EVERY_S", 0.05)
    row = audit_row("export", "s-1", START, by="os:me", detail="csv")
    with pytest.raises(KapmonitorError, match="so it was not done"):  # the service has made nothing yet
        await leave_row(make_url(server), row)
    async with Record.open(server) as record:
        for _ in range(2):
            await leave_row(make_url(server), row)
            async with record.past.looking() as connection:
                while (await connection.execute(select(left_note))).first() is not None:
                    await connection.rollback()
                    await asyncio.sleep(0.01)
        (line,) = await record.audit.newest(10)
        assert (line.by, line.action, line.what, line.detail) == ("os:me", "export", "s-1", "csv")
    assert (await verify(make_url(server))).faults == []


@pytest.mark.soak  # whole processes for half a minute; its parts are tried every time
@pytest.mark.timeout(240)
async def test_five_kills_of_twelve_sessions(server: str) -> None:
    await few_kills(server)


@pytest.mark.soak
async def test_two_hundred_kills_of_twelve_sessions(server: str) -> None:
    await many_kills(server)


@pytest.mark.timeout(180)
async def test_a_server_that_goes_away_is_said_and_everything_is_written_when_it_is_back(
    postgresql: postgres.Server, server: str
) -> None:
    async with Record.open(server) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        assert await record.durable(60)
        await asyncio.to_thread(postgresql.stop)
        patient.acknowledge(patient.transitions[-1])
        record.vitals(patient.session.id, spo2(97.1), moment(21))
        assert not await record.durable(60)
        (problem,) = record.problems()
        assert "cannot be" in problem
        assert "Monitoring goes on from memory; 1 alarm events" in problem
        await asyncio.to_thread(postgresql.start)
        await well_again(record)
    async with Record.open(server) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        assert (found.session.entries, found.state) == (patient.session.entries, patient.engine.state)
    assert (await verify(make_url(server))).faults == []

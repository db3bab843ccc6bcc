"""What is too old goes, what was around alarms stays, and it is noted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url

from kapmonitor.model import Waveform
from kapmonitor.storage import Record
from kapmonitor.storage.retention import between
from kapmonitor.storage.verify import verify
from tests.storage.patient import START, Patient, moment, url
from tests.storage.reading import column, rows
from tests.storage.test_history import spo2

MINUTES = 20


async def session_of_minutes(record: Record, room: str) -> Patient:
    """Twenty minutes with a waveform; an alarm begins in the tenth."""
    patient = Patient(record, room)
    patient.seconds = 600
    for second in range(MINUTES * 60):
        piece = Waveform("pleth", [float(second)] * 10, 10)
        record.wave(patient.session.id, "oximeter-1", piece, moment(second))
        record.vitals(patient.session.id, spo2(97.0), moment(second))
        if second % 100 == 99:
            assert await record.durable(30)
    patient.seconds_of(85, 20)
    return patient


async def test_old_waveforms_go_but_for_those_around_alarms(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        old, still_open = [await session_of_minutes(record, room) for room in ("room-1", "room-2")]
        record.end(old.session, moment(MINUTES * 60), "nurse-1")
        assert await record.durable(30)
        await record.housekeeping.remove_old(START + timedelta(days=30), 30)
        assert len(rows(tmp_path, "select * from wave")) == 2 * MINUTES * 60
        await record.housekeeping.remove_old(START + timedelta(days=31), 30)
        await record.housekeeping.remove_old(START + timedelta(days=32), 30)
        assert await record.durable(30)
        assert record.problems() == []
    query = f"select t_us from wave where session = '{old.session.id}' order by t_us"  # noqa: S608 - our own id
    kept = column(tmp_path, query)
    alarms = column(tmp_path, "select t_us from alarm_transition where session like 'room-1%' order by t_us")
    assert alarms
    assert all(any(abs(t_us - alarm) <= 120e6 for alarm in alarms) for t_us in kept)
    assert 235 <= len(kept) <= 265
    assert column(tmp_path, "select count(*) from wave where session like 'room-2%'") == [MINUTES * 60]
    assert column(tmp_path, "select count(*) from numeric") == [2 * MINUTES * 60]
    ((by, what, detail),) = rows(tmp_path, 'select "by", what, detail from audit')
    assert (by, what) == ("service", old.session.id)
    assert detail.startswith(f"{MINUTES * 60 - len(kept)} rows, older than 30 days")
    assert (await verify(make_url(url(tmp_path)))).faults == []
    assert still_open.session.open


@given(st.lists(st.integers(0, 10_000)).map(sorted), st.integers(-20_000, 20_000))
def test_whatever_is_near_an_alarm_is_kept_and_all_else_goes(times: list[int], t_us: int) -> None:
    near = any(abs(t_us - each) < 100 for each in times)
    far = all(abs(t_us - each) > 100 for each in times)
    goes = any(since < t_us < until for since, until in between(times, 100))
    assert not (near and goes)
    assert goes or not far

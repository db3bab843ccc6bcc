"""A copy made while the service writes is a whole record, and can take its place."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import make_url

from kapmonitor.errors import ConfigError
from kapmonitor.storage import Record
from kapmonitor.storage.backup import back_up
from kapmonitor.storage.verify import verify
from tests.storage.patient import Patient, moment, url
from tests.storage.reading import rows
from tests.storage.test_history import spo2


async def test_a_copy_of_a_record_that_is_being_written_is_one_to_go_on_with(tmp_path: Path) -> None:
    there, copies = make_url(url(tmp_path)), tmp_path / "copies"
    copies.mkdir()
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        record.vitals(patient.session.id, spo2(97.0), moment(1))
        assert await record.durable(30)
        copying = asyncio.create_task(asyncio.to_thread(back_up, there, copies / "record.db"))
        while not copying.done():
            patient.seconds_of(85, 1)
            await record.durable()
        await copying
        later = patient.transitions
        patient.acknowledge(later[-1])
        assert await record.durable(30)
    assert [each.name for each in copies.iterdir()] == ["record.db"]
    assert oct((copies / "record.db").stat().st_mode)[-3:] == "600"
    assert (await verify(make_url(url(copies)))).faults == []
    for query in ("select * from session_entry", "select * from numeric"):
        assert rows(copies, query) == rows(tmp_path, query)
    assert (
        rows(copies, "select * from chain")
        == rows(tmp_path, "select * from chain")[: len(rows(copies, "select * from chain"))]
    )
    async with Record.open(url(copies)) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        assert (found.session.entries, found.whole) == (patient.session.entries, True)
        history = await record.past.history(patient.session.id, patient.now)
    assert history is not None
    assert history.numerics["spo2"].value.tolist() == [97.0]


async def test_a_copy_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)):
        pass
    (tmp_path / "copy.db").write_text("something")
    with pytest.raises(ConfigError, match="is there already"):
        back_up(make_url(url(tmp_path)), tmp_path / "copy.db")
    with pytest.raises(ConfigError, match="there is no record"):
        back_up(make_url(url(tmp_path / "nowhere")), tmp_path / "copy-2.db")
    assert (tmp_path / "copy.db").read_text() == "something"


async def test_only_our_user_can_read_any_of_its_files(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        Patient(record)
        assert await record.durable(30)
        modes = {path.name: oct(path.stat().st_mode)[-3:] for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(["record.db", "record.db-wal", "record.db-shm", "record.db.lock"], "600")

"""The record's version: made and moved on by migrations, and never touched where it is not ours."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from kapmonitor.model import Waveform
from kapmonitor.session.entries import Note
from kapmonitor.storage import Record, database, migrations, schema
from kapmonitor.storage.tables import metadata
from kapmonitor.storage.verify import verify
from tests.storage.damage import BACK_TO_0001, BACK_TO_0010
from tests.storage.patient import Patient, moment, url
from tests.storage.reading import column, rows


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    there = await database.connect(make_url(url(tmp_path)))
    async with there.reading() as connection:
        assert await connection.run_sync(differences) == []
    await there.dispose()


def test_the_last_migration_is_known_without_alembic() -> None:
    folder = Path(migrations.__file__).parent
    assert schema.newest() == ScriptDirectory(str(folder)).get_current_head()


def test_who_opens_a_record_of_the_present_version_does_not_wait_for_alembic_or_postgresql(
    tmp_path: Path,
) -> None:
    opened = f"""
import asyncio, sys
from kapmonitor.storage import Record
async def run():
    async with Record.open({url(tmp_path)!r}):
        pass
asyncio.run(run())
print(*sorted({{"alembic", "sqlalchemy.dialects.postgresql"}} & set(sys.modules)))
"""
    run = [sys.executable, "-c", opened]
    said = [subprocess.run(run, check=True, capture_output=True, text=True).stdout for _ in range(2)]
    assert said == ["alembic sqlalchemy.dialects.postgresql\n", "\n"]  # the first one made it


async def test_a_committed_row_is_on_the_disk(tmp_path: Path) -> None:
    """Write-ahead log and synchronous FULL, read back from the connection that writes."""
    there = await database.connect(make_url(url(tmp_path)))

    def pragmas(connection: Connection) -> list[object]:
        asked = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]

    assert await there.write(pragmas) == ["wal", 2, 1]
    await there.dispose()


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_postgresql_understands_every_table(table: object) -> None:
    made = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[arg-type, no-untyped-call] # SQLAlchemy leaves dialect() untyped
    assert "CREATE TABLE" in made


async def test_waveforms_of_an_older_record_are_the_same_rows_afterwards(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        for room in ("room-1", "room-2"):
            name = Patient(record, room).session.id
            for second in range(5):
                for quantity, value in (("pleth", 1.0), ("ecg", 0.5)):
                    record.wave(name, "strap-1", Waveform(quantity, [value] * 60, 60), moment(second))
                record.vitals(name, {}, moment(second))
        assert await record.durable(30)
    every = "select * from wave order by session, quantity, t_us"
    before = rows(tmp_path, every)
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.executescript(BACK_TO_0010)
    async with Record.open(url(tmp_path)) as record:
        assert record.problems() == []
    assert len(before) == 20
    assert rows(tmp_path, every) == before
    assert (await verify(make_url(url(tmp_path)))).faults == []


async def test_a_record_of_a_newer_version_is_left_alone_and_said_so(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)):
        pass
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
        connection.commit()
    before = (tmp_path / "record.db").read_bytes()
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        assert not await record.durable()
        (problem,) = record.problems()
        assert "written by a newer kapmonitor" in problem
        assert f"{len(patient.transitions)} alarm events and 3 entries wait" in problem
        assert await record.restart.open_sessions(moment(30)) == []
        assert "could not be read" in record.problems()[1]
    assert (tmp_path / "record.db").read_bytes() == before


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.execute("create table recipes (name text)")
    before = (tmp_path / "record.db").read_bytes()
    async with Record.open(url(tmp_path)) as record:
        assert "another program's database" in record.problems()[0]
    assert (tmp_path / "record.db").read_bytes() == before


async def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    version = "select version_num from alembic_version"
    async with Record.open(url(tmp_path)) as record:
        Patient(record)
    (before,) = column(tmp_path, version)
    async with Record.open(url(tmp_path)) as record:
        assert record.problems() == []
    assert column(tmp_path, version) == [before]
    assert len(rows(tmp_path, "select * from session")) == 1


async def test_a_session_that_an_older_version_left_open_goes_on_and_staff_are_told(tmp_path: Path) -> None:
    """It has no entries: what is known is its row, and what its alarm engine remembered."""
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.executescript(BACK_TO_0001)
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        (problem,) = record.problems()
        assert "Look at the patient." in problem
        assert (found.session.id, found.session.phase) == (patient.session.id, patient.session.phase)
        assert found.state == patient.engine.state
        patient.session, patient.record = found.session, record
        patient.enter(Note(text="The service is new."))
        assert await record.durable(30)
    assert column(tmp_path, "select kind from session_entry") == ["note"]

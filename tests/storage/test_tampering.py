"""Whatever row of whatever table is changed, taken out or put in: `verify` names it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Delete,
    Float,
    Insert,
    Integer,
    LargeBinary,
    Table,
    Update,
    and_,
    delete,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from kapmonitor.alarms.nuisance import Label
from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Waveform
from kapmonitor.storage import Record, SignedRules
from kapmonitor.storage.chain import LINKED, Covered, digest_of
from kapmonitor.storage.faults import named
from kapmonitor.storage.seals import SEALED
from kapmonitor.storage.tables import metadata
from kapmonitor.storage.verify import verify
from kapmonitor.storage.waveforms import wave_parts
from tests.storage.patient import START, Patient, moment, url
from tests.storage.test_entrance import GUEST, LOGIN, NURSE, OTHER, ROOM, SCREEN
from tests.storage.test_history import spo2
from tests.storage.test_paged import COVER, SENT, TAKEN

COVERED: dict[str, Covered] = {**LINKED, **SEALED}
KINDS = {covered.table.name: kind for kind, covered in COVERED.items()}
PROOF = ("chain", "seal")
NOT_YET = ("left_note",)
"""In no chain until the service has taken it into the audit log."""
STORED = {"wave": ("wave_heading", "wave_data")}
"""What a view is made of."""
ALL_KEY = ("alarm_label",)
"""Tables of which every column is part of the name."""
DIALECT = sqlite.dialect(paramstyle="qmark")


async def write(folder: Path) -> None:
    """A row in every table, and in most of them two."""
    async with Record.open(url(folder)) as record:
        patients = [Patient(record, room) for room in ("room-1", "room-2")]
        for patient in patients:
            patient.seconds_of(85, 20)
            for label in (Label.REAL, Label.ARTEFACT):
                record.label(patient.transitions[-1].alarm, label, "nurse-1", moment(21))
            for second in range(5):
                record.wave(
                    patient.session.id, "oximeter-1", Waveform("pleth", [1.0, 2.0], 2), moment(second)
                )
                record.vitals(patient.session.id, spo2(97.0), moment(second))
                assert await record.durable(30)
            record.audit.note("log-in", "dashboard", by="nurse-1")
        for each in (NURSE, GUEST, LOGIN, OTHER, SCREEN, ROOM):
            record.entrance.keep(each)
        record.signatures.sign(SignedRules("dr-1", START, "[[rules]]\n"))
        record.save_service("clinic", EngineState("clinic-service-1"), moment(30))
        record.paged([SENT, TAKEN, COVER], moment(10))
        lost = {"session": patients[0].session.id, "what": "wave", "since_us": 5, "until_us": 6, "rows": 2}
        record._writer.pending.measured.lost[patients[0].session.id, "wave"] = lost
        assert await record.durable(30)
        old = Patient(record, "room-3")
        record.wave(old.session.id, "oximeter-1", Waveform("pleth", [1.0, 2.0], 2), moment(1))
        record.vitals(old.session.id, spo2(97.0), moment(1))
        record.end(old.session, moment(60), "nurse-1")
        assert await record.durable(30)
        await record.housekeeping.remove_old(START + timedelta(days=31), 30)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    asyncio.run(write(folder))
    assert asyncio.run(verify(make_url(url(folder)))).faults == []
    return folder


@pytest.fixture
def tampered(sound: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of the record, for somebody who can write the file."""
    shutil.copy(sound / "record.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "record.db", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


async def faults(folder: Path) -> list[str]:
    return list((await verify(make_url(url(folder)))).faults)


def last(connection: sqlite3.Connection, table: Table) -> dict[str, Any]:
    rows = connection.execute(select(table).compile().string).fetchall()
    return dict(rows[-1])


def name_of(table: Table, row: dict[str, Any]) -> str:
    kind = KINDS[table.name]
    return named(kind, "/".join(str(row[each]) for each in COVERED[kind].key))


def do(connection: sqlite3.Connection, statement: Insert | Update | Delete) -> None:
    compiled = statement.compile(dialect=DIALECT)
    assert connection.execute(compiled.string, [*compiled.params.values()]).rowcount == 1


def stored(table: Table, row: dict[str, Any]) -> list[tuple[Table, dict[str, Any]]]:
    """Where a row stands; the last is its own."""
    if table.name not in STORED:
        return [(table, row)]
    parts = zip(STORED[table.name], wave_parts(row), strict=True)
    return [(metadata.tables[name], dict(part)) for name, part in parts]


def that(table: Table, row: dict[str, Any]) -> ColumnElement[bool]:
    return and_(*(column == row[column.name] for column in table.primary_key))


def another(value: Any, column: Column[Any]) -> object:
    """Something else of the same type."""
    match column.type:
        case LargeBinary():
            return value[:-1] + bytes([value[-1] ^ 1])
        case Integer() | Float():
            return (value or 0) + 1000
        case Boolean():
            return 1 - value
        case _:
            return f"{value}x"


def test_every_table_is_looked_at() -> None:
    stored = {each for name in KINDS for each in STORED.get(name, (name,))}
    assert set(metadata.tables) == {*stored, *PROOF, *NOT_YET}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_column_counts(tampered: sqlite3.Connection, name: str) -> None:
    covered = COVERED[KINDS[name]]
    table = covered.table
    row = last(tampered, table)
    assert {column.name for column in table.c} - {"id"} <= set(covered.columns)
    for column in covered.columns:
        changed = row | {column: another(row[column], table.c[column])}
        assert digest_of(covered, changed) != digest_of(covered, row), column


async def test_in_every_table_a_row_that_was_changed_is_named(
    tampered: sqlite3.Connection, tmp_path: Path
) -> None:
    said: list[str] = []
    for name, kind in KINDS.items():
        covered = COVERED[kind]
        row = last(tampered, covered.table)
        said.append(name_of(covered.table, row))
        column = next(each for each in covered.columns[::-1] if each not in covered.key or name in ALL_KEY)
        changed = another(row[column], covered.table.c[column])
        *_, (table, there) = stored(covered.table, row)
        do(tampered, update(table).where(that(table, there)).values({column: changed}))
    found = await faults(tmp_path)
    assert [each for each in said if not any(each in fault for fault in found)] == []


async def test_in_every_table_a_row_that_was_taken_out_is_named(
    tampered: sqlite3.Connection, tmp_path: Path
) -> None:
    said: list[str] = []
    for kind in KINDS.values():
        row = last(tampered, COVERED[kind].table)
        said.append(name_of(COVERED[kind].table, row))
        *_, (table, there) = stored(COVERED[kind].table, row)
        do(tampered, delete(table).where(that(table, there)))
    found = await faults(tmp_path)
    assert [each for each in said if not any(f"{each} is missing" in fault for fault in found)] == []


async def test_in_every_table_a_row_that_was_put_in_is_named(
    tampered: sqlite3.Connection, tmp_path: Path
) -> None:
    said: list[str] = []
    for kind in KINDS.values():
        table = COVERED[kind].table
        row = last(tampered, table)
        row |= {each: another(row[each], table.c[each]) for each in COVERED[kind].key}
        row |= {
            column.name: 9999 for column in table.primary_key if column.name == "id" and kind != "session"
        }
        said.append(name_of(table, row))
        for each, there in stored(table, row):
            do(tampered, insert(each).values(there))
    found = await faults(tmp_path)
    by_something = [each for each in found if "was put in by something else" in each]
    assert [each for each in said if not any(fault.startswith(each) for fault in by_something)] == []


@pytest.mark.parametrize("column", ["session", "quantity", "device", "rate_hz", "codec"])
async def test_what_the_seconds_of_a_waveform_have_in_common_is_proved_by_each_of_them(
    tampered: sqlite3.Connection, tmp_path: Path, column: str
) -> None:
    (rows,) = tampered.execute("select count(*) from wave").fetchone()
    tampered.execute(f"update wave_heading set {column} = {column} || '1'")  # noqa: S608 - our own names
    missing = column in {"session", "quantity"}
    found = [each for each in await faults(tmp_path) if "is missing" in each or "was changed" in each]
    assert len([each for each in found if ("is missing" in each) is missing]) == rows


@pytest.mark.parametrize("name", PROOF)
async def test_the_proof_itself_is_proved(tampered: sqlite3.Connection, tmp_path: Path, name: str) -> None:
    table = metadata.tables[name]
    rows = tampered.execute(select(table).compile().string).fetchall()
    for row in (dict(rows[0]), dict(rows[len(rows) // 2])):
        for column in table.c:
            changed = another(row[column.name], column)
            tampered.execute("begin")
            do(tampered, update(table).where(that(table, row)).values({column.name: changed}))
            tampered.execute("commit")
            assert await faults(tmp_path), (row["seq"], column.name)
            there = row | {column.name: changed}
            do(tampered, update(table).where(that(table, there)).values({column.name: row[column.name]}))
        do(tampered, delete(table).where(that(table, row)))
        assert await faults(tmp_path), row["seq"]
        do(tampered, insert(table).values(row))
    assert await faults(tmp_path) == []
    tampered.execute("insert into seal values (5000, x'00')")
    assert await faults(tmp_path) == ["The seal 5000 was put in by something else."]


async def test_rows_that_change_places_are_named(tampered: sqlite3.Connection, tmp_path: Path) -> None:
    """Of two labels of one alarm the last counts."""
    tampered.execute("update alarm_label set id = 1000 where id = 1")
    (fault,) = await faults(tmp_path)
    assert fault.startswith("The label")
    assert "stands in another place than it was recorded in" in fault

"""Damages a record as a bad disk does, and waits until it is well again."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from kapmonitor.storage import Record

PAGE = 4096


def spoil(folder: Path, table: str) -> None:
    """Write nonsense over the first page of a table."""
    with closing(sqlite3.connect(folder / "record.db")) as connection:
        page = connection.execute("select rootpage from sqlite_master where name = ?", [table]).fetchone()[0]
    spoil_page(folder, page - 1)


def spoil_page(folder: Path, page: int) -> None:
    """Write nonsense over a page, counted from 0."""
    with (folder / "record.db").open("r+b") as file:
        file.seek(page * PAGE)
        file.write(b"\xa5" * PAGE)


def move_away(folder: Path) -> None:
    """As staff are told to: the record and SQLite's files beside it."""
    for file in folder.glob("record.db*"):
        if not file.name.endswith(".lock"):
            file.rename(folder / f"damaged-{file.name}")


async def well_again(record: Record) -> None:
    await well_written(record)
    assert record.problems() == []


async def well_written(record: Record) -> None:
    async with asyncio.timeout(40):
        while record.stopped is not None:
            await asyncio.sleep(0.05)
    assert await record.durable(30)


BACK_TO_0001 = """
drop table numeric;
drop table numeric_heading;
drop view wave;
drop table wave_data;
drop table wave_heading;
drop table unrecorded;
drop table page;
drop table receipt;
drop table on_call;
drop table seal;
drop table removed;
drop table audit;
drop table chain;
drop table session_entry;
drop table service_state;
drop table user;
drop table login;
drop table display;
drop table left_note;
drop index ix_session_client_started_us;
alter table session drop column client;
drop table alarm_label;
update alembic_version set version_num = '0001';
"""
"""What a record of the first version lacks."""
BACK_TO_0010 = """
create table old (session text, quantity text, t_us bigint, device text, rate_hz float, samples integer,
    codec text, data blob, primary key (session, quantity, t_us)) without rowid;
insert into old select session, quantity, t_us, device, rate_hz, samples, codec, data from wave;
drop view wave;
drop table wave_data;
drop table wave_heading;
alter table old rename to wave;
update alembic_version set version_num = '0010_left';
"""
"""Waveforms as they were until then: one table."""

"""Reading all that the record has of one session, a part at a time: the loop has its turn between them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from sqlalchemy import URL, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.errors import ConfigError
from kapmonitor.model import Moment, Origin
from kapmonitor.session.history import History, Trend, Unrecorded, WaveBlock
from kapmonitor.storage.instants import Row, from_us
from kapmonitor.storage.looking import looking_into
from kapmonitor.storage.numerics import Second, series
from kapmonitor.storage.sessions import read_one, read_rows
from kapmonitor.storage.summaries import alarm_line
from kapmonitor.storage.tables import alarm_transition, numeric, numeric_heading, session, unrecorded, wave
from kapmonitor.storage.trends import reduced
from kapmonitor.storage.waveforms import wave_block

AT_ONCE = 1000
"""Rows that are read in one go: a few milliseconds."""
NAMED = 5
"""So many of the newest sessions are named where one is not found."""


async def look_for_history(url: URL, name: str, moment: Moment) -> History:
    """All of one session from another process, as it is on the disk; its times on the clock of `moment`.

    Raises:
        ConfigError: there is no such session; the newest ones are named.
        KapmonitorError: there is no such record, or it cannot be read.
    """
    async with looking_into(url) as connection:
        return await history_there(connection, name, moment)


async def history_there(connection: AsyncConnection, name: str, moment: Moment) -> History:
    """All of a session that somebody has named.

    Raises:
        ConfigError: there is no such session; the newest ones are named.
    """
    found = await read_history(connection, name, moment)
    if found is not None:
        return found
    newest = select(session.c.id).order_by(session.c.started_us.desc()).limit(NAMED)
    names = (await connection.execute(newest)).scalars().all()
    there = f"the newest are {', '.join(names)}" if names else "there is none at all"
    raise ConfigError([f"there is no session {name!r} in the record; {there}"])


async def read_history(connection: AsyncConnection, name: str, moment: Moment) -> History | None:
    """A session with its numbers, waveforms and alarms; None where there is none."""
    row = next(iter(await read_rows(connection, select(session).where(session.c.id == name))), None)
    one = None if row is None else await read_one(connection, name, moment)
    if row is None or one is None:
        return None
    seconds, headings = await read_seconds(connection, name), await read_headings(connection)
    table = alarm_transition
    alarms = select(table).where(table.c.session == name).order_by(table.c.id)
    return History(
        session=one,
        origin=Origin(row["origin"]),
        numerics=await asyncio.to_thread(series, seconds, headings),
        waves=await _waves(connection, name),
        alarms=[alarm_line(each) for each in await read_rows(connection, alarms)],
        unrecorded=await _unrecorded(connection, name),
    )


async def read_trend(
    connection: AsyncConnection, name: str, quantity: str, since_us: int, until_us: int, buckets: int
) -> Trend:
    """One quantity of a session between two times, in so many parts."""
    seconds = await read_seconds(connection, name, since_us, until_us)
    headings = await read_headings(connection)

    def made() -> Trend:
        found = series(seconds, headings, quantity).get(quantity)
        return reduced(quantity, found, since_us, until_us, buckets)

    return await asyncio.to_thread(made)


async def read_seconds(
    connection: AsyncConnection, name: str, since_us: int | None = None, until_us: int | None = None
) -> list[Second]:
    """The seconds of a session from `since_us` on and before `until_us`, in the order of their times."""
    table = numeric
    wanted = select(table.c.t_us, table.c.heading, table.c.data).where(table.c.session == name)
    if since_us is not None:
        wanted = wanted.where(table.c.t_us >= since_us)
    if until_us is not None:
        wanted = wanted.where(table.c.t_us < until_us)
    found: list[Second] = []
    result = await connection.stream(wanted.order_by(table.c.t_us))
    async for some in result.partitions(AT_ONCE):
        found += [Second(*row) for row in some]
    return found


async def read_headings(connection: AsyncConnection) -> dict[int, str]:
    """What the numbers of every second are."""
    wanted = select(numeric_heading.c.id, numeric_heading.c.columns)
    return {row[0]: row[1] for row in await connection.execute(wanted)}


async def _unrecorded(connection: AsyncConnection, name: str) -> list[Unrecorded]:
    wanted = select(unrecorded).where(unrecorded.c.session == name).order_by(unrecorded.c.since_us)
    return [
        Unrecorded(
            what=row["what"],
            since=from_us(row["since_us"]),
            until=from_us(row["until_us"]),
            rows=row["rows"],
        )
        for row in await read_rows(connection, wanted)
    ]


async def _waves(connection: AsyncConnection, name: str) -> dict[str, Sequence[WaveBlock]]:
    found: dict[str, Sequence[WaveBlock]] = {}
    wanted = select(wave.c.quantity).where(wave.c.session == name).distinct()
    for quantity in (await connection.execute(wanted.order_by(wave.c.quantity))).scalars().all():
        found[quantity] = await read_waves(connection, name, quantity)
    return found


async def read_waves(connection: AsyncConnection, name: str, quantity: str) -> list[WaveBlock]:
    """One waveform of a session, in the order of time."""
    wanted: Select[tuple[object, ...]] = select(wave).where(wave.c.session == name)
    wanted = wanted.where(wave.c.quantity == quantity).order_by(wave.c.t_us)
    found: list[WaveBlock] = []
    result = await connection.stream(wanted)
    async for some in result.mappings().partitions(AT_ONCE):
        found += await asyncio.to_thread(_blocks, [dict(row) for row in some])
    return found


def _blocks(rows: Iterable[Row]) -> list[WaveBlock]:
    return [block for block in map(wave_block, rows) if block.values.size]

"""Old waveforms go; what is kept of them is what was there around alarms. Everything else is kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.storage.errors import StorageError
from kapmonitor.storage.instants import to_us
from kapmonitor.storage.proof import removed
from kapmonitor.storage.tables import alarm_transition, session, wave, wave_data, wave_heading
from kapmonitor.storage.writer import Writer

AROUND_S = 120
"""Of old waveforms so much is kept before and after everything that happened to an alarm (s)."""
AT_ONCE = 500
"""Rows that go in one transaction: whoever waits for the disk meanwhile waits some milliseconds."""
_EVER_US = 2**62

Range = tuple[int, int]
OfQuantity = tuple[str, int, int]
"""A quantity, from when, until when (both not in it)."""


async def remove_old_waves(writer: Writer, now: datetime, keep_days: int) -> AsyncGenerator[tuple[str, int]]:
    """Take away waveforms of sessions that ended longer than `keep_days` ago; each of them, how many rows.

    Raises:
        StorageError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError: it cannot be done now.
    """
    before_us = to_us(now - timedelta(days=keep_days))
    name = ""
    while True:
        async with writer.reading() as connection:
            found = await _next_session(connection, name)
            if found is None:
                return
            name = found
            ranges = await _ranges(connection, name, before_us)
            known = await _tombstones(connection, name)
        await _leave_tombstones(writer, name, set(ranges) - known, to_us(now))
        gone = 0
        for each in ranges:
            while some := await _remove(writer, name, *each):
                gone += some
        if gone:
            yield name, gone


async def _next_session(connection: AsyncConnection, after: str) -> str | None:
    """The next session with a waveform, in the order of the index: no need to read millions of rows."""
    there = select(wave_data.c.heading).where(wave_data.c.heading == wave_heading.c.id).exists()
    wanted = select(func.min(wave_heading.c.session)).where(wave_heading.c.session > after, there)
    found: str | None = (await connection.execute(wanted)).scalar()
    return found


async def _tombstones(connection: AsyncConnection, name: str) -> set[OfQuantity]:
    wanted = select(removed.c.quantity, removed.c.since_us, removed.c.until_us)
    found = await connection.execute(wanted.where(removed.c.session == name))
    return {(row[0], row[1], row[2]) for row in found}


async def _leave_tombstones(writer: Writer, name: str, ranges: set[OfQuantity], t_us: int) -> None:
    """Say in the chain that these may be missing from now on, before any row goes.

    Raises:
        StorageError: that could not be written, so nothing may go.
    """
    if not ranges:
        return
    for quantity, since_us, until_us in sorted(ranges):
        row = {"session": name, "quantity": quantity, "since_us": since_us, "until_us": until_us}
        writer.pending.removed.append({**row, "t_us": t_us})
    writer.changed(urgent=True)
    if not await writer.committed():
        raise StorageError("cannot be written now; old waveforms stay until tomorrow.")


async def _ranges(connection: AsyncConnection, name: str, before_us: int) -> list[OfQuantity]:
    """What may go of a session, where something is. Nothing of one that is open, or that is not known."""
    ended = (await connection.execute(select(session.c.ended_us).where(session.c.id == name))).scalar()
    if ended is None or ended >= before_us:
        return []
    at = select(alarm_transition.c.t_us).where(alarm_transition.c.session == name)
    times = (await connection.execute(at.order_by(alarm_transition.c.t_us))).scalars().all()
    quantities = select(wave.c.quantity).where(wave.c.session == name).distinct()
    found = (await connection.execute(quantities)).scalars().all()
    ranges = [(quantity, *each) for quantity in found for each in between(times)]
    return [each for each in ranges if await _some(connection, name, *each)]


async def _some(connection: AsyncConnection, name: str, quantity: str, since_us: int, until_us: int) -> bool:
    of_it = (wave.c.session == name, wave.c.quantity == quantity)
    there = select(wave.c.t_us).where(*of_it, wave.c.t_us > since_us, wave.c.t_us < until_us).limit(1)
    return (await connection.execute(there)).first() is not None


def between(times: Iterable[int], around_us: int = AROUND_S * 1_000_000) -> Iterator[Range]:
    """The stretches that are further than `around_us` from all of `times`, which rise."""
    since = -_EVER_US
    for t_us in times:
        if since < t_us - around_us:
            yield since, t_us - around_us
        since = t_us + around_us
    yield since, _EVER_US


async def _remove(writer: Writer, name: str, quantity: str, since_us: int, until_us: int) -> int:
    """One small transaction; how many rows went."""
    of_it = (wave.c.session == name, wave.c.quantity == quantity)
    there = select(wave.c.t_us).where(*of_it, wave.c.t_us > since_us, wave.c.t_us < until_us)

    def remove(connection: Connection) -> int:
        some = connection.execute(there.order_by(wave.c.t_us).limit(AT_ONCE)).scalars().all()
        if some:
            own = select(wave_heading.c.id).where(
                wave_heading.c.session == name, wave_heading.c.quantity == quantity
            )
            at = wave_data.c.t_us
            gone = delete(wave_data).where(wave_data.c.heading.in_(own), at >= some[0], at <= some[-1])
            connection.execute(gone)
        return len(some)

    return await writer.write(remove)

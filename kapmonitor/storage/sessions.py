"""Reading sessions back: their entries, and what the alarm engines of the open ones remembered."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.model import Moment
from kapmonitor.session.session import Session
from kapmonitor.storage.instants import Row, to_us
from kapmonitor.storage.lines import folded
from kapmonitor.storage.rebuild import rebuilt
from kapmonitor.storage.rows import Restored, last_kept, restored
from kapmonitor.storage.tables import alarm_state, alarm_transition, session, session_entry

logger = logging.getLogger(__name__)


async def read_open(connection: AsyncConnection, moment: Moment) -> list[tuple[Restored, Sequence[Row]]]:
    """Every open session with its state as of `moment`, oldest first, and its entries as they stand there.

    One whose state cannot be read comes back with what its transitions say, one whose entries cannot with
    what its row says: that there is a patient matters most.
    """
    wanted = select(session).where(session.c.ended_us.is_(None)).order_by(session.c.started_us, session.c.id)
    return [await _read(connection, row, moment) for row in await read_rows(connection, wanted)]


async def read_ended(
    connection: AsyncConnection, moment: Moment, within_s: float
) -> tuple[list[Restored], list[str]]:
    """Sessions that ended less than `within_s` ago; names of older ones of which a state is still kept."""
    since = to_us(moment.utc - timedelta(seconds=within_s))
    wanted = select(session).where(session.c.ended_us >= since).order_by(session.c.ended_us)
    found = [(await _read(connection, row, moment))[0] for row in await read_rows(connection, wanted)]
    old = select(session.c.id).join(alarm_state, alarm_state.c.session == session.c.id)
    return found, list((await connection.execute(old.where(session.c.ended_us < since))).scalars())


async def read_one(connection: AsyncConnection, name: str, moment: Moment) -> Session | None:
    """One session, open or ended, on the clock of `moment`; None where there is none."""
    for row in await read_rows(connection, select(session).where(session.c.id == name)):
        lines, kept = await _lines(connection, name), await _state(connection, name)
        return folded(row, lines, last_kept(row, lines, kept), moment).session
    return None


async def _read(connection: AsyncConnection, row: Row, moment: Moment) -> tuple[Restored, Sequence[Row]]:
    kept, lines = await _state(connection, row["id"]), await _lines(connection, row["id"])
    found = restored(row, lines, kept, moment)
    if not found.state_whole:
        found = await _with_alarms(connection, found, moment)
    return found, lines


async def _with_alarms(connection: AsyncConnection, found: Restored, moment: Moment) -> Restored:
    one = found.session
    table = alarm_transition
    wanted = select(table).where(table.c.session == one.id).order_by(table.c.id)
    try:
        transitions = (await connection.execute(wanted)).mappings().all()
    except SQLAlchemyError:
        logger.exception("%s: its transitions cannot be read", one.id)
        return found
    return msgspec.structs.replace(found, state=rebuilt(one.id, one.phase, transitions, moment))


async def _state(connection: AsyncConnection, name: str) -> Row | None:
    wanted = select(alarm_state).where(alarm_state.c.session == name)
    try:
        return next(iter(await read_rows(connection, wanted)), None)
    except SQLAlchemyError:
        logger.exception("%s: the state of its alarms cannot be read", name)
        return None


async def _lines(connection: AsyncConnection, name: str) -> list[Row]:
    """A session's entries in their order; on a damaged disk those that can be read."""
    wanted = select(session_entry).where(session_entry.c.session == name)
    try:
        return await read_rows(connection, wanted.order_by(session_entry.c.seq))
    except SQLAlchemyError:
        logger.exception("%s: not all of its entries can be read", name)
    found: list[Row] = []
    for seq in await _numbers(connection, name):
        try:
            found += await read_rows(connection, wanted.where(session_entry.c.seq == seq))
        except SQLAlchemyError:
            logger.debug("%s: entry %d cannot be read", name, seq)
    return found


async def _numbers(connection: AsyncConnection, name: str) -> list[int]:
    """Which entries there are: that stands in an index, which may be whole where the table is not."""
    wanted = select(session_entry.c.seq).where(session_entry.c.session == name)
    try:
        return list((await connection.execute(wanted.order_by(session_entry.c.seq))).scalars())
    except SQLAlchemyError:
        return []


async def read_rows(connection: AsyncConnection, wanted: Select[tuple[object, ...]]) -> list[Row]:
    """What a query finds."""
    return [dict(row) for row in (await connection.execute(wanted)).mappings()]

"""Reading sessions back: which were open, and what their alarm engines remembered."""

from __future__ import annotations

import logging

import msgspec
from sqlalchemy import RowMapping, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.model import Moment
from kapmonitor.storage.rebuild import rebuilt
from kapmonitor.storage.rows import Restored, restored
from kapmonitor.storage.tables import alarm_state, alarm_transition, session

logger = logging.getLogger(__name__)


async def read_open(connection: AsyncConnection, moment: Moment) -> list[Restored]:
    """Every open session with its state as of `moment`, oldest first.

    One whose state cannot be read comes back with what its transitions say, or at least by itself: that
    there is a patient matters most.
    """
    wanted = select(session).where(session.c.ended_us.is_(None)).order_by(session.c.started_us, session.c.id)
    rows = (await connection.execute(wanted)).mappings().all()
    return [await _read(connection, row, moment) for row in rows]


async def _read(connection: AsyncConnection, row: RowMapping, moment: Moment) -> Restored:
    found = restored(row, await _state(connection, row["id"]), moment)
    if found.whole:
        return found
    one = found.session
    table = alarm_transition
    wanted = select(table).where(table.c.session == one.id).order_by(table.c.id)
    try:
        transitions = (await connection.execute(wanted)).mappings().all()
    except SQLAlchemyError:
        logger.exception("%s: its transitions cannot be read", one.id)
        return found
    return msgspec.structs.replace(found, state=rebuilt(one.id, one.phase, transitions, moment))


async def _state(connection: AsyncConnection, name: str) -> RowMapping | None:
    wanted = select(alarm_state).where(alarm_state.c.session == name)
    try:
        return (await connection.execute(wanted)).mappings().first()
    except SQLAlchemyError:
        logger.exception("%s: the state of its alarms cannot be read", name)
        return None

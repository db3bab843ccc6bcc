"""Reading sessions back: which were open, and what their alarm engines remembered."""

from __future__ import annotations

import logging

from sqlalchemy import RowMapping, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.model import Moment
from kapmonitor.storage.rows import Restored, restored
from kapmonitor.storage.tables import alarm_state, session

logger = logging.getLogger(__name__)


async def read_open(connection: AsyncConnection, moment: Moment) -> list[Restored]:
    """Every open session with its state as of `moment`, oldest first.

    One whose state cannot be read comes back without it: that there is a patient matters most.
    """
    wanted = select(session).where(session.c.ended_us.is_(None)).order_by(session.c.started_us, session.c.id)
    rows = (await connection.execute(wanted)).mappings().all()
    return [restored(row, await _state(connection, row["id"]), moment) for row in rows]


async def _state(connection: AsyncConnection, name: str) -> RowMapping | None:
    wanted = select(alarm_state).where(alarm_state.c.session == name)
    try:
        return (await connection.execute(wanted)).mappings().first()
    except SQLAlchemyError:
        logger.exception("%s: its alarms cannot be read", name)
        return None

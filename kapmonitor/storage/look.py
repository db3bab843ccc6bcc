"""Looking into a record that a service may be writing meanwhile; nothing is written or made."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import URL, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.errors import KapmonitorError
from kapmonitor.model import Moment
from kapmonitor.session.history import History
from kapmonitor.storage import engine
from kapmonitor.storage.histories import read_history
from kapmonitor.storage.tables import rule_set
from kapmonitor.storage.writer import FAILURES


@asynccontextmanager
async def looking(url: URL) -> AsyncGenerator[AsyncConnection]:
    """A connection that can only read.

    Raises:
        KapmonitorError: there is no such record, or it cannot be read.
    """
    path = engine.file_of(url)
    shown = str(path or url.render_as_string(hide_password=True))
    if path is not None and not path.exists():
        raise KapmonitorError(f"There is no record {shown}. Start the service once, or check storage.url.")
    there = engine.to_look(url)
    try:
        async with there.connect() as connection:
            yield connection
    except FAILURES as error:
        remedy = "Start the service once with this version, it brings a record up to date."
        raise KapmonitorError(f"The record {shown} cannot be read ({error}). {remedy}") from None
    finally:
        await there.dispose()


async def history_in(connection: AsyncConnection, name: str, moment: Moment) -> History:
    """All of one session, its times on the clock of `moment`.

    Raises:
        KapmonitorError: the record has no such session.
    """
    found = await read_history(connection, name, moment)
    if found is None:
        raise KapmonitorError(f"The record has no session {name}. Its id stands in the page's address.")
    return found


async def signed_in(connection: AsyncConnection, digest: str) -> str | None:
    """The text of the alarm limits with this hash, if a medical user has signed them."""
    wanted = select(rule_set.c.text).where(rule_set.c.hash == digest).limit(1)
    return (await connection.execute(wanted)).scalars().first()

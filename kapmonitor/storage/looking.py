"""Looking into a record from another process, while a service may be writing it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import URL, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.errors import KapmonitorError
from kapmonitor.storage import engine, sqlite
from kapmonitor.storage.tables import rule_set
from kapmonitor.storage.writer import FAILURES


@asynccontextmanager
async def looking_into(url: URL) -> AsyncGenerator[AsyncConnection]:
    """A connection that can only read, all of it as it is at the first look; nothing is written or made.

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
            if path is None:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                await connection.exec_driver_sql("BEGIN")
            yield connection
    except FAILURES as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        remedy = "Start the service once with this version, it brings a record up to date."
        meant = sqlite.meaning(sqlite.error_name(cause)) or f"cannot be read ({cause}). {remedy}"
        raise KapmonitorError(f"The record {shown} {meant}") from None
    finally:
        await there.dispose()


async def signed_in(connection: AsyncConnection, digest: str) -> str | None:
    """The text of the alarm limits with this hash, if a medical user has signed them."""
    wanted = select(rule_set.c.text).where(rule_set.c.hash == digest).limit(1)
    return (await connection.execute(wanted)).scalars().first()

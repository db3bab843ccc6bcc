"""From a URL to an engine that reads; `database` has those that write."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoSuchModuleError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from kapmonitor.errors import ConfigError
from kapmonitor.storage import schema, sqlite


def parse(url: str) -> URL:
    """The URL, if a record can be kept there.

    Raises:
        ConfigError: it has not the right form, or names a database that this installation has no driver for.
    """
    remedy = 'needs the form "sqlite+aiosqlite:///kapmonitor.db" or "postgresql+asyncpg://user@host/database"'
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise ConfigError([f"storage.url: names no file, so nothing would be kept; it {remedy}"])
        made(parsed)
    except ModuleNotFoundError as error:
        raise ConfigError([f"storage.url: {error.name} is not installed; pip install {error.name}"]) from None
    except (ArgumentError, InvalidRequestError, NoSuchModuleError):
        raise ConfigError([f"storage.url: {remedy}"]) from None
    return parsed


def file_of(url: URL) -> Path | None:
    """The file of an SQLite database; None for a database server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


async def connect_to_read(url: URL) -> AsyncEngine:
    """A database that can at least be read: for a restart while the disk is full or read-only.

    Raises:
        StorageError, sqlalchemy.exc.SQLAlchemyError, OSError: nothing can be read, whichever way.
    """
    path = file_of(url)
    still = None if path is None else sqlite.read_only(url, path)
    for way, alone in ((url, False), (url, True)):
        with suppress(OperationalError):
            return await _reading(way, alone=alone)
    return await _reading(still or url, alone=False)


def to_look(url: URL) -> AsyncEngine:
    """An engine that looks into a database which somebody else writes; every connection is a new one.

    Raises:
        OSError: there is no such file.
    """
    path = file_of(url)
    if path is None:
        return create_async_engine(url, poolclass=NullPool)
    path.stat()
    arguments = {"timeout": sqlite.BUSY_S}
    return create_async_engine(sqlite.only_looking(url, path), poolclass=NullPool, connect_args=arguments)


async def _reading(url: URL, *, alone: bool) -> AsyncEngine:
    engine = made(url)
    if file_of(url) is not None:
        sqlite.prepare(engine.sync_engine, alone=alone)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(schema.refuse_unknown)
    except BaseException:
        await engine.dispose()
        raise
    return engine


def made(url: URL) -> AsyncEngine:
    """An engine with one connection; nothing is opened yet."""
    arguments = {} if file_of(url) is None else {"timeout": sqlite.BUSY_S}
    return create_async_engine(url, pool_size=1, max_overflow=0, connect_args=arguments)

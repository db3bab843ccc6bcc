"""The database that a record is in: one connection that writes, a whole transaction at a time, and others.

What writes is plain (sync) code: on SQLite it runs in a thread of its own from the first statement to the
commit, on a server in the event loop (`run_sync`), which waits for the network only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kapmonitor.storage import engine, postgresql, schema, sqlite

Result = TypeVar("Result")
Work = Callable[[Connection], Result]
"""What is done in one transaction; a row that it reads is a row that it must have read by its end."""


class Database(Protocol):
    """One that is open, and of the present version."""

    async def write(self, work: Work[Result]) -> Result:
        """Do `work` in a transaction on the writing connection; all of it is on the disk then, or none."""
        ...

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection to read with."""
        ...

    async def dispose(self) -> None:
        """Close every connection."""
        ...


async def connect(url: URL) -> Database:
    """A database that can be written, by one connection, and is brought to the present version.

    A server's is ours alone from then on; for a file that is `sqlite.Lock`.

    Raises:
        StorageError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError: it cannot; what is in it was not
            changed.
    """
    path = engine.file_of(url)
    there = _Server(url) if path is None else _File(url, path)
    try:
        await there.open()
    except BaseException:
        await there.dispose()
        raise
    return there


class _File:
    """An SQLite file. A wait for another thread costs a busy machine milliseconds: there is one a write."""

    def __init__(self, url: URL, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record")
        arguments = {"timeout": sqlite.BUSY_S}
        plain = url.set(drivername="sqlite")
        self._engine = create_engine(plain, pool_size=1, max_overflow=0, connect_args=arguments)
        self._url = url
        self._looker: AsyncEngine | None = None

    async def open(self) -> None:
        await self._in_thread(self._open)

    async def write(self, work: Work[Result]) -> Result:
        return await self._in_thread(lambda: _in_transaction(self._engine, work))

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        if self._looker is None:
            self._looker = engine.to_look(self._url)
        return self._looker.connect()

    async def dispose(self) -> None:
        await self._in_thread(self._engine.dispose)  # a connection is closed where it was opened
        self._thread.shutdown(wait=False)
        if self._looker is not None:
            await self._looker.dispose()

    def _open(self) -> None:
        sqlite.make_private(self._path)
        sqlite.prepare(self._engine)
        with self._engine.connect() as connection:
            schema.refuse_unknown(connection)
            connection.rollback()
            sqlite.write_ahead(connection)
        _in_transaction(self._engine, schema.upgrade)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class _Server:
    """A database of a server; its one connection reads as well."""

    def __init__(self, url: URL) -> None:
        self._engine = engine.made(url)
        postgresql.prepare(self._engine.sync_engine)

    async def open(self) -> None:
        async with self._engine.connect() as connection:
            await connection.run_sync(schema.refuse_unknown)
        await self.write(schema.upgrade)

    async def write(self, work: Work[Result]) -> Result:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._engine.connect()

    async def dispose(self) -> None:
        await self._engine.dispose()


def _in_transaction(there: Engine, work: Work[Result]) -> Result:
    with there.begin() as connection:
        return work(connection)

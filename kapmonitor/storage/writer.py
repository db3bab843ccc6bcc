"""The one task that writes: at once what somebody waits for, once a second what nobody does."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.storage import chain, database, engine, sqlite
from kapmonitor.storage.batch import Batch, Named
from kapmonitor.storage.database import Database, Result, Work
from kapmonitor.storage.errors import StorageError
from kapmonitor.storage.instants import Row
from kapmonitor.storage.measured import Headings

logger = logging.getLogger(__name__)

EVERY_S = 0.5
"""How long what nobody waits for may wait: of a second's numbers none is lost but the last (s)."""
RETRY_S = 2.0
"""How long after a failure the next try is made."""
DURABLE_WITHIN_S = 0.1
"""The longest that somebody waits for the disk (s); then the alarm goes out without it."""
CLOSE_WITHIN_S = 5.0
"""How long the end of the service waits for the disk."""
FAILURES = (StorageError, SQLAlchemyError, sqlite3.Error, OSError)


class Writer:
    """Holds the only writing connection.

    `pending` is what waits; after changing it call `changed`. `open` are the rows of the open sessions,
    `entries` those of their entries, by number, `headings` those of numbers, and `entrance` those of users,
    log-ins and displays: a record that begins anew gets them again. `head` is the chain's as this process
    wrote it, so that nobody has to read it.
    """

    def __init__(self, url: URL) -> None:
        """Nothing is opened yet."""
        self.pending = Batch()
        self.open: dict[str, Row] = {}
        self.entries: dict[str, dict[int, Row]] = {}
        self.entrance: dict[Named, Row] = {}
        self.headings = Headings()
        self.problem: str | None = None
        self.head: chain.Head | None = None
        self.url = url
        self._path = engine.file_of(url)
        self._lock: sqlite.Lock | None = None
        self._there: Database | None = None
        self._damaged: tuple[int, int] | None = None
        self._saved = self._committed = 0
        self._some, self._urgent, self._stopping = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._done = asyncio.Condition()
        self._turn = asyncio.Lock()  # a reader that opens or closes the database, or the writer: never both

    def changed(self, *, urgent: bool) -> None:
        """Something was put into `pending`; `urgent`: it is to be written now."""
        self._saved += 1
        self._some.set()
        if urgent:
            self._urgent.set()

    async def committed(self) -> bool:
        """Wait until all that is pending now is on the disk; False as soon as that fails."""
        saved = self._saved
        if self._committed < saved and self.problem is None:
            self._urgent.set()
            async with self._done:
                await self._done.wait_for(lambda: self._committed >= saved or self.problem is not None)
        return self._committed >= saved

    async def soon(self, within_s: float = DURABLE_WITHIN_S) -> bool:
        """Wait, at most `within_s`, until all that is pending now is on the disk; whether it is."""
        try:
            async with asyncio.timeout(within_s):
                return await self.committed()
        except TimeoutError:
            return False

    async def opened(self) -> Database:
        """The database, opened and checked if it is not open already.

        Raises:
            StorageError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError: it cannot be opened.
        """
        if self._there is not None:
            return self._there
        if self._path is not None:
            if self._damaged is not None and _identity(self._path) == self._damaged:
                raise StorageError(sqlite.meaning("SQLITE_CORRUPT") or "")
            self._lock = self._lock or sqlite.Lock(self._path)
        there = await database.connect(self.url)
        async with there.reading() as connection:
            self.head = await connection.run_sync(chain.head_or_none)
        self._there = there
        return there

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A connection to read with, also where nothing can be written.

        Raises:
            StorageError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError: nothing can be read either.
        """
        async with self._turn:
            try:
                async with AsyncExitStack() as stack:
                    yield await stack.enter_async_context(await self._readable(stack))
            except FAILURES as error:  # the connection is given back by now: `failed` disposes of them all
                await self.failed(error)
                raise

    async def write(self, work: Work[Result]) -> Result:
        """Have `work` done in a transaction of its own: for a few milliseconds, between two batches.

        Raises:
            StorageError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError: nothing was written.
        """
        async with self._turn:
            return await (await self.opened()).write(work)

    async def _readable(self, stack: AsyncExitStack) -> AbstractAsyncContextManager[AsyncConnection]:
        """Of the database; where it cannot be written, of one that is closed again with `stack`."""
        try:
            return (await self.opened()).reading()
        except StorageError:
            raise
        except FAILURES as error:
            await self.failed(error)
            reader = await engine.connect_to_read(self.url)
            stack.push_async_callback(reader.dispose)
            return reader.connect()

    async def run(self) -> None:
        """Write until `stop`, and then once more what is left."""
        while not self._stopping.is_set():
            await self._some.wait()
            await _at_most(EVERY_S, self._urgent)
            if not await self._flush():
                await _at_most(RETRY_S, self._stopping)
        await self._flush()

    def stop(self) -> None:
        """Have `run` end."""
        for each in (self._stopping, self._some, self._urgent):
            each.set()

    async def close(self) -> None:
        """Close the database, and let others have it."""
        if self.pending.transitions or self.pending.entries:
            logger.error("%s could not be recorded and are lost.", self.waiting())
        await self._dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def waiting(self) -> str:
        """How much waits to be written, in words."""
        return f"{len(self.pending.transitions)} alarm events and {len(self.pending.entries)} entries"

    async def failed(self, error: Exception) -> None:
        """Say what is wrong in `problem`; the next try begins with opening the database anew."""
        name = sqlite.error_name(error.orig if isinstance(error, DBAPIError) else error)
        if name.startswith(sqlite.DAMAGED) and self._path is not None:
            self._damaged = _identity(self._path)
        sentence = f"The record {self.shown()} {_words(error, name)}"
        if sentence != self.problem:
            logger.error("%s (%s)", sentence, error, exc_info=None if isinstance(error, FAILURES) else error)
        self.problem = sentence
        self.pending.tried = True
        self._some.set()
        await self._dispose()
        await self._tell()

    def unreadable(self, error: Exception) -> str:
        """Why the record could not be looked into, for staff."""
        name = sqlite.error_name(error.orig if isinstance(error, DBAPIError) else error)
        return f"The record {self.shown()} cannot be read now. It {_words(error, name)}"

    def behind(self) -> str:
        """That the disk takes what it is given, but too slowly, for staff."""
        return f"The record {self.shown()} is behind: the disk is slow. Try again in a moment."

    async def _flush(self) -> bool:
        """Write what is pending; False if that failed, and all of it is still pending."""
        async with self._turn:
            return await self._write()

    async def _write(self) -> bool:
        batch, self.pending, saved = self.pending, Batch(), self._saved
        self._some.clear()
        self._urgent.clear()
        if self.problem is not None:  # first what matters most: waveforms wait for a write that succeeds
            self.pending.measured = batch.measured.without_waves()
        whole = self._with_open(batch) if batch.tried else batch
        try:
            head = await (await self.opened()).write(partial(whole.write, after=self.head))
        except Exception as error:
            logger.debug("nothing was written", exc_info=True)  # whatever it is, alarms stay in memory
            self.pending.put_back(batch)
            await self.failed(error)
            return False
        if self.problem is not None:
            logger.warning("The record %s is written again.", self.shown())
            self._some.set()
        self.problem, self._committed, self.head = None, saved, head
        await self._tell()
        return True

    def _with_open(self, batch: Batch) -> Batch:
        """It may be another file by now: it needs the rows that others point to, and whole sessions."""
        entries = [row for lines in self.entries.values() for row in lines.values()]
        return replace(
            batch,
            sessions=self.open | batch.sessions,
            entries=[*entries, *batch.entries],
            entrance={**self.entrance, **batch.entrance},
            measured=batch.measured.with_headings(self.headings),
            tried=True,
        )

    async def _tell(self) -> None:
        async with self._done:
            self._done.notify_all()

    async def _dispose(self) -> None:
        old, self._there = self._there, None
        if old is not None:
            with suppress(*FAILURES):
                await old.dispose()

    def shown(self) -> str:
        """Where the record is, without its password."""
        return str(self._path or self.url.render_as_string(hide_password=True))


def _words(error: Exception, name: str) -> str:
    if isinstance(error, StorageError):
        return str(error)
    meant = sqlite.meaning(name)
    if meant is not None:
        return meant
    if isinstance(error, OSError):
        return f"cannot be opened ({error.strerror}). Check the folder and its rights."
    reason = str(error.orig if isinstance(error, DBAPIError) else error).splitlines()
    return f"cannot be written: {reason[0] if reason else type(error).__name__}."


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file this is, whatever it is called."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def _at_most(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()

"""Looking into the record without the writer's noticing: each look has a connection of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kapmonitor.alarms.nuisance import Label
from kapmonitor.model import Moment
from kapmonitor.ports import ANSWERED_WITHIN_S
from kapmonitor.session.history import History, Trend
from kapmonitor.session.past import AlarmLine, Earlier, Summary
from kapmonitor.session.session import Session
from kapmonitor.storage import engine
from kapmonitor.storage.errors import StorageError
from kapmonitor.storage.histories import read_history, read_trend
from kapmonitor.storage.instants import to_us
from kapmonitor.storage.labels import read_labels
from kapmonitor.storage.sessions import read_one, read_rows
from kapmonitor.storage.summaries import alarm_line, earlier, summary
from kapmonitor.storage.tables import alarm_transition, session, session_entry
from kapmonitor.storage.writer import FAILURES, Writer


class Past:
    """What the record has; implements `kapmonitor.ports.Past`.

    A look waits for what is being written just now, as long as an answer to a person may take. Where the disk
    is slower than that, or the record cannot be read, every method raises `StorageError`, whose text says
    what is wrong and what to do; nothing else is disturbed. Where nothing can be written at all, a look finds
    what was written until then: `Record.problems` says so on every page, and `History.behind` on paper.
    """

    def __init__(self, writer: Writer) -> None:
        """Of the record that `writer` writes."""
        self._writer = writer
        self._looker: AsyncEngine | None = None

    def head(self) -> str:
        """The head of the chain of hashes as of the last write, in hexadecimal; empty where unknown."""
        return "" if self._writer.head is None else self._writer.head.hash.hex()

    async def session(self, name: str, moment: Moment) -> Session | None:
        """One session, open or ended, with its times on the clock of `moment`; None where there is none."""
        async with self.looking() as connection:
            return await read_one(connection, name, moment)

    async def history(self, name: str, moment: Moment) -> History | None:
        """All of one session, open or ended, as it is on the disk: some 100 ms for hours of waveforms."""
        async with self.looking() as connection:
            found = await read_history(connection, name, moment)
        if found is None or self._writer.problem is None:
            return found
        return msgspec.structs.replace(found, behind=True)

    async def trend(
        self, session: str, quantity: str, since: datetime, until: datetime, buckets: int = 1000
    ) -> Trend:
        """One quantity of a session between two times (UTC), for a screen: what was read, not smoothed.

        Where nothing was measured (or there is no such session) there is nothing. Cuff readings stand in the
        entries of the session.
        """
        async with self.looking() as connection:
            return await read_trend(connection, session, quantity, to_us(since), to_us(until), buckets)

    async def sessions(self, since: datetime | None = None, limit: int = 100) -> list[Summary]:
        """The newest sessions, newest first; those that were opened at `since` (UTC) or later."""
        wanted = select(session).order_by(session.c.started_us.desc(), session.c.id.desc()).limit(limit)
        if since is not None:
            wanted = wanted.where(session.c.started_us >= to_us(since))
        async with self.looking() as connection:
            return [summary(row) for row in await read_rows(connection, wanted)]

    async def earlier(
        self, client: str, before: datetime, limit: int = 5, *, drill: bool = False
    ) -> list[Earlier]:
        """Sessions of this client code that were opened before, newest first; none without a code.

        `drill`: exercises; they are never mixed with sessions of patients.
        """
        if not client:
            return []
        wanted = (
            select(session)
            .where(session.c.client == client, session.c.drill == drill)
            .where(session.c.started_us < to_us(before))
            .order_by(session.c.started_us.desc(), session.c.id.desc())
            .limit(limit)
        )
        async with self.looking() as connection:
            found = await read_rows(connection, wanted)
            return [earlier(row, await _compared(connection, row["id"])) for row in found]

    async def alarms_of(self, name: str) -> list[AlarmLine]:
        """All that happened to the alarms of a session, in order."""
        table = alarm_transition
        wanted = select(table).where(table.c.session == name).order_by(table.c.id)
        async with self.looking() as connection:
            return [alarm_line(row) for row in await read_rows(connection, wanted)]

    async def labels_of(self, name: str) -> dict[str, Label]:
        """What staff said last of each alarm of a session, by alarm; without those nobody has marked."""
        async with self.looking() as connection:
            return await read_labels(connection, name)

    async def started_with(self, key: str) -> str | None:
        """The session that was started by the command with this idempotency key, if there is one."""
        if not key:
            return None
        for name, lines in self._writer.entries.items():
            if 1 in lines and lines[1]["key"] == key:
                return name
        table = session_entry
        wanted = select(table.c.session).where(table.c.key == key, table.c.seq == 1)
        async with self.looking() as connection:
            return (await connection.execute(wanted)).scalars().first()

    @asynccontextmanager
    async def looking(self) -> AsyncGenerator[AsyncConnection]:
        """A connection of its own: it can neither write nor keep the writer waiting.

        Raises:
            StorageError: the record cannot be read, or is behind.
        """
        if not await self._writer.soon(ANSWERED_WITHIN_S) and self._writer.problem is None:
            raise StorageError(self._writer.behind())
        try:
            if self._looker is None:  # it knows the database and its statements, but keeps no connection
                self._looker = engine.to_look(self._writer.url)
            async with self._looker.connect() as connection:
                yield connection
        except FAILURES as error:
            raise StorageError(self._writer.unreadable(error)) from error


_COMPARED = ("measured", "baseline-confirmed")


async def _compared(connection: AsyncConnection, name: str) -> Sequence[str]:
    """The entries of a session that later ones are compared with, as they are written."""
    table = session_entry
    wanted = select(table.c.what).where(table.c.session == name, table.c.kind.in_(_COMPARED))
    return (await connection.execute(wanted.order_by(table.c.seq))).scalars().all()

"""What commands leave for the audit log of a record on a database server: rows of a table of its own.

They are in no chain until the service has taken them in; that is why nothing else stands there.
"""

from __future__ import annotations

from sqlalchemy import URL, delete, insert, select

from kapmonitor.errors import KapmonitorError
from kapmonitor.storage import engine
from kapmonitor.storage.instants import Row
from kapmonitor.storage.proof import left_note
from kapmonitor.storage.sessions import read_rows
from kapmonitor.storage.writer import FAILURES, Writer


async def leave_row(url: URL, row: Row) -> None:
    """Leave one note there.

    Raises:
        KapmonitorError: it cannot be left.
    """
    there = engine.to_look(url)
    try:
        async with there.begin() as connection:
            await connection.execute(insert(left_note), [dict(row)])
    except FAILURES as error:
        why = str(getattr(error, "orig", error)).splitlines()
        raise KapmonitorError(
            f"It cannot be noted in the audit log ({why[0] if why else 'no reason given'}), so it was not "
            "done. The user of the database needs INSERT on left_note; the service makes that table."
        ) from None
    finally:
        await there.dispose()


class LeftRows:
    """Implements `kapmonitor.storage.left.Place`."""

    def __init__(self, writer: Writer) -> None:
        """Of the record that `writer` writes."""
        self._writer = writer
        self._taken: list[str] = []

    async def found(self) -> list[Row]:
        """See `Place`; none while the record cannot be read, which `problems` says."""
        try:
            async with self._writer.reading() as connection:
                rows = await read_rows(connection, select(left_note).order_by(left_note.c.t_us))
        except FAILURES:
            return []
        new = [row for row in rows if row["mark"] not in self._taken]
        self._taken += [row["mark"] for row in new]
        return new

    async def done(self) -> None:
        """See `Place`."""
        if not self._taken:
            return
        try:
            await self._writer.write(
                lambda connection: connection.execute(
                    delete(left_note).where(left_note.c.mark.in_(self._taken))
                )
            )
        except FAILURES:  # they are in the audit log; next time
            return
        self._taken.clear()

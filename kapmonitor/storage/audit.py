"""The audit log: who did what to the service or to what it knows, when and from where.

What people enter in a session stands in its entries; here stands what leaves no entry: log-ins, exports,
replays, limits, and each command with the address it came from.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import RowMapping, select

from kapmonitor.model import rfc3339
from kapmonitor.ports import Noted
from kapmonitor.storage.errors import StorageError
from kapmonitor.storage.instants import Row, from_us, to_us
from kapmonitor.storage.proof import audit
from kapmonitor.storage.writer import FAILURES, Writer


class AuditLog:
    """Takes what is to be noted; implements `kapmonitor.ports.Audit`."""

    def __init__(self, writer: Writer, utc: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Of the record that `writer` writes."""
        self._writer = writer
        self._utc = utc

    def note(self, action: str, what: str, *, by: str, address: str = "", detail: str = "") -> None:
        """Note that `by` did `action` (one word, with hyphens) to `what`; neither waits nor fails.

        No client codes, no passwords, no free text of staff: whoever may read the log may not read those.
        """
        self._add(audit_row(action, what, self._utc(), by=by, address=address, detail=detail))

    def add(self, row: Row) -> None:
        """Note what another process left to be noted; it may have been noted before."""
        self._writer.pending.tried = True
        self._add(row)

    async def newest(
        self, limit: int, before: int | None = None, *, by: str = "", action: str = ""
    ) -> list[Noted]:
        """The newest lines first, those of an `id` below `before`; of one user or one action where said.

        Raises:
            StorageError: the record cannot be read.
        """
        wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(audit.c.id < before)
        for column, word in ((audit.c.by, by), (audit.c.action, action)):
            wanted = wanted.where(column == word) if word else wanted
        try:
            async with self._writer.reading() as connection:
                rows = (await connection.execute(wanted)).mappings().all()
        except FAILURES as error:
            raise StorageError(self._writer.unreadable(error)) from None
        return [_noted(row) for row in rows]

    def _add(self, row: Row) -> None:
        self._writer.pending.audit.append(row)
        self._writer.changed(urgent=True)


def audit_row(action: str, what: str, utc: datetime, *, by: str, address: str = "", detail: str = "") -> Row:
    """One row of the log; its `mark` tells it from any other."""
    return {
        "mark": secrets.token_hex(8),
        "t_us": to_us(utc),
        "by": by,
        "action": action,
        "what": what,
        "detail": detail,
        "address": address,
    }


def _noted(row: RowMapping) -> Noted:
    words = [row[name] for name in ("by", "action", "what", "detail", "address")]
    return Noted(row["id"], rfc3339(from_us(row["t_us"])), *words)

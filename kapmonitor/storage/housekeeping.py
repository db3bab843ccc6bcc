"""What the record needs now and then: lines of the audit log taken in, old waveforms taken away."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from kapmonitor.people import SERVICE
from kapmonitor.storage import spool
from kapmonitor.storage.audit import AuditLog
from kapmonitor.storage.retention import AROUND_S, remove_old_waves
from kapmonitor.storage.writer import FAILURES, Writer

logger = logging.getLogger(__name__)

SPOOL_EVERY_S = 30.0
REMOVE_EVERY_S = 24 * 3600.0
CALM_S = 600.0
"""After a start nothing is taken away for so long: there is enough to do."""


class Housekeeping:
    """Runs beside the service; whatever fails is tried again, and costs nothing else."""

    def __init__(self, writer: Writer, audit: AuditLog) -> None:
        """Of the record that `writer` writes."""
        self._writer = writer
        self._audit = audit

    async def run(self, keep_waveforms_days: int) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time() + CALM_S
        while True:
            await self.take_in()
            if loop.time() >= due:
                due = loop.time() + REMOVE_EVERY_S
                await self.remove_old(datetime.now(UTC), keep_waveforms_days)
            await asyncio.sleep(SPOOL_EVERY_S)

    async def take_in(self) -> None:
        """What other processes left for the audit log; a file goes once its line is on the disk."""
        try:
            found = await asyncio.to_thread(lambda: list(spool.waiting(self._writer.url)))
            if not found:
                return
            self._writer.pending.tried = True  # a kill may have come between the disk and the folder
            for _, row in found:
                self._audit.add(row)
            if await self._writer.committed():
                for path, _ in found:
                    path.unlink(missing_ok=True)
        except OSError:
            logger.exception("the audit log's folder cannot be read")

    async def remove_old(self, now: datetime, keep_days: int) -> None:
        """Waveforms that are too old, and a line in the audit log for each session that had some."""
        kept = f"older than {keep_days} days; kept {AROUND_S} s around alarms"
        try:
            async for session, rows in remove_old_waves(self._writer, now, keep_days):
                self._audit.note("waves-removed", session, by=SERVICE.id, detail=f"{rows} rows, {kept}")
        except FAILURES:
            logger.exception("old waveforms could not be taken away")

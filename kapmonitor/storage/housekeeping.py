"""What the record needs once a day: old waveforms are taken away, and that is noted."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from kapmonitor.people import SERVICE
from kapmonitor.storage.audit import AuditLog
from kapmonitor.storage.retention import AROUND_S, remove_old_waves
from kapmonitor.storage.writer import FAILURES, Writer

logger = logging.getLogger(__name__)

EVERY_S = 24 * 3600.0
CALM_S = 600.0
"""After a start nothing is taken away for so long: there is enough to do."""


class Housekeeping:
    """Runs beside the service; what fails is tried again the next day, and costs nothing else."""

    def __init__(self, writer: Writer, audit: AuditLog) -> None:
        """Of the record that `writer` writes."""
        self._writer = writer
        self._audit = audit

    async def run(self, keep_waveforms_days: int) -> None:
        """Until cancelled."""
        await asyncio.sleep(CALM_S)
        while True:
            await self.remove_old(datetime.now(UTC), keep_waveforms_days)
            await asyncio.sleep(EVERY_S)

    async def remove_old(self, now: datetime, keep_days: int) -> None:
        """Waveforms that are too old, and a line in the audit log for each session that had some."""
        kept = f"older than {keep_days} days; kept {AROUND_S} s around alarms"
        try:
            async for session, rows in remove_old_waves(self._writer, now, keep_days):
                self._audit.note("waves-removed", session, by=SERVICE.id, detail=f"{rows} rows, {kept}")
        except FAILURES:
            logger.exception("old waveforms could not be taken away")

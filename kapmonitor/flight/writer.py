"""Puts blocks on the disk from a thread of its own: nobody waits, what is too much is dropped and counted."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from pathlib import Path
from typing import NamedTuple

from kapmonitor.flight.file import block

logger = logging.getLogger(__name__)

SUFFIX = ".kapflight"
FOLDER = "flights"
"""Below the service's own folder, where recordings are."""
MOST_WAITING = 32_000_000
"""Bytes that may wait for a slow disk, before compression; what comes then is dropped."""
SYNC_S = 30.0
"""How long the system may keep blocks of a recording in memory (s): a power cut loses no more."""
STILL_WRITTEN_S = 3600.0
"""A recording that was written so recently (s) is never deleted: its session may be open."""


class _Job(NamedTuple):
    session: str
    beginning: bytes
    records: bytes
    last: bool


class Writer:
    """One thread that appends to the files of one folder. `close` it at the end; that may wait."""

    def __init__(self, folder: Path, most: int) -> None:
        """`folder` is made where it is missing; `most`: bytes of all files in it, the oldest go first."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.sizes: dict[str, int] = {}
        """How large each session's file was when it was written last."""
        self._most = most
        self._waiting = 0
        self._failed = False
        self._lock = threading.Lock()
        self._synced: dict[str, float] = {}
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="flight recorder", daemon=True)
        self._thread.start()

    def put(self, session: str, beginning: bytes, records: bytes, *, last: bool = False) -> bool:
        """Have packed `records` appended; `beginning` stands before them in a new file. False: dropped.

        `last`: nothing more is to come of this session.
        """
        with self._lock:
            if self._waiting + len(records) > MOST_WAITING:
                return False
            self._waiting += len(records)
        self._queue.put(_Job(session, beginning, records, last))
        return True

    def close(self) -> None:
        """Write what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def path(self, session: str) -> Path:
        """Where a session's recording is."""
        return self.folder / f"{session}{SUFFIX}"

    def _run(self) -> None:
        self._thin_out()
        while (job := self._queue.get()) is not None:
            try:
                self._append(job)
                self._failed = False
            except OSError as error:
                if not self._failed:  # one line for a full disk, not one every five seconds
                    logger.warning("%s: the flight recorder cannot write: %s", job.session, error)
                self._failed = True
            with self._lock:
                self._waiting -= len(job.records)

    def _append(self, job: _Job) -> None:
        data = block(job.records)
        handle = os.open(self.path(job.session), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            before = os.fstat(handle).st_size
            data = data if before else job.beginning + data
            if os.write(handle, data) < len(data):
                raise OSError("the disk is full")
            self.sizes[job.session] = before + len(data)
            self._sync(job, handle)
        finally:
            os.close(handle)
        if not before:
            self._thin_out()

    def _sync(self, job: _Job, handle: int) -> None:
        """Have it on the disk: at its beginning, at its end, and every half minute between."""
        now = time.monotonic()
        if job.last or now - self._synced.get(job.session, -SYNC_S) >= SYNC_S:
            os.fsync(handle)
            self._synced[job.session] = now
        if job.last:
            del self._synced[job.session]

    def _thin_out(self) -> None:
        """Delete the oldest recordings until all together are small enough."""
        files = sorted(self.folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > self._most and time.time() - path.stat().st_mtime > STILL_WRITTEN_S:
                path.unlink(missing_ok=True)
                logger.info("%s: deleted, the recordings are larger than %d MB", path, self._most // 10**6)

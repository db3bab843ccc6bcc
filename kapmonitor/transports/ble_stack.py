"""What the Bluetooth adapter stands on: a bleak backend, and tasks that outlive who started them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner

GRACE_S = 10.0
"""How long something that was told to stop may take before nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Which bleak backend, with what extra arguments; without one, the system's."""

    client: type[BaseBleakClient] | None = None
    scanner: type[BaseBleakScanner] | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Jobs:
    """Tasks that go on whatever becomes of who started them.

    Letting go of a device must not be cut short: a strap that nobody remembers being connected to is a
    strap that nobody can connect to.
    """

    def __init__(self) -> None:
        """None yet."""
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """`work` as a task; its failure is the business of whoever awaits it, if anybody does."""
        job = asyncio.create_task(work)
        self._running.add(job)
        job.add_done_callback(self._done)
        return job

    async def close(self) -> None:
        """Let everything finish; cancel what does not."""
        for wait_s in (GRACE_S, 1.0):
            if self._running:
                await asyncio.wait(self._running, timeout=wait_s)
            for job in list(self._running):
                job.cancel()

    def _done(self, job: asyncio.Task[None]) -> None:
        self._running.discard(job)
        if not job.cancelled():
            job.exception()  # looked at, so that asyncio does not report it as forgotten

"""Waiting for what has no event of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kapmonitor.mqtt.publisher import Publisher


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until `holds()`; the test's own time limit is the limit."""
    while not holds():
        await asyncio.sleep(0.01)


@asynccontextmanager
async def running(publisher: Publisher) -> AsyncIterator[Publisher]:
    """`publisher` at work; on exit it is cancelled, and has to end."""
    task = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

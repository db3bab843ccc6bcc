"""A subscriber as another program would be: plain aiomqtt, nothing of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import aiomqtt


class Heard(NamedTuple):
    topic: str
    payload: bytes
    retain: bool


class Listener:
    """What came in, in order; and a way to wait for it."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.came = asyncio.Event()

    def payloads(self, topic: str) -> list[bytes]:
        """Everything on `topic`, below the site's root, in order."""
        return [each.payload for each in self.heard if each.topic.endswith(f"/{topic}")]

    def newest(self) -> dict[str, bytes]:
        """The newest payload of each topic."""
        return {each.topic: each.payload for each in self.heard}

    async def until(self, holds: Callable[[Listener], bool]) -> None:
        """Wait until `holds` of this listener."""
        while not holds(self):
            self.came.clear()
            await self.came.wait()

    async def last(self, topic: str, payload: bytes) -> None:
        """Wait until the newest on `topic` is `payload`."""
        await self.until(lambda it: it.payloads(topic)[-1:] == [payload])


@asynccontextmanager
async def listen(
    url: str, pattern: str = "kap/v1/#", *, session: str | None = None, into: Listener | None = None
) -> AsyncIterator[Listener]:
    """A listener on `pattern` that is subscribed on entry.

    `session`: the client id of one for which the broker keeps messages while it is away. `into`: the
    listener that an earlier connection had filled.
    """
    parts = urlsplit(url)
    listener = into or Listener()
    client = aiomqtt.Client(
        parts.hostname or "",
        parts.port or 1883,
        username=parts.username,
        password=parts.password,
        identifier=session,
        clean_session=session is None,
    )
    async with client:
        await client.subscribe(pattern, qos=1)
        collecting = asyncio.create_task(_collect(client, listener))
        try:
            yield listener
        finally:
            collecting.cancel()
            await asyncio.gather(collecting, return_exceptions=True)


async def _collect(client: aiomqtt.Client, listener: Listener) -> None:
    async for message in client.messages:
        listener.heard.append(Heard(message.topic.value, message.payload, message.retain))
        listener.came.set()

"""The watchdog on its brokers: a connection of its own to each of them, and a judgement twice a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing

from kapmonitor import documents
from kapmonitor.clock import Clock
from kapmonitor.documents import Message
from kapmonitor.mqtt.client import Connection
from kapmonitor.mqtt.lanes import client_id
from kapmonitor.mqtt.link import Link
from kapmonitor.mqtt.server import parse_servers
from kapmonitor.watchdog.watch import Watch

TICK_S = 0.5
LOSS = "Nobody can see from here whether kapmonitor runs, and no alarm about it can go out"

Outgoing = asyncio.Queue[Message]


class Watchdog:
    """Watches one site on all its brokers at once: the service uses one of them, whichever that is.

    While no broker answers nothing is judged: then what is wrong is the broker, which the log says, and
    which the service says itself on its screens.
    """

    def __init__(self, servers: Sequence[str], site: str, *, allow_plain: bool = False) -> None:
        """`servers`: MQTT URLs with their passwords, which are never logged; `parse_servers` may raise."""
        self._root = documents.root(site)
        self._clock = Clock()
        self._watch = Watch(site)
        self._links = [
            Link((server,), client_id("watch"), loss=LOSS)
            for server in parse_servers(servers, allow_plain=allow_plain)
        ]
        self._out: set[Outgoing] = set()

    async def run(self, alive: Callable[[], None]) -> None:
        """Watch until cancelled; `alive` is called at every judgement, broker or not."""
        async with asyncio.TaskGroup() as tasks:
            for link in self._links:
                tasks.create_task(link.run(self._serve))
            while True:
                if self._out:
                    self._publish(self._watch.tick(self._clock.moment()))
                alive()
                await asyncio.sleep(TICK_S)

    async def _serve(self, connection: Connection) -> None:
        out = Outgoing()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send(connection, out))
                await self._listen(connection, out)  # in here, not as a task: see `Link`
        finally:
            self._out.discard(out)

    async def _listen(self, connection: Connection, out: Outgoing) -> None:
        below = ("service/+", "session/+/meta", f"alarm/{self._watch.alarm}")
        for pattern in below:
            await connection.subscribe(f"{self._root}/{pattern}", qos=1)
        moment = self._clock.moment()
        if not self._out:
            self._watch.begin(moment.at)
        self._out.add(out)
        for message in self._watch.standing(moment):
            out.put_nowait(message)
        async with aclosing(connection.messages()) as messages:
            async for each in messages:
                topic = each.topic.removeprefix(f"{self._root}/")
                moment = self._clock.moment()
                self._publish(self._watch.take(topic, each.payload, moment, retained=each.retain))

    async def _send(self, connection: Connection, out: Outgoing) -> None:
        while True:
            message = await out.get()
            payload, how = documents.encode(message.payload), message.how
            await connection.publish(f"{self._root}/{message.topic}", payload, qos=how.qos, retain=how.retain)

    def _publish(self, messages: Iterable[Message]) -> None:
        for message in messages:
            for out in self._out:
                out.put_nowait(message)

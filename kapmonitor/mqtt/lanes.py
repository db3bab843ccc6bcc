"""The two ways out, each on a connection of its own: sure for what must arrive, vitals for what soon is old.

Apart, since a flood of values on one connection would hold up an alarm behind it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, replace

from kapmonitor.mqtt.client import Connection
from kapmonitor.mqtt.discovery import HERE
from kapmonitor.mqtt.link import Link
from kapmonitor.mqtt.outbox import Entry, Outbox
from kapmonitor.mqtt.server import Server
from kapmonitor.mqtt.tree import Tree


@dataclass(slots=True)
class Statistics:
    """What went out and what did not; `latency_s` from `publish` to PUBACK, of the newest sure message."""

    published: int = 0
    dropped: int = 0
    waiting: int = 0
    reconnects: int = 0
    latency_s: float | None = None


def client_id(lane: str) -> str:
    """An MQTT client id, unique to this process (3.1.1 promises 23 characters)."""
    return f"kap-{lane}-{secrets.token_hex(4)}"


def located(root: str, topic: str) -> str:
    """The whole of a topic: below the site's root, but for what Home Assistant looks for elsewhere."""
    return topic if topic.startswith(HERE) else f"{root}/{topic}"


class SureLane:
    """QoS 1, one at a time: in order, alarms first, each kept until its PUBACK.

    One at a time costs a round trip each (about 1 ms on one machine, 700 a second and more), and buys an
    order that a subscriber can rely on and an alarm that waits for at most one other publication.
    It remembers the present payload of every retained topic and publishes all of them on every connect: the
    broker may be another one, or may have forgotten.
    """

    def __init__(self, root: str, outbox: Outbox, statistics: Statistics) -> None:
        """`root`: the site's tree."""
        self._root = root
        self._outbox = outbox
        self._statistics = statistics
        self._retained: dict[str, Entry] = {}
        self._put = asyncio.Event()

    def put(self, entry: Entry) -> None:
        """Have it sent; never blocks."""
        if entry.retain and entry.payload:
            self._retained[entry.topic] = entry
        elif entry.retain:
            self._retained.pop(entry.topic, None)
        if not self._outbox.put(entry):
            self._statistics.dropped += 1
        self._put.set()

    def owns(self, topic: str) -> bool:
        """Whether `topic` is retained because we want it to be."""
        return topic in self._retained

    async def pump(self, connection: Connection) -> None:
        """Publish what is retained, then whatever is put, as long as the connection stands."""
        now = time.monotonic()
        for entry in self._retained.values():
            self._outbox.put(replace(entry, put_at=now))
        while True:
            await self.flush(connection)
            self._put.clear()
            await self._put.wait()

    async def flush(self, connection: Connection) -> None:
        """Publish until nothing is pending."""
        while (entry := self._outbox.pending()) is not None:
            topic = located(self._root, entry.topic)
            await connection.publish(topic, entry.payload, qos=1, retain=entry.retain)
            self._outbox.done(entry)
            self._statistics.published += 1
            self._statistics.latency_s = time.monotonic() - entry.put_at


class VitalsLane:
    """QoS 0: of each topic only the newest waits, and not for long."""

    WORTHLESS_AFTER_S = 5.0
    """An older value is not sent any more: its reader would take it for a present one."""
    LIMIT = 1000
    """Topics that may wait; beyond, the one that has waited longest is dropped."""

    def __init__(self, root: str, tree: Tree, statistics: Statistics) -> None:
        """`root`: the site's tree; `tree` is kept on this connection, where its echo holds no alarm up."""
        self._root = root
        self._tree = tree
        self._statistics = statistics
        self._newest: dict[str, Entry] = {}
        self._put = asyncio.Event()
        self._client_id = client_id("vitals")
        self._link: Link | None = None

    def put(self, entry: Entry) -> None:
        """Have it sent unless a newer one comes first; never blocks."""
        if entry.topic in self._newest:
            self._statistics.dropped += 1
        self._newest[entry.topic] = entry  # in the place of the older one, so that none starves
        if len(self._newest) > self.LIMIT:
            del self._newest[next(iter(self._newest))]
            self._statistics.dropped += 1
        self._put.set()

    def problems(self) -> list[str]:
        """What is wrong with this lane alone."""
        problems = [] if self._link is None else self._link.problems()
        return problems or ([self._tree.problem] if self._tree.problem else [])

    async def run(self, server: Server) -> None:
        """Publish on `server`, where the sure lane is: a reader must find both on one broker."""
        self._link = Link([server], self._client_id, loss="Live values do not go out")
        try:
            await self._link.run(self._serve)
        finally:
            self._link = None

    async def _serve(self, connection: Connection) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pump(connection))
            await self._tree.keep(connection)  # in here, not as a task: see `Link`

    async def _pump(self, connection: Connection) -> None:
        while True:
            while self._newest:
                entry = self._newest.pop(next(iter(self._newest)))
                if time.monotonic() - entry.put_at > self.WORTHLESS_AFTER_S:
                    self._statistics.dropped += 1
                    continue
                topic = f"{self._root}/{entry.topic}"
                await connection.publish(topic, entry.payload, qos=0, retain=False)
                self._statistics.published += 1
            self._put.clear()
            await self._put.wait()

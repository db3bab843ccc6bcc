"""What the app hands its messages to: both lanes, the heartbeat, the last will, and what is wrong."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from kapmonitor import documents
from kapmonitor.documents import STATUS_OFFLINE, STATUS_ONLINE, Heartbeat, Message
from kapmonitor.model import rfc3339
from kapmonitor.mqtt.client import Connection, Will
from kapmonitor.mqtt.discovery import Discovery
from kapmonitor.mqtt.ear import Ear
from kapmonitor.mqtt.errors import BrokerError
from kapmonitor.mqtt.lanes import Statistics, SureLane, VitalsLane, client_id
from kapmonitor.mqtt.link import Link
from kapmonitor.mqtt.outbox import Entry, Outbox
from kapmonitor.mqtt.server import parse_servers
from kapmonitor.mqtt.tree import Tree
from kapmonitor.ports import Listener

_log = logging.getLogger(__name__)

HEARTBEAT_S = 2.0
_FLUSH_S = 0.7
"""At the end: how long what is still pending may take."""
_OFFLINE_S = 0.4
"""And then `offline`. On one connection it arrives before the disconnect even if nobody confirms it here."""
_TOPIC = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)+")


class Publisher:
    """Publishes a site's messages on the first broker that answers.

    The sure lane's connection carries the last will and the heartbeat: the heartbeat says that pages can go
    out, so it has to stop when the connection that pages take stops, and must not live on because vitals
    still flow. It is real time, whatever the speed of a demo.
    """

    def __init__(
        self,
        servers: Sequence[str],
        site: str,
        *,
        origin: str,
        drill: bool = False,
        listener: Listener | None = None,
        client: str | None = None,
        allow_plain: bool = False,
        home_assistant: bool = False,
        alive: Callable[[], bool] = lambda: True,
        chain: Callable[[], str] = lambda: "",
    ) -> None:
        """`origin` and `drill` mark the heartbeat; for the rest see `parse_servers`, which may raise.

        `listener` hears what pagers say, on the connection that pages take. `client`: a client id that is the
        same after a restart, under which the broker keeps for us what they say while we are away.

        `home_assistant`: whether that is told what there is.
        `alive`: while it says no there is no heartbeat, so that nobody believes that anybody monitors.
        `chain`: the head of the record's chain of hashes.
        """
        self._root = documents.root(site)
        self._origin = origin
        self._drill = drill
        self._beats = 0
        self._alive = alive
        self._chain = chain
        self._statistics = Statistics()
        self._outbox = Outbox()
        self._ear = Ear(self._root, listener)
        self._sure = SureLane(self._root, self._outbox, self._statistics)
        self._discovery = Discovery(self._root) if home_assistant else None
        tree = Tree(self._root, self.publish, self._sure.owns, self._discovery)
        self._vitals = VitalsLane(self._root, tree, self._statistics)
        offline = documents.service_status(STATUS_OFFLINE)
        self._link = Link(
            parse_servers(servers, allow_plain=allow_plain),
            client or client_id("sure"),
            loss="Pages cannot go out",
            will=Will(f"{self._root}/{offline.topic}", documents.encode(offline.payload)),
            keep=client is not None,
        )
        self.publish(documents.service_status(STATUS_ONLINE))

    @property
    def connected(self) -> bool:
        """Whether alarms can go out just now."""
        return self._link.connected

    @property
    def statistics(self) -> Statistics:
        """A copy of the figures so far."""
        return replace(self._statistics, waiting=len(self._outbox), reconnects=self._link.reconnects)

    def problems(self) -> list[str]:
        """What is wrong, one plain sentence each; empty while everything goes out."""
        if not self.connected:
            return self._link.problems()
        return ([self._ear.problem] if self._ear.problem else []) + self._vitals.problems()

    def publish(self, message: Message) -> None:
        """Have `message` sent: QoS 0 on the vitals lane, the rest on the sure one. Never blocks or raises.

        To be called from the loop. What cannot be sent at all is logged and counted as dropped: kept, it
        would be refused again and again, and everything behind it would wait.
        """
        try:
            payload = documents.encode(message.payload)
        except Exception:  # noqa: BLE001 - no document may end the loop that raises alarms
            _log.exception("%s: its document cannot be written as JSON, dropped", message.topic)
            self._statistics.dropped += 1
            return
        if _TOPIC.fullmatch(message.topic) is None:
            _log.error("%r is not a topic of ours, its message is dropped", message.topic)
            self._statistics.dropped += 1
            return
        lane = self._vitals if message.how.qos == 0 else self._sure
        lane.put(Entry(message.topic, payload, message.how.retain, time.monotonic()))
        for each in () if self._discovery is None else self._discovery.seen(message):
            self.publish(each)

    async def run(self) -> None:
        """Publish until cancelled; then send what is pending, say `offline` and close, within 2 s."""
        await self._link.run(self._serve)

    async def _serve(self, connection: Connection) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._sure.pump(connection))
                tasks.create_task(self._beat(connection))
                tasks.create_task(self._vitals.run(connection.server))
                await self._ear.keep(connection)  # in here, not as a task: see `Link`
        except asyncio.CancelledError:
            await self._say_goodbye(connection)
            raise

    async def _beat(self, connection: Connection) -> None:
        while True:
            if self._alive():
                self._beats += 1
                ts = rfc3339(datetime.now(UTC))
                document = Heartbeat(
                    origin=self._origin, drill=self._drill, seq=self._beats, ts=ts, chain=self._chain()
                )
                beat = documents.heartbeat(document)
                payload = documents.encode(beat.payload)
                await connection.publish(f"{self._root}/{beat.topic}", payload, qos=0, retain=False)
            await asyncio.sleep(HEARTBEAT_S)

    async def _say_goodbye(self, connection: Connection) -> None:
        offline = documents.service_status(STATUS_OFFLINE)
        for each in () if self._discovery is None else self._discovery.end():
            self.publish(each)
        with suppress(BrokerError, TimeoutError):
            async with asyncio.timeout(_FLUSH_S):
                await self._sure.flush(connection)
        with suppress(BrokerError, TimeoutError):
            async with asyncio.timeout(_OFFLINE_S):
                topic, payload = f"{self._root}/{offline.topic}", documents.encode(offline.payload)
                await connection.publish(topic, payload, qos=1, retain=True)

"""What is read from the broker: only what was asked for, on the connection that alarms take."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import aclosing

from kapmonitor.mqtt.client import Connection
from kapmonitor.mqtt.errors import SubscriptionRefusedError
from kapmonitor.ports import Listener

_log = logging.getLogger(__name__)

READ_AGAIN_S = (2.0, 10.0)
"""So long after a connection, one after the other, what is retained is read again.

A document that was written while we subscribed may be neither new nor retained yet (nats-server); and in a
cluster that has just lost a node what is retained is not found for some seconds.
"""


class Ear:
    """Subscribes for one listener while a connection stands."""

    def __init__(self, root: str, listener: Listener | None) -> None:
        """`root`: the site's tree; without a listener nothing is subscribed to."""
        self._root = root
        self._listener = listener
        self.problem: str | None = None

    async def keep(self, connection: Connection) -> None:
        """Hand on what comes in, until the connection is lost (`BrokerError`)."""
        if self._listener is None:
            await connection.lost()
            return
        self.problem = None
        self._listener.connected()
        await self._subscribe(connection, self._listener.patterns.items())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_again(connection, self._listener))
            await self._hear(connection, self._listener)  # in here, not as a task: see `Link`

    async def _hear(self, connection: Connection, listener: Listener) -> None:
        async with aclosing(connection.messages()) as messages:
            async for message in messages:
                topic = message.topic.removeprefix(f"{self._root}/")
                try:
                    listener.take(topic, message.payload, retained=message.retain)
                except Exception:  # noqa: BLE001 - no message may end the connection that pages take
                    _log.exception("%s: what came in could not be handled", topic)

    async def _read_again(self, connection: Connection, listener: Listener) -> None:
        kept = [(pattern, qos) for pattern, qos in listener.patterns.items() if qos == 0]
        for pause_s in READ_AGAIN_S:
            await asyncio.sleep(pause_s)
            await self._subscribe(connection, kept)

    async def _subscribe(self, connection: Connection, patterns: Iterable[tuple[str, int]]) -> None:
        for pattern, qos in patterns:
            try:
                await connection.subscribe(f"{self._root}/{pattern}", qos=qos)
            except SubscriptionRefusedError as refused:
                self._refused(connection, refused)

    def _refused(self, connection: Connection, refused: SubscriptionRefusedError) -> None:
        known = self.problem
        self.problem = (
            f"MQTT broker {connection.server} does not let us read {refused.reason}: no pager can confirm "
            f"anything, so everybody is called and the station sounds; {refused.advice}."
        )
        if known is None:
            _log.warning("%s", self.problem)

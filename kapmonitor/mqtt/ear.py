"""What is read from the broker: only what was asked for, on the connection that alarms take."""

from __future__ import annotations

import logging
from contextlib import aclosing

from kapmonitor.mqtt.client import Connection
from kapmonitor.mqtt.errors import SubscriptionRefusedError
from kapmonitor.ports import Listener

_log = logging.getLogger(__name__)


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
        async with aclosing(connection.messages()) as messages:
            self._listener.connected()
            await self._subscribe(connection, self._listener)
            async for message in messages:
                topic = message.topic.removeprefix(f"{self._root}/")
                try:
                    self._listener.take(topic, message.payload, retained=message.retain)
                except Exception:  # noqa: BLE001 - no message may end the connection that pages take
                    _log.exception("%s: what came in could not be handled", topic)

    async def _subscribe(self, connection: Connection, listener: Listener) -> None:
        self.problem = None
        for pattern, qos in listener.patterns.items():
            try:
                await connection.subscribe(f"{self._root}/{pattern}", qos=qos)
            except SubscriptionRefusedError as refused:
                self.problem = (
                    f"MQTT broker {connection.server} does not let us read {refused.reason}: no pager can "
                    f"confirm anything, so everybody is called and the station sounds; {refused.advice}."
                )
                _log.warning("%s", self.problem)

"""Our own tree on the broker: what a crash left there is emptied, and our own late last will is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from kapmonitor import documents
from kapmonitor.documents import KEPT, STATUS_ONLINE, Message
from kapmonitor.mqtt.client import Connection, Incoming, SubscriptionRefusedError

OURS = ("service/", "device/", "session/", "alarm/")
"""What the service publishes. Pagers publish under `pager/`, and that is theirs."""

_STATUS = documents.service_status(STATUS_ONLINE).topic


class Tree:
    """Keeps the site's tree true while one connection stands.

    Which ghosts there are is known once everything retained has come; MQTT does not say when. But a broker
    handles what one client sends in order, and queues the retained messages while it handles the subscribe.
    So a message that we send on the same connection after the SUBACK comes back behind the last of them, and
    the connection's first heartbeat is that message: nobody else needs to know. (Seen with mosquitto 2.0 and
    nats-server 2.15, 1500 retained topics each.)

    A last will can come late: a broker that had not noticed the end of our former connection publishes
    `offline` after we are back. Whoever is online says so again.
    """

    def __init__(
        self,
        root: str,
        publish: Callable[[Message], None],
        owns: Callable[[str], bool],
        beat: Callable[[Connection], Awaitable[bytes]],
    ) -> None:
        """`owns`: whether we keep a topic retained; `beat` sends a heartbeat and gives its payload."""
        self._root = root
        self._publish = publish
        self._owns = owns
        self._beat = beat
        self.problem: str | None = None

    async def keep(self, connection: Connection) -> None:
        """Empty the ghosts, then watch the status, until the connection is lost (`BrokerError`)."""
        everything = f"{self._root}/#"
        self.problem = None
        async with aclosing(connection.messages()) as messages:
            try:
                await connection.subscribe(everything, qos=0)
                await self._empty_ghosts(messages, await self._beat(connection))
                await connection.subscribe(f"{self._root}/{_STATUS}", qos=0)
                await connection.unsubscribe(everything)
            except SubscriptionRefusedError as refused:
                self.problem = (
                    f"MQTT broker {connection.server} does not let us read {refused.reason}. Documents that "
                    f"a crash left behind stay there; {refused.advice}."
                )
            async for message in messages:
                self._answer(message)

    async def _empty_ghosts(self, messages: AsyncIterator[Incoming], marker: bytes) -> None:
        found: list[str] = []
        async for message in messages:
            topic = message.topic.removeprefix(f"{self._root}/")
            self._answer(message)
            if message.retain and message.payload and topic.startswith(OURS):
                found.append(topic)
            if message.payload == marker and not message.retain:
                break
        for topic in found:
            if not self._owns(topic):
                self._publish(Message(topic, None, KEPT))

    def _answer(self, message: Incoming) -> None:
        if message.topic == f"{self._root}/{_STATUS}" and message.payload != STATUS_ONLINE.encode():
            self._publish(documents.service_status(STATUS_ONLINE))

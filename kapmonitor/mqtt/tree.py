"""Our own tree on the broker: what a crash left there is emptied, and our own late last will is answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from kapmonitor import documents
from kapmonitor.documents import KEPT, STATUS_ONLINE, Message
from kapmonitor.mqtt.client import Connection, Incoming
from kapmonitor.mqtt.discovery import CONFIGS, Discovery
from kapmonitor.mqtt.errors import SubscriptionRefusedError

OURS = ("service/", "device/", "session/", "alarm/")
"""What the service publishes. Pagers publish under `pager/`, and that is theirs."""

_ONLINE = documents.service_status(STATUS_ONLINE)


class Tree:
    """Keeps the site's tree true while a connection stands.

    Ghosts, documents that a former life left behind, are known once everything retained has come; MQTT does
    not say when. But a broker handles what one client sends in order, and queues what is retained while it
    handles the subscribe: so all of it lies before the SUBACK of a second subscription. (Seen with mosquitto
    2.0 and nats-server 2.15, 1000 retained topics each.)

    A last will can come late: a broker that had not noticed the end of our former connection publishes
    `offline` after we are back. Whoever is online says so again.
    """

    def __init__(
        self,
        root: str,
        publish: Callable[[Message], None],
        owns: Callable[[str], bool],
        discovery: Discovery | None = None,
    ) -> None:
        """`root`: the site's tree; `owns`: whether we keep a topic retained; `discovery`: some elsewhere."""
        self._root = root
        self._publish = publish
        self._owns = owns
        self._discovery = discovery
        self.problem: str | None = None

    async def keep(self, connection: Connection) -> None:
        """Empty the ghosts, then watch the status, until the connection is lost (`BrokerError`)."""
        async with aclosing(connection.messages()) as messages:
            await self._collect(connection)
            kept = [await anext(messages) for _ in range(connection.waiting)]
            for message in kept:
                self._empty_ghost(message)
            async for message in messages:
                self._answer_will(message)

    async def _collect(self, connection: Connection) -> None:
        everything = f"{self._root}/#"
        self.problem = None
        try:
            if self._discovery is not None:
                await connection.subscribe(CONFIGS, qos=0)
            await connection.subscribe(everything, qos=0)
            await connection.subscribe(f"{self._root}/{_ONLINE.topic}", qos=0)
            await connection.unsubscribe(everything)
            if self._discovery is not None:
                await connection.unsubscribe(CONFIGS)
        except SubscriptionRefusedError as refused:
            self.problem = (
                f"MQTT broker {connection.server} does not let us read {refused.reason}. Documents that "
                f"a crash left behind stay there; {refused.advice}."
            )

    def _empty_ghost(self, message: Incoming) -> None:
        topic = message.topic.removeprefix(f"{self._root}/")
        ours = topic.startswith(OURS) or (self._discovery is not None and self._discovery.owns(topic))
        if message.retain and message.payload and ours and not self._owns(topic):
            self._publish(Message(topic, None, KEPT))
        self._answer_will(message)

    def _answer_will(self, message: Incoming) -> None:
        if message.topic == f"{self._root}/{_ONLINE.topic}" and message.payload != STATUS_ONLINE.encode():
            self._publish(_ONLINE)

"""One connection to a broker: the only module that knows aiomqtt (2.5) and paho underneath it.

aiomqtt is used in the one way that was measured to be safe: a new client object for every attempt (a reused
one says "connected" to a server that never answered, and delivers what had failed before), a socket of our
own (so that no thread hangs in a connect and TCP_NODELAY is set before the first byte), short timeouts, every
SUBACK looked at, and an error means "perhaps sent", never "not sent".
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import socket
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from aiomqtt.types import PahoSocket
from paho.mqtt.client import Client as Paho
from paho.mqtt.reasoncodes import ReasonCode

from kapmonitor.mqtt.errors import BrokerError, SubscriptionRefusedError, too_late
from kapmonitor.mqtt.server import Server
from kapmonitor.mqtt.sockets import open_socket

ANSWER_S = 3.0
"""How long a broker may take to answer a connect, a publish or a subscribe."""
KEEPALIVE_S = 5
"""A broker publishes our last will after 1.5 times this; we notice a dead one within twice this."""
_GOODBYE_S = 0.5
_REFUSED = 0x80  # SUBACK return codes from here on are failures (MQTT 3.1.1 §3.9.3)
_LOGIN_CODES = ("Bad user name or password", "Not authorized")  # paho's names for CONNACK 4 and 5

# Everything worth saying is said by `Link`, once; paho would say it again on every attempt.
_paho_log = logging.getLogger("kapmonitor.mqtt.paho")
_paho_log.setLevel(logging.CRITICAL)


class Will(NamedTuple):
    """What the broker publishes for us, retained and at QoS 1, when we vanish."""

    topic: str
    payload: bytes


class Incoming(NamedTuple):
    """A message that came in; `retain` is true only where the broker had kept it from earlier."""

    topic: str
    payload: bytes
    retain: bool


class Connection:
    """An open connection. Any method raises `BrokerError` when it is lost or the broker does not answer."""

    def __init__(self, client: aiomqtt.Client, server: Server) -> None:
        """`client` is connected to `server`."""
        self._client = client
        self.server = server

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        """Send one message. QoS 0 returns when the bytes are with the system, QoS 1 at the PUBACK.

        A PUBACK proves that the broker has it, not that anybody got it: in 3.1.1 a broker also
        acknowledges what its ACL then throws away.
        """
        async with _answer():
            await self._client.publish(topic, payload, qos=qos, retain=retain)

    async def subscribe(self, pattern: str, *, qos: int) -> None:
        """Have what is published under `pattern` come to `messages`.

        Raises:
            SubscriptionRefusedError: the broker's ACL does not allow it.
        """
        async with _answer():
            codes = await self._client.subscribe(pattern, qos=qos)
        if any(_number(code) >= _REFUSED for code in codes):
            raise SubscriptionRefusedError(
                "refuses a subscription", pattern, "check the rights of our user in the broker's ACL"
            )

    async def unsubscribe(self, pattern: str) -> None:
        """No longer have what is published under `pattern`."""
        async with _answer():
            await self._client.unsubscribe(pattern)

    async def messages(self) -> AsyncGenerator[Incoming]:
        """What comes in; ends only with the `BrokerError` that the connection ends with."""
        with _broker_errors():
            async for message in self._client.messages:
                yield Incoming(message.topic.value, message.payload, message.retain)

    @property
    def waiting(self) -> int:
        """How many messages have come in and were not taken yet."""
        return len(self._client.messages)

    async def lost(self) -> None:
        """Throw away what comes in until the connection is lost (`BrokerError`)."""
        async for _ in self.messages():
            pass


@asynccontextmanager
async def connect(
    server: Server, client_id: str, will: Will | None = None, *, keep: bool = False
) -> AsyncGenerator[Connection]:
    """A connection to `server`, closed in an orderly way on exit or cancellation: then no will is published.

    Left by an exception it just goes, and the broker publishes the will: who knows when we shall be back.
    `keep`: the broker keeps subscriptions of `client_id`, and what it missed at QoS 1, until it is back.
    Leaving takes at most a second, whatever the broker does, and leaves neither task nor socket.

    Raises:
        BrokerError: no broker there, it does not answer in time, or it refuses us.
    """
    client = _Client(server, await open_socket(server, ANSWER_S), client_id, will, keep=keep)
    orderly = True
    try:
        async with _answer():
            await client.open()
        yield Connection(client, server)
    except Exception:
        orderly = False
        raise
    finally:
        await client.close(orderly=orderly)


class _Client(aiomqtt.Client):
    """aiomqtt's client on a socket that is connected already, and that lets go of everything.

    aiomqtt connects in a thread, which cannot be cancelled; it forgets its socket and its task when the
    CONNACK does not come; and it asks for writing one turn of the loop late, when the file descriptor may
    already belong to another connection, which then hangs. All three can only be mended from inside, hence
    the protected names; the dependency is held below 3, and tests/mqtt/test_client.py sees if they change.
    """

    def __init__(
        self, server: Server, sock: socket.socket, client_id: str, will: Will | None, *, keep: bool
    ) -> None:
        super().__init__(
            server.host,
            server.port,
            username=server.user,
            password=server.password,
            logger=_paho_log,
            identifier=client_id,
            will=None if will is None else aiomqtt.Will(will.topic, will.payload, qos=1, retain=True),
            clean_session=not keep,
            timeout=math.inf,  # its own limit is asyncio.wait_for's, which loses cancellations before 3.12
            keepalive=KEEPALIVE_S,
        )
        self.pending_calls_threshold = 100
        self._ready_socket = sock
        self._thread = threading.get_ident()
        # TLS, if any, is done: paho only has to speak MQTT on what it gets.
        setattr(self._client, "_create_socket_connection", lambda: sock)  # noqa: B010 - it is a method there

    async def open(self) -> None:
        """Connect; once begun it is always seen to its end, since half of it happens in a thread."""
        entering = asyncio.create_task(self.__aenter__())
        try:
            await asyncio.shield(entering)
        except asyncio.CancelledError:
            if not self._connected.done():  # what it waits for after the thread
                self._connected.set_exception(aiomqtt.MqttError("given up"))
                self._connected.exception()  # seen, should nobody wait any more
            await asyncio.gather(entering, return_exceptions=True)
            raise

    def _on_socket_register_write(
        self,
        client: Paho,  # noqa: ARG002 - paho's callback
        userdata: object,  # noqa: ARG002 - paho's callback
        sock: PahoSocket,
    ) -> None:
        if threading.get_ident() == self._thread:
            self._loop.add_writer(sock.fileno(), self._write)
        else:  # the CONNECT, from the thread that connects
            self._loop.call_soon_threadsafe(self._loop.add_writer, sock.fileno(), self._write)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as error:  # noqa: BLE001 - as aiomqtt does; whatever it was, the connection is over
            if not self._disconnected.done():
                self._disconnected.set_exception(error)

    async def close(self, *, orderly: bool) -> None:
        """Say goodbye if all is well, then let go of socket and task whatever happened."""
        if orderly and self._connected.done() and self._connected.exception() is None:
            with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await self.__aexit__(None, None, None)
        with contextlib.suppress(OSError):
            self._ready_socket.shutdown(socket.SHUT_RDWR)  # paho reads the end and closes
        if self._misc_task is not None:
            await asyncio.wait([self._misc_task], timeout=_GOODBYE_S)
        self._ready_socket.close()
        if self._disconnected.done():
            self._disconnected.exception()  # seen; asyncio would complain of it later


@asynccontextmanager
async def _answer() -> AsyncGenerator[None]:
    """Give the broker `ANSWER_S` for what is awaited inside."""
    with _broker_errors():
        async with asyncio.timeout(ANSWER_S):
            yield


@contextlib.contextmanager
def _broker_errors() -> Generator[None]:
    try:
        yield
    except MqttConnectError as error:
        raise _refusal(error) from error
    except aiomqtt.MqttError as error:
        raise BrokerError("does not answer", "the connection was lost") from error
    except TimeoutError as error:
        raise too_late(ANSWER_S) from error


def _refusal(error: MqttConnectError) -> BrokerError:
    reason = str(error.rc)
    if reason in _LOGIN_CODES:
        return BrokerError("refuses the log-in", reason.lower(), "check user and password in [mqtt] servers")
    return BrokerError("refuses the connection", reason.lower(), "look into the broker's log")


def _number(code: int | ReasonCode) -> int:
    return code if isinstance(code, int) else code.value

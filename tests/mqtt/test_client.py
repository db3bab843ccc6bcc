"""One connection: it says why it fails, notices a dead broker, and lets go of everything when left."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from kapmonitor.mqtt.client import Incoming, Will, connect
from kapmonitor.mqtt.errors import BrokerError, SubscriptionRefusedError
from kapmonitor.mqtt.server import Server, parse_servers
from kapmonitor.mqtt.sockets import open_socket
from tests.brokers import Broker, free_port
from tests.mqtt.holes import black_hole, rude_host
from tests.mqtt.listener import listen


def server_of(broker: Broker) -> Server:
    return parse_servers([broker.service_url])[0]


async def failure(server: Server) -> str:
    with pytest.raises(BrokerError) as caught:
        async with connect(server, "test"):
            pass
    return str(caught.value)


async def test_what_is_published_comes_back_to_a_subscriber(broker: Broker) -> None:
    async with connect(server_of(broker), "test") as connection:
        await connection.subscribe("kap/v1/x/#", qos=1)
        await connection.publish("kap/v1/x/alarm/a", b"1", qos=1, retain=True)
        async for message in connection.messages():
            assert message == Incoming("kap/v1/x/alarm/a", b"1", retain=False)
            break


async def test_nothing_at_the_port_is_a_refused_connection() -> None:
    assert "connection refused" in await failure(Server("127.0.0.1", free_port()))


async def test_a_port_that_never_answers_is_given_up() -> None:
    with black_hole() as port:
        assert "nothing within 3 s" in await failure(Server("127.0.0.1", port))


async def test_a_host_that_speaks_something_else_is_given_up() -> None:
    async with rude_host() as port:
        assert await failure(Server("127.0.0.1", port))


async def test_an_unknown_host_is_named_as_such() -> None:
    assert "does not answer" in await failure(Server("no-such-host.invalid", 1883))


async def test_a_wrong_password_is_named_as_such_and_not_shown(
    nats: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        said = await failure(Server("127.0.0.1", nats.port, "service", "topsecret"))
    assert "refuses the log-in" in said
    assert "topsecret" not in said + caplog.text


async def test_leaving_while_it_waits_for_an_answer_leaves_nothing_behind() -> None:
    with black_hole() as port:
        connecting = asyncio.create_task(failure(Server("127.0.0.1", port)))
        await asyncio.sleep(0.2)  # well before the answer is given up
        connecting.cancel()
        await asyncio.wait([connecting])
        assert connecting.cancelled()


async def test_leaving_before_it_has_begun_leaves_nothing_behind(mosquitto: Broker) -> None:
    for steps in range(12):
        connecting = asyncio.create_task(failure(server_of(mosquitto)))
        for _ in range(steps):
            await asyncio.sleep(0)
        connecting.cancel()
        await asyncio.wait([connecting])


async def test_a_killed_broker_ends_the_messages_and_refuses_publications(broker: Broker) -> None:
    async with connect(server_of(broker), "test") as connection:
        await broker.kill()
        with pytest.raises(BrokerError):
            async for _ in connection.messages():
                pass
        with pytest.raises(BrokerError):
            await connection.publish("kap/v1/x/alarm/a", b"1", qos=1, retain=False)


async def test_a_frozen_broker_is_an_error_and_not_a_hang(mosquitto: Broker) -> None:
    async with connect(server_of(mosquitto), "test") as connection:
        mosquitto.freeze()
        with pytest.raises(BrokerError, match="nothing within 3 s"):
            await connection.publish("kap/v1/x/alarm/a", b"1", qos=1, retain=False)


async def test_a_refused_subscription_is_an_error(nats: Broker) -> None:
    (reader,) = parse_servers([nats.reader_url])
    async with connect(reader, "test") as connection:
        with pytest.raises(SubscriptionRefusedError, match="ACL"):
            await connection.subscribe("other/#", qos=0)


async def test_a_last_will_speaks_after_an_error_and_not_after_an_orderly_end(broker: Broker) -> None:
    server = server_of(broker)
    async with listen(broker.reader_url) as live:
        async with connect(server, "test", Will("kap/v1/x/service/status", b"after an end")):
            pass
        with pytest.raises(ZeroDivisionError):
            async with connect(server, "test", Will("kap/v1/x/service/status", b"after an error")):
                raise ZeroDivisionError
        await live.until(lambda it: bool(it.heard))
        assert live.payloads("service/status") == [b"after an error"]


async def test_nothing_waits_to_fill_a_packet(mosquitto: Broker) -> None:
    sock = await open_socket(server_of(mosquitto), 3.0)
    with sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

"""What staff are told while something is wrong with MQTT; it goes on trying, and ends when told to."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from kapmonitor.mqtt.publisher import Publisher
from tests.brokers import Broker, Mosquitto, free_port
from tests.mqtt.holes import black_hole, rude_host
from tests.mqtt.listener import listen
from tests.mqtt.samples import alarm, payload
from tests.mqtt.waiting import eventually, running


def publisher_at(*ports: int, login: str = "") -> Publisher:
    servers = [f"mqtt://{login}127.0.0.1:{port}" for port in ports]
    return Publisher(servers, "north-clinic", origin="simulated")


async def test_a_broker_that_does_not_run_is_named_until_it_does(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    publisher = publisher_at(broker.port)
    publisher.publish(alarm())
    try:
        async with running(publisher):
            await eventually(publisher.problems)
            (said,) = publisher.problems()
            assert re.fullmatch(
                rf"MQTT broker 127\.0\.0\.1:{broker.port} does not answer since \d\d:\d\d "
                r"\(connection refused\)\. Pages cannot go out; check that the broker runs\.",
                said,
            )
            assert not publisher.connected
            await broker.start()
            await eventually(lambda: publisher.connected)
            assert publisher.problems() == []
            async with listen(broker.reader_url) as late:
                await late.last("alarm/spo2-low-1", payload(alarm()))
    finally:
        await broker.kill()


async def test_a_broker_that_never_answers_is_named() -> None:
    with black_hole() as port:
        publisher = publisher_at(port)
        async with running(publisher):
            await eventually(publisher.problems)
            assert "does not answer" in publisher.problems()[0]
            assert "(nothing within 3 s)" in publisher.problems()[0]


async def test_something_else_at_the_port_is_named_and_does_not_end_the_loop() -> None:
    async with rude_host() as port:
        publisher = publisher_at(port)
        async with running(publisher):
            await eventually(publisher.problems)
            assert f"127.0.0.1:{port}" in publisher.problems()[0]


async def test_a_wrong_password_is_named_without_showing_it(
    nats: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = publisher_at(nats.port, login="service:topsecret@")
    with caplog.at_level(logging.DEBUG):
        async with running(publisher):
            await eventually(publisher.problems)
    (said,) = publisher.problems()
    assert "refuses the log-in" in said
    assert "check user and password" in said
    assert "topsecret" not in said + caplog.text


async def test_every_broker_of_the_list_is_named() -> None:
    ports = free_port(), free_port()
    publisher = publisher_at(*ports)
    async with running(publisher):
        await eventually(lambda: len(publisher.problems()) == 2)
    assert all(str(port) in said for port, said in zip(ports, publisher.problems(), strict=True))


async def test_the_log_says_once_that_it_is_gone_and_once_that_it_is_back(
    mosquitto: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = publisher_at(mosquitto.port)
    async with running(publisher):
        await eventually(lambda: publisher.connected)
        await mosquitto.kill()
        await eventually(lambda: "connection refused" in " ".join(publisher.problems()))
        await mosquitto.start()
        await eventually(lambda: publisher.connected)
    pages = [record.message for record in caplog.records if "Pages" in record.message]
    assert len(pages) <= 2  # the connection was lost; connection refused
    assert [each for each in caplog.messages if "answers again" in each]


async def test_it_ends_while_the_broker_is_frozen(broker: Broker) -> None:
    publisher = Publisher([broker.service_url], "north-clinic", origin="simulated")
    async with running(publisher):
        await eventually(lambda: publisher.connected)
        broker.freeze()
        publisher.publish(alarm())


async def test_it_ends_while_the_broker_is_gone(broker: Broker) -> None:
    publisher = Publisher([broker.service_url], "north-clinic", origin="simulated")
    async with running(publisher):
        await eventually(lambda: publisher.connected)
        await broker.kill()
        publisher.publish(alarm())


async def test_it_ends_while_it_waits_for_an_answer() -> None:
    with black_hole() as port:
        async with running(publisher_at(port)) as publisher:
            publisher.publish(alarm())

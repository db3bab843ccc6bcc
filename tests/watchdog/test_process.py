"""The watchdog on real brokers: the service is killed, frozen and comes back; the broker goes and comes."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kapmonitor.mqtt.client import connect
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.mqtt.server import parse_servers
from kapmonitor.watchdog import Watchdog, watch
from tests.brokers import Broker
from tests.mqtt.listener import Listener, listen
from tests.mqtt.samples import alarm
from tests.mqtt.waiting import eventually, running

ROOT = "kap/v1/north-clinic"
OWN = "alarm/north-clinic-not-monitoring"
SERVICE = """
import asyncio, sys
from kapmonitor.mqtt.publisher import Publisher
asyncio.run(Publisher([sys.argv[1]], "north-clinic", origin="simulated").run())
"""


@asynccontextmanager
async def service(broker: Broker) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVICE, broker.service_url)
    try:
        yield process
    finally:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGCONT)
            process.kill()
        await process.wait()


@asynccontextmanager
async def watching(*brokers: Broker) -> AsyncIterator[None]:
    watchdog = Watchdog([each.service_url for each in brokers], "north-clinic")
    task = asyncio.create_task(watchdog.run(lambda: None))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


def states(heard: Listener, topic: str = OWN) -> list[str]:
    """The states that were published; `emptied` for an emptied topic."""
    return [json.loads(each)["state"] if each else "emptied" for each in heard.payloads(topic)]


def events(heard: Listener) -> list[str]:
    return [json.loads(each)["event"] for each in heard.payloads(f"{OWN}/event")]


async def beats(heard: Listener, number: int) -> None:
    """Wait for so many further heartbeats."""
    before = len(heard.payloads("service/heartbeat"))
    await heard.until(lambda it: len(it.payloads("service/heartbeat")) >= before + number)


async def kept(broker: Broker) -> dict[str, Any]:
    """The watchdog's alarm, as somebody finds it who comes late."""
    async with listen(broker.reader_url, f"{ROOT}/{OWN}") as late:
        await late.until(lambda it: any(each.retain for each in it.heard))
        found: dict[str, Any] = json.loads(late.payloads(OWN)[0])
        return found


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no service ever ran nobody has to wait long to see that."""
    monkeypatch.setattr(watch, "GRACE_S", 0.5)
    monkeypatch.setattr(watch, "SILENT_S", 0.5)


async def test_a_killed_service_is_an_alarm_until_it_is_back(broker: Broker) -> None:
    async with listen(broker.reader_url) as heard, watching(broker):
        async with service(broker) as first:
            await beats(heard, 2)
            first.kill()
            await heard.until(lambda it: events(it) == ["start"])
        found = await kept(broker)
        assert (found["name"], found["priority"], found["state"]) == ("not-monitoring", "high", "active")
        assert (found["session"], found["room"], found["kind"]) == ("", "", "technical")
        async with service(broker):
            await heard.until(lambda it: events(it) == ["start", "end"])
            await heard.until(lambda it: states(it)[-1] == "inactive")
        assert events(heard) == ["start", "end"]


async def test_a_frozen_service_is_an_alarm_until_it_goes_on(mosquitto: Broker) -> None:
    async with listen(mosquitto.reader_url) as heard, watching(mosquitto), service(mosquitto) as frozen:
        await beats(heard, 2)
        frozen.send_signal(signal.SIGSTOP)
        await heard.until(lambda it: events(it) == ["start"])
        frozen.send_signal(signal.SIGCONT)
        await heard.until(lambda it: events(it) == ["start", "end"])


@pytest.mark.usefixtures("at_once")
async def test_rooms_with_a_session_are_named(mosquitto: Broker) -> None:
    (server,) = parse_servers([mosquitto.service_url])
    meta = {
        "schema": 1,
        "origin": "live",
        "drill": True,
        "room": "room-7",
        "seat": "a",
        "phase": "peak",
        "started": "",
    }
    async with connect(server, "former") as former:
        await former.publish(f"{ROOT}/session/s-1/meta", json.dumps(meta).encode(), qos=1, retain=True)
    async with listen(mosquitto.reader_url) as heard, watching(mosquitto):
        await heard.until(lambda it: events(it) == ["start"])
    found = await kept(mosquitto)
    assert found["text"].endswith("Rooms: room-7")
    assert found["drill"] is True


async def test_a_broker_that_is_gone_is_said_and_is_no_alarm(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = Publisher([broker.service_url], "north-clinic", origin="simulated")
    with caplog.at_level(logging.WARNING):
        async with running(publisher), watching(broker):
            async with listen(broker.reader_url) as before:
                await beats(before, 1)
            await broker.kill()
            await eventually(lambda: "Nobody can see from here whether kapmonitor runs" in caplog.text)
            await broker.start()
            async with listen(broker.reader_url) as heard:
                await beats(heard, 4)
                assert events(heard) == []


@pytest.mark.usefixtures("at_once")
async def test_an_alarm_that_stands_is_published_again_to_a_broker_that_forgot_it(mosquitto: Broker) -> None:
    async with watching(mosquitto):
        async with listen(mosquitto.reader_url) as before:
            await before.until(lambda it: events(it) == ["start"])
        await mosquitto.kill()
        await mosquitto.start()
        async with listen(mosquitto.reader_url) as heard:
            await heard.until(lambda it: states(it)[-1:] == ["active"])
            assert events(heard) == []


async def test_what_the_service_empties_at_its_start_is_not_published_again(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service owns the tree: it empties what it does not know, and the watchdog then ends its alarm."""
    monkeypatch.setattr(watch, "GRACE_S", 0.5)
    async with listen(mosquitto.reader_url) as heard, watching(mosquitto):
        await heard.until(lambda it: events(it) == ["start"])
        publisher = Publisher([mosquitto.service_url], "north-clinic", origin="simulated")
        publisher.publish(alarm(alarm_id="spo2-low-1"))
        async with running(publisher):
            await heard.until(lambda it: events(it) == ["start", "end"])
            await heard.until(lambda it: it.payloads(OWN) != [] and states(it)[-1] == "inactive")
        assert states(heard)[0] == "active"
        assert "active" not in states(heard)[states(heard).index("emptied") :]
        assert states(heard, "alarm/spo2-low-1") == ["active"]

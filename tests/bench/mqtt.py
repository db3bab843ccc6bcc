"""Alarm event to subscriber, through a real broker while the vitals of many sessions flow.

The floor, in the same seconds and on the same broker: plain paho from one process to another. The subscriber
reads everything, as a dashboard at another place would.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from kapmonitor.config import load_rules
from kapmonitor.documents import AlarmEvent
from kapmonitor.mqtt.publisher import Publisher
from tests.bench.children import Child, child
from tests.bench.options import Options
from tests.bench.plain_mqtt import FLOOR, Heard
from tests.bench.report import Report
from tests.bench.sessions import Room, moment
from tests.bench.ward import Ward, latencies_ms, until
from tests.brokers import Broker, Mosquitto, Nats
from tests.mqtt.samples import alarm, event

BUDGET_MS = (3.0, 50.0)
_EVERY_S = 0.05
"""Between one alarm event and the next, on average; a floor message goes half-way."""
_OXIMETERS, _CHANGE_EVERY = 12, 30


def mqtt(options: Options, report: Report) -> None:
    """Both brokers, then the whole way of a byte through the first."""
    sessions, seconds = (10, 2.0) if options.quick else (100, 20.0)
    for name, make in (("mosquitto", _Mosquitto), ("nats", Nats)):
        asyncio.run(_alarms(name, make, sessions, seconds, report))
    asyncio.run(_whole_way(seconds / 2, report))


class _Mosquitto(Mosquitto):
    """With the one line of `broker-config`'s configuration that latency depends on.

    Without it mosquitto waits, as Nagle has it, until a subscriber has confirmed the vitals before an alarm,
    which the subscriber puts off for 40 ms.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        with self.file.open("a") as file:
            file.write("set_tcp_nodelay true\n")


@asynccontextmanager
async def _running(make: type[Mosquitto | Nats], report: Report) -> AsyncIterator[Broker | None]:
    """A broker of its own; None, with a note, where its program is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            broker: Broker = make(Path(folder))
        except pytest.skip.Exception as missing:
            report.note(f"not measured: {missing}")
            yield None
            return
        try:
            await broker.start()
            yield broker
        finally:
            await broker.kill()


@asynccontextmanager
async def _publishing(broker: Broker) -> AsyncIterator[Publisher]:
    publisher = Publisher([broker.service_url], "bench", origin="simulated")
    task = asyncio.create_task(publisher.run())
    try:
        await until(lambda: publisher.connected)
        yield publisher
        await until(lambda: publisher.statistics.waiting == 0)
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _alarms(
    broker_name: str, make: type[Mosquitto | Nats], sessions: int, seconds: float, report: Report
) -> None:
    name = f"{broker_name}, {sessions} sessions"
    async with (
        _running(make, report) as broker,
        asyncio.TaskGroup() as tasks,
    ):
        if broker is None:
            return
        async with (
            child("plain_mqtt", "read", broker.reader_url) as reader,
            child("plain_mqtt", "write", broker.service_url) as writer,
        ):
            await reader.hear(bool)
            await writer.hear(bool)
            async with _publishing(broker) as publisher:
                vitals = tasks.create_task(_vitals(publisher, sessions))
                put, floor = await _alarm(publisher, writer, seconds)
                vitals.cancel()
            heard = await _heard(reader)
    ours = [each for each in heard if each.topic != FLOOR]
    _add(f"{name}: alarm", put, ours, report, BUDGET_MS if make is _Mosquitto else None)
    _add(f"{name}: plain paho", floor, [each for each in heard if each.topic == FLOOR], report)


async def _vitals(publisher: Publisher, sessions: int) -> None:
    """Quiet sessions, as the service treats them: readings when they come, then a tick for all at once."""
    rules = load_rules()
    rooms = [Room(number, rules) for number in range(sessions)]
    second = 0
    while True:
        second += 1
        for room in rooms:
            for message in room.take(second, moment(float(second))):
                publisher.publish(message)
            await asyncio.sleep(1 / sessions)
        for room in rooms:
            for message in room.tick(moment(float(second))):
                publisher.publish(message)


async def _alarm(publisher: Publisher, writer: Child, seconds: float) -> tuple[list[float], list[float]]:
    """Publish alarms through `publisher` and floor messages through `writer` in turn; when each went out."""
    dice = random.Random(1)
    put, floor = [], []
    for number in range(round(seconds / _EVERY_S)):
        await asyncio.sleep(dice.uniform(0, _EVERY_S))
        put.append(time.monotonic())
        publisher.publish(alarm(number))
        publisher.publish(event(number))
        await asyncio.sleep(dice.uniform(0, _EVERY_S))
        writer.say(msgspec.json.encode({"seq": number}).decode())
        floor.append(await writer.hear(float))
    return put, floor


async def _heard(reader: Child) -> list[Heard]:
    await asyncio.sleep(0.5)  # the last ones are on their way
    reader.end()
    return await reader.hear(list[Heard])


class _Numbered(msgspec.Struct):
    seq: int


def _add(
    name: str,
    put: list[float],
    heard: list[Heard],
    report: Report,
    promised: tuple[float, float] | None = None,
) -> None:
    came = {msgspec.json.decode(each.payload, type=_Numbered).seq: each.at for each in reversed(heard)}
    report.add_lost(f"{name} messages", len(put), len(came))
    latencies = [1000 * (came[number] - at) for number, at in enumerate(put) if number in came]
    report.add_percentiles(f"{name} to subscriber", latencies, "ms", promised)


async def _whole_way(seconds: float, report: Report) -> None:
    """Byte to subscriber: terminal, driver, monitor, alarm, outbox, mosquitto."""
    async with _running(_Mosquitto, report) as broker:
        if broker is None:
            return
        async with (
            child("feeder", _OXIMETERS, _CHANGE_EVERY) as feeder,
            child("plain_mqtt", "read", broker.reader_url) as reader,
            _publishing(broker) as publisher,
        ):
            await reader.hear(bool)
            ward = Ward(await feeder.hear(list[str]), publisher.publish)
            async with ward.running():
                await ward.recognised(feeder)
                began = time.monotonic()
                fed = await ward.fed_by(feeder, seconds)
            heard = await _heard(reader)
    alarms: dict[str, list[float]] = defaultdict(list)
    for each in heard:
        document = msgspec.json.decode(each.payload, type=AlarmEvent)
        if document.name == "spo2-low" and each.at > began:
            alarms[document.room].append(each.at)
    name = f"mosquitto, {_OXIMETERS} oximeters"
    report.add_lost(f"{name}: alarm events", len(fed.changes), sum(map(len, alarms.values())))
    report.add_percentiles(f"{name}: byte to subscriber", latencies_ms(fed, alarms), "ms")

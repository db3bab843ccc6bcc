"""A broker that is killed again and again while alarms flow: every event arrives, each in its turn."""

from __future__ import annotations

import asyncio
import random
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from kapmonitor.documents import AlarmEvent
from kapmonitor.mqtt.publisher import Publisher
from tests.brokers import Mosquitto, Nats, find
from tests.mqtt.samples import alarm, event
from tests.mqtt.waiting import running
from tests.soak.budget import rounds, soak_s

SHORT_KILLS, MOST_KILLS = 3, 1_000_000
BETWEEN_ALARMS_S = 0.02
ARRIVES_WITHIN_S = 60.0


class Keeping(Mosquitto):
    """Mosquitto as a clinic should have it: what it confirmed is on the disk.

    `user root` counts only where the tests run as root: it could not write into their folder as anybody else.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        with self.file.open("a") as file:
            file.write(
                "user root\npersistence true\nautosave_on_changes true\nautosave_interval 1\n"
                f"persistence_location {directory}/\n"
            )


class Pager:
    """A real `mosquitto_sub` whose session the broker keeps; it comes back by itself."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.numbers: list[int] = []
        self._process = process
        self._came = asyncio.Event()

    async def listen(self) -> None:
        """Take in events for ever."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.numbers.append(msgspec.json.decode(line, type=AlarmEvent).seq)
            self._came.set()

    async def has(self, number: int) -> None:
        """Wait until event `number` has come."""
        async with asyncio.timeout(ARRIVES_WITHIN_S):
            while number not in self.numbers[-1000:]:
                self._came.clear()
                await self._came.wait()


@asynccontextmanager
async def pager(url: str) -> AsyncIterator[Pager]:
    arguments = ["-L", f"{url}/kap/v1/+/alarm/+/event", "-i", "pager-1", "-c", "-q", "1", "-F", "%p"]
    process = await asyncio.create_subprocess_exec(find("mosquitto_sub"), *arguments, stdout=PIPE)
    there = Pager(process)
    listening = asyncio.create_task(there.listen())
    try:
        yield there
    finally:
        process.kill()
        await process.wait()
        await listening


@pytest.mark.timeout(240)
@pytest.mark.parametrize("make", [Keeping, Nats])
async def test_three_kills(make: type[Keeping | Nats], tmp_path: Path) -> None:
    await killed(make, tmp_path, 3600.0, SHORT_KILLS)


@pytest.mark.soak
@pytest.mark.parametrize("make", [Keeping, Nats])
async def test_kills_for_minutes(make: type[Keeping | Nats], tmp_path: Path) -> None:
    await killed(make, tmp_path, soak_s(1 / 6), MOST_KILLS)


async def killed(make: type[Keeping | Nats], folder: Path, seconds: float, most: int) -> None:
    """Kill the broker, start it, wait for an event published since, again and again."""
    broker, dice = make(folder), random.Random(1)
    await broker.start()
    try:
        publisher = Publisher([broker.service_url], "north-clinic", origin="simulated")
        async with running(publisher), pager(broker.reader_url) as there:
            source = Source(publisher)
            await source.first_heard_by(there)
            flowing = asyncio.create_task(source.flow())
            for _ in rounds(seconds, most):
                await asyncio.sleep(dice.uniform(0, 1))
                await broker.kill()
                await asyncio.sleep(dice.uniform(0, 0.5))
                await broker.start()
                await there.has(source.number + 1)
            flowing.cancel()
            await there.has(source.number)
            # A broker may say a thing twice (QoS 1), never in another order the first time.
            assert list(dict.fromkeys(there.numbers)) == list(range(1, source.number + 1))
            assert publisher.statistics.dropped == 0
    finally:
        await broker.kill()


class Source:
    """An alarm that changes all the time; `number` is that of its newest event."""

    def __init__(self, publisher: Publisher) -> None:
        self.number = 0
        self._publisher = publisher

    async def first_heard_by(self, there: Pager) -> None:
        """Wait until `there` is subscribed, which mosquitto_sub does not say: until it has heard event 1."""
        self.number = 1
        while not there.numbers:
            self._publisher.publish(event(1))
            await asyncio.sleep(0.1)

    async def flow(self) -> None:
        """Publish for ever."""
        while True:
            await asyncio.sleep(BETWEEN_ALARMS_S)
            self.number += 1
            self._publisher.publish(alarm(self.number))
            self._publisher.publish(event(self.number))

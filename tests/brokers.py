"""Real brokers for tests, on free loopback ports: they can be killed and started again.

Use with `from tests.brokers import broker, mosquitto, nats` in a `conftest.py`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
from abc import ABC, abstractmethod
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from kapmonitor.mqtt import embedded
from kapmonitor.mqtt.client import connect
from kapmonitor.mqtt.errors import BrokerError
from kapmonitor.mqtt.server import parse_servers


def find(program: str) -> str:
    """Where `program` is installed; skips the test where it is not, but fails under CI."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{program} is not installed, and CI may not skip")
    pytest.skip(f"{program} is not installed")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return cast("int", free.getsockname()[1])


class Broker(ABC):
    """A broker that keeps its port over a `kill` and the next `start`."""

    port: int
    service_url: str
    reader_url: str
    process: Process | None = None

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def forget(self) -> None:
        """Lose what was kept on disk."""

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = await asyncio.create_subprocess_exec(*self.command(), stdout=DEVNULL, stderr=DEVNULL)
        (server,) = parse_servers([self.service_url])
        while True:
            assert self.process.returncode is None, "the broker does not start"
            try:
                async with connect(server, "test-start"):
                    return
            except BrokerError:
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def freeze(self) -> None:
        """Leave it there, connections open, but answering nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


class Mosquitto(Broker):
    """Debian's mosquitto without persistence: everything retained is lost with it."""

    def __init__(self, directory: Path) -> None:
        self.program = find("mosquitto")
        self.port = free_port()
        self.service_url = self.reader_url = f"mqtt://127.0.0.1:{self.port}"
        self.file = directory / "mosquitto.conf"
        self.file.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")

    def command(self) -> list[str]:
        return [self.program, "-c", str(self.file)]

    def forget(self) -> None:
        """It keeps nothing."""


class Nats(Broker):
    """The embedded broker's program and configuration, without the guard that would start it again."""

    def __init__(self, directory: Path) -> None:
        self.program = embedded.find_program()
        self.directory = directory / "nats"
        made = embedded.configure(self.directory, "127.0.0.1")
        self.port, self.service_url, self.reader_url = made.port, made.service_url, made.reader_url

    def command(self) -> list[str]:
        return [str(self.program), "-c", str(embedded.configuration_file(self.directory))]

    def forget(self) -> None:
        shutil.rmtree(self.directory / "jetstream", ignore_errors=True)


async def _running(broker: Broker) -> AsyncIterator[Broker]:
    try:
        await broker.start()
        yield broker
    finally:
        await broker.kill()


@pytest.fixture
async def mosquitto(tmp_path: Path) -> AsyncIterator[Broker]:
    async for each in _running(Mosquitto(tmp_path)):
        yield each


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[Broker]:
    async for each in _running(Nats(tmp_path)):
        yield each


@pytest.fixture(params=[Mosquitto, Nats])
async def broker(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    """Each of the two, one after the other."""
    async for each in _running(request.param(tmp_path)):
        yield each

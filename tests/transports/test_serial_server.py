"""Oximeters behind a real serial server (ser2net): a bare socket and RFC 2217, cut off and back again."""

from __future__ import annotations

import asyncio
import signal
import termios
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import drivers
import simulators
from kapmonitor.clock import Clock
from kapmonitor.device import SerialSettings
from kapmonitor.model import DeviceData, DeviceReport, DeviceState, Origin, Reading, Route
from kapmonitor.supervisor import Supervisor
from kapmonitor.transports.serial import serial_connector
from simulators.physiology import Body
from simulators.wire import pty_port
from tests.brokers import find, free_port
from tests.drivers.conversation import end

SPEED = 2.0
WITHIN_S = 50.0

CONFIG = """%YAML 1.1
---
connection: &line
  accepter: {accepter},tcp,127.0.0.1,{port}
  connector: serialdev,{line},9600n81,local
  options:
    kickolduser: true
"""


@dataclass
class Server:
    """ser2net with one line, which can be killed, frozen and started again."""

    config: Path
    process: Process | None = None

    async def start(self) -> None:
        command = (find("ser2net"), "-n", "-u", "-c", str(self.config))
        self.process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)

    def send(self, what: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(what)

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@dataclass
class Heard:
    """What a supervisor told: where the device stands, and its numbers since then."""

    states: list[DeviceState] = field(default_factory=list)
    spo2: list[float] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def data(self, said: DeviceData) -> None:
        for each in said.observations:
            if isinstance(each, Reading) and each.quantity == "spo2" and each.value is not None:
                self.spo2.append(each.value)
        self.news.set()

    def report(self, said: DeviceReport) -> None:
        self.states.append(said.state)
        if said.state is not DeviceState.LIVE:
            self.spo2.clear()
        self.news.set()

    async def numbers(self) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not self.spo2:
                self.news.clear()
                await self.news.wait()

    async def gone(self, *states: DeviceState) -> None:
        async with asyncio.timeout(WITHIN_S):
            while self.states[-1] not in states:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def oximeter(name: str, scheme: str, folder: Path) -> AsyncGenerator[tuple[Server, Heard, str]]:
    """An oximeter on a line, a server that offers the line, a supervisor that reads it through the server."""
    clock = Clock(SPEED)
    body = Body(3, Route.INTRAMUSCULAR, clock.now(), dosed_at=float("inf"))
    accepter, options = {"socket": ("raw", ""), "rfc2217": ("telnet(rfc2217)", "?ign_set_control")}[scheme]
    port, heard = free_port(), Heard()
    config = folder / "ser2net.yaml"
    async with pty_port() as (line, far):
        config.write_text(CONFIG.format(accepter=accepter, port=port, line=line).replace("raw,", ""))
        server = Server(config)
        await server.start()
        connect = serial_connector(f"{scheme}://127.0.0.1:{port}{options}", SerialSettings(9600))
        driver = drivers.load(name)(clock)
        supervisor = Supervisor(
            "oximeter", driver, connect, clock, lambda: Origin.SIMULATED, heard.data, heard.report
        )
        device = asyncio.create_task(simulators.load(name)(body, clock, seed=1).run(far))
        running = asyncio.create_task(supervisor.run())
        try:
            yield server, heard, line
        finally:
            await end(running)
            await server.kill()
            await end(device)


def speed_of(line: str) -> int:
    with Path(line).open("rb", buffering=0) as terminal:
        speed: int = termios.tcgetattr(terminal)[4]
    return speed


@pytest.mark.timeout(240)
@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's
@pytest.mark.parametrize(("name", "scheme"), [("nonin-df2", "socket"), ("bci-oximeter", "rfc2217")])
async def test_numbers_come_through_and_come_back_after_every_cut(
    name: str, scheme: str, tmp_path: Path
) -> None:
    async with oximeter(name, scheme, tmp_path) as (server, heard, line):
        await heard.numbers()
        assert all(90 <= each <= 100 for each in heard.spo2)
        # A bare socket cannot set the line: the server's configuration does. RFC 2217 can.
        assert speed_of(line) == (termios.B115200 if scheme == "rfc2217" else termios.B9600)
        await server.kill()  # its power is gone
        await heard.gone(DeviceState.LOST)
        await server.start()
        await heard.numbers()
        server.send(signal.SIGSTOP)  # the network cable is out: no word of an end
        await heard.gone(DeviceState.STALE, DeviceState.LOST)
        server.send(signal.SIGCONT)
        await heard.numbers()

"""An oximeter on a real pseudo-terminal, under a real supervisor, that stops: lost pulse, or lost cable?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from drivers.contec_cms50 import ContecCms50
from kapmonitor import documents
from kapmonitor.clock import Clock
from kapmonitor.config import load_routes
from kapmonitor.device import SerialSettings
from kapmonitor.documents import Message
from kapmonitor.model import DeviceReport, DeviceState, Origin, Phase, Route
from kapmonitor.monitor import Monitor
from kapmonitor.supervisor import Supervisor
from kapmonitor.transports.serial import serial_connector
from simulators.contec_cms50 import ContecCms50 as Oximeter
from simulators.physiology import Body
from simulators.wire import pty_port
from tests.alarms.script import default_rules
from tests.sessions import opened

SPEED = 4.0
"""Times life."""


class Room:
    """One session with one oximeter; a loop drives it as the service would."""

    def __init__(self) -> None:
        self.clock = Clock(SPEED)
        now = self.clock.moment()
        session = opened(ident="s", phase=Phase.PEAK, at=now)
        self.monitor = Monitor(session, default_rules(), Origin.SIMULATED, load_routes()[session.route])
        self.rules: list[str] = []
        self.states: list[DeviceState] = []
        self.hear(self.monitor.begin(now))

    def hear(self, messages: list[Message]) -> None:
        events = [m.payload for m in messages if isinstance(m.payload, documents.AlarmEvent)]
        self.rules += [each.rule for each in events if each.event == "start"]

    def report(self, report: DeviceReport) -> None:
        self.states.append(report.state)
        self.hear(self.monitor.report(report, self.clock.moment()))

    def supervisor(self, url: str) -> Supervisor:
        return Supervisor(
            "ox-1",
            ContecCms50(self.clock),
            serial_connector(url, SerialSettings()),
            self.clock,
            lambda: Origin.SIMULATED,
            lambda data: self.hear(self.monitor.take(data, self.clock.moment())),
            self.report,
        )

    async def until_value(self) -> None:
        """Until the alarms have a pulse."""
        while self.monitor.engine.state.rates[1] is None:
            await self.clock.sleep(0.5)

    async def seconds(self, most: int, until: str = "") -> None:
        """`most` seconds, or until this rule's alarm."""
        for _ in range(most):
            await self.clock.sleep(1)
            self.hear(self.monitor.tick(self.clock.moment()))
            if until in self.rules:
                return


@asynccontextmanager
async def running(*tasks: asyncio.Task[None]) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_an_oximeter_that_falls_silent_on_an_open_port_is_a_lost_pulse() -> None:
    """The supervisor closes and opens the port again and again; no link was lost by that."""
    room = Room()
    async with pty_port() as (url, far):
        device = asyncio.create_task(
            Oximeter(Body(1, Route.INTRAMUSCULAR, room.clock.now()), room.clock).run(far)
        )
        supervisor = asyncio.create_task(room.supervisor(url).run())
        async with running(device, supervisor):
            await room.until_value()
            assert room.rules == []
            device.cancel()
            await room.seconds(20, until="pulse-lost")
    assert "pulse-lost" in room.rules
    assert DeviceState.CONNECTING in room.states[room.states.index(DeviceState.LIVE) :]
    assert DeviceState.LOST not in room.states


async def test_an_oximeter_whose_port_is_unplugged_is_no_lost_pulse(tmp_path: Path) -> None:
    room = Room()
    plug = tmp_path / "ttyUSB0"
    async with AsyncExitStack() as cable:
        url, far = await cable.enter_async_context(pty_port())
        # A name of its own: the number of a closed pseudo-terminal goes to whoever opens the next one.
        plug.symlink_to(url)
        device = asyncio.create_task(
            Oximeter(Body(1, Route.INTRAMUSCULAR, room.clock.now()), room.clock).run(far)
        )
        supervisor = asyncio.create_task(room.supervisor(str(plug)).run())
        async with running(device, supervisor):
            await room.until_value()
            device.cancel()
            with suppress(asyncio.CancelledError):
                await device
            plug.unlink()
            await cable.aclose()
            await room.seconds(40, until="spo2-unavailable")
            await room.seconds(5)
    assert "pulse-lost" not in room.rules
    assert DeviceState.LOST in room.states

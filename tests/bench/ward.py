"""A clinic on wires: pseudo-terminals, drivers, supervisors, monitors and alarms, as the service has them."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from drivers.contec_cms50 import ContecCms50
from kapmonitor.clinic import Clinic, Installed
from kapmonitor.clock import Clock
from kapmonitor.config import load_rules
from kapmonitor.device import SerialSettings
from kapmonitor.documents import AlarmEvent, Message
from kapmonitor.model import Origin, Phase, Route
from kapmonitor.people import SERVICE
from kapmonitor.ports import Publish
from kapmonitor.supervisor import Supervisor
from kapmonitor.transports.serial import serial_connector
from tests.bench.children import Child
from tests.bench.feeder import Fed

_SETTLE_S = 0.3
_ARRIVE_S = 15.0


class Ward:
    """One oximeter and an open session in each room; alarms of `spo2-low` come without a delay."""

    def __init__(self, ports: list[str], publish: Publish = lambda _: None) -> None:
        """`ports` are the oximeters'; `publish` gets what the clinic says."""
        clock = Clock()
        self._publish = publish
        rules = load_rules().with_limits({"spo2-low": {"delay_s": 0, "hold_s": 0}})
        self._drivers = [ContecCms50(clock) for _ in ports]
        installed = [
            Installed(f"oximeter-{n}", f"room-{n}", "a", "contec-cms50", driver, lambda: Origin.SIMULATED)
            for n, driver in enumerate(self._drivers)
        ]
        seats = [(each.room, each.seat) for each in installed]
        self.clinic = Clinic(seats, installed, rules, clock, self._published, lambda *_: None)
        self._supervisors = [
            Supervisor(
                each.id,
                each.driver,
                serial_connector(port, SerialSettings()),
                clock,
                each.origin,
                self.clinic.take,
                self.clinic.report,
            )
            for each, port in zip(installed, ports, strict=True)
        ]
        self.alarms: dict[str, list[float]] = defaultdict(list)
        """Per room the times (monotonic s) of its alarm events."""
        self._before = 0

    @property
    def frames(self) -> int:
        """Frames that the drivers have understood since they were `recognised`."""
        return sum(driver.frames for driver in self._drivers) - self._before

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Ward]:
        """With sessions in all rooms, driven as the service drives them."""
        for number in range(len(self._drivers)):
            session = self.clinic.start_session(
                f"room-{number}", "a", Route.INTRAMUSCULAR, drill=True, by=SERVICE
            )
            for phase in (Phase.BASELINE, Phase.ONSET):
                self.clinic.set_phase(session, phase, by=SERVICE)
        tasks = [asyncio.create_task(each.run()) for each in self._supervisors]
        tasks.append(asyncio.create_task(self._tick()))
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def recognised(self, feeder: Child) -> None:
        """Feed until every driver knows its device, then until nothing is under way."""
        while not all(driver.frames for driver in self._drivers):
            feeder.say(1.0)
            await feeder.hear(Fed)
        while self.frames:
            self._before += self.frames
            await asyncio.sleep(_SETTLE_S)
        self.alarms.clear()

    async def fed_by(self, feeder: Child, seconds: float) -> Fed:
        """What `feeder` sent in `seconds`, once all of it has gone its way."""
        feeder.say(seconds)
        fed = await feeder.hear(Fed)
        await until(lambda: self.frames >= fed.sent)
        await until(lambda: sum(map(len, self.alarms.values())) >= len(fed.changes))
        return fed

    def _published(self, message: Message) -> None:
        self._publish(message)
        if isinstance(message.payload, AlarmEvent) and message.payload.name == "spo2-low":
            self.alarms[message.payload.room].append(time.monotonic())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            await self.clinic.tick()


def latencies_ms(fed: Fed, alarms: Mapping[str, list[float]]) -> list[float]:
    """From each change that was sent to the alarm event that it caused; `alarms`: their times by room."""
    changes: dict[str, list[float]] = defaultdict(list)
    for port, at in fed.changes:
        changes[f"room-{port}"].append(at)
    return [
        1000 * (alarmed - changed)
        for room, times in changes.items()
        for changed, alarmed in zip(times, alarms.get(room, ()), strict=False)
    ]


async def until(holds: Callable[[], bool]) -> None:
    """Wait until `holds()`; what has not come after some seconds is lost."""
    deadline = time.monotonic() + _ARRIVE_S
    while not holds() and time.monotonic() < deadline:
        await asyncio.sleep(0.01)

"""A room as it runs, recorded: simulators on lines in memory and virtual Bluetooth, real drivers, clinic.

Time is virtual: a session costs what it computes, not what it lasts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.app.equipment import install, supervise
from kapmonitor.app.simulation import Simulation
from kapmonitor.clinic import Clinic
from kapmonitor.config import Config, Device, Room, Site, load_routes
from kapmonitor.device import ByteLink, Connector, SerialSettings
from kapmonitor.documents import Alarm, AlarmEvent, Message
from kapmonitor.errors import DeviceNotFoundError
from kapmonitor.flight.monitor import flown
from kapmonitor.flight.recorder import FlightRecorder
from kapmonitor.model import Moment, Route
from kapmonitor.people import Person, Role
from kapmonitor.replay.virtual import VirtualClock, run_virtually
from kapmonitor.session.commands import EndSession, GiveDose, SetArms, StartCuff, StartSession
from kapmonitor.session.entries import Arms, Client
from kapmonitor.transports.ble import bumble_adapter
from kapmonitor.transports.memory import MemoryLink, memory_pair
from simulators.events import BodyEvent
from simulators.physiology import Body
from simulators.radio import Radio
from tests.alarms.script import default_rules
from tests.sessions import NOON

NURSE = Person("nurse-1", Role.MEDICAL)
EVENTS = (
    BodyEvent(25, "desaturation", 45, 86),
    BodyEvent(85, "oximeter_gone", 30),
)
BEGAN = Moment(1000.0, NOON.utc)
START = StartSession(
    room="room-1", route=Route.INTRAMUSCULAR, drill=True, client=Client(code="C-17", number="4711")
)


class Lines:
    """Serial lines in memory, by the paths of their ports."""

    def __init__(self) -> None:
        self._plugged: dict[str, MemoryLink] = {}

    @asynccontextmanager
    async def plug(self, path: str | None) -> AsyncGenerator[tuple[str, ByteLink]]:
        """A device is at `path` meanwhile; its end of the line."""
        name = path or ""
        self._plugged[name], far = memory_pair()
        try:
            yield name, far
        finally:
            self._plugged.pop(name).pull_plug()

    def connector(self, path: str, _settings: SerialSettings) -> Connector[ByteLink]:
        """How a driver gets the other end."""

        @asynccontextmanager
        async def connect() -> AsyncGenerator[ByteLink]:
            if path not in self._plugged:
                raise DeviceNotFoundError(f"Port {path} is not there.")
            yield self._plugged[path]

        return connect


class Ward:
    """One room with oximeter, cuff and strap; `events` are all alarm events. In a loop of virtual time."""

    def __init__(self, folder: Path, body: Sequence[BodyEvent], rules: RuleSet | None = None) -> None:
        """`body`: what happens to the patient."""
        self.clock = VirtualClock(BEGAN)
        self.events: list[AlarmEvent] = []
        self.alarms: dict[str, Alarm] = {}
        self.config = Config(site=Site(id="test"), rooms=(_room(folder),))
        self.recorder = FlightRecorder(folder / "flights", self.clock.now)
        installed = install(self.config, self.clock)
        self.clinic = Clinic(
            [("room-1", "a")],
            installed,
            rules or default_rules(),
            load_routes(),
            self.clock,
            self._hear,
            lambda *_: None,
            monitors=flown(self.recorder),
        )
        self.recorder.session_of = self.clinic.session_of
        self.clinic.cuffs.ordered = self.recorder.ordered
        self._installed = installed
        self._body = body

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        lines = Lines()
        simulation = Simulation(self.config, self.clock, 7, terminal=lines.plug)
        simulation.bodies["room-1", "a"] = Body(
            3, Route.INTRAMUSCULAR, self.clock.now(), self._body, dosed_at=0
        )
        async with Radio() as radio, bumble_adapter(self.clock, radio.central()) as adapter:
            supervisors = supervise(
                self.config,
                self._installed,
                self.clinic,
                self.clock,
                adapter,
                self.recorder,
                lines.connector,
            )
            tasks = [asyncio.create_task(each.run()) for each in supervisors]
            tasks.append(asyncio.create_task(simulation.run(radio)))
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def seconds(self, count: int) -> None:
        """So many seconds of the clinic."""
        for _ in range(count):
            await self.clock.sleep(1.0)
            await self.clinic.tick()

    def acknowledge(self, name: str) -> None:
        """Somebody has seen the alarm of that name."""
        alarm = next(each for each in self.alarms.values() if each.name == name and each.state != "inactive")
        self.clinic.acknowledge(alarm.alarm, alarm.seq, by=NURSE)

    def _hear(self, message: Message) -> None:
        if isinstance(message.payload, AlarmEvent):
            self.events.append(message.payload)
        elif isinstance(message.payload, Alarm):
            self.alarms[message.payload.alarm] = message.payload


Recorded = tuple[Path, list[AlarmEvent]]
"""A recording, and the alarm events of its session."""


def a_session(folder: Path) -> Recorded:
    """Two and a half minutes with a fall of SpO2, an acknowledgement, a dose, a cuff reading, a lost link."""
    return recorded(Ward(folder, EVENTS), 100)


def recorded(ward: Ward, longer_s: int) -> Recorded:
    """A session that ends so many seconds after somebody has seen its first fall of SpO2."""
    session = run_virtually(partial(_session, ward, longer_s), BEGAN.at)
    ward.recorder.close()
    return ward.recorder.path(session), ward.events


async def _session(ward: Ward, longer_s: int) -> str:
    async with ward.running():
        await ward.seconds(10)
        session = ward.clinic.start(START, by=NURSE)
        await ward.clinic.do(session, SetArms(arms=Arms(cuff="left", oximeter="right")), by=NURSE)
        await ward.clinic.do(session, GiveDose(amount=60, reason="no time for a baseline"), by=NURSE)
        await ward.seconds(5)
        await ward.clinic.do(session, StartCuff(), by=NURSE)
        await ward.seconds(35)
        ward.acknowledge("spo2-low")
        await ward.seconds(longer_s)
        await ward.clinic.do(session, EndSession(reason="the test is over"), by=NURSE)
    return session


def _room(folder: Path) -> Room:
    return Room(
        id="room-1",
        devices=(
            Device(id="oximeter-1", driver="contec-cms50", port=str(folder / "oximeter")),
            Device(id="cuff-1", driver="suntech-nibp", port=str(folder / "cuff")),
            Device(id="strap-1", driver="heart-rate-strap", address="C0:00:00:00:00:01"),
        ),
    )

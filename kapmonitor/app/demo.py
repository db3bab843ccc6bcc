"""The demo: broker, simulated rooms and dashboard in one process, on loopback, with nothing left behind."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kapmonitor.app.limits import LimitSet, digest
from kapmonitor.app.scripts import DEMO, playing
from kapmonitor.app.service import Service
from kapmonitor.app.simulation import Simulation
from kapmonitor.clock import Clock
from kapmonitor.config import (
    Bluetooth,
    Config,
    Dashboard,
    Device,
    Pager,
    Room,
    Site,
    load_routes,
    load_rules,
    rules_text,
)
from kapmonitor.config import Simulation as Played
from kapmonitor.errors import KapmonitorError, RefusedError
from kapmonitor.flight.recorder import recording
from kapmonitor.flight.writer import FOLDER
from kapmonitor.model import Route
from kapmonitor.mqtt.embedded import embedded_broker
from kapmonitor.people import Person, Role, User
from kapmonitor.session.commands import GiveDose, StartCuff, StartSession
from kapmonitor.storage.record import Record
from kapmonitor.transports.ble import bumble_adapter
from kapmonitor.web import Access
from simulators.radio import Radio

logger = logging.getLogger(__name__)

BY = Person("demo", Role.MEDICAL)
"""Who opens the sessions and starts the cuffs; a visitor logs in as the prescriber."""

ADMINISTRATOR = Person("admin", Role.ADMINISTRATOR)
PAGER = "nurse-1"
DOSE = GiveDose(amount=60, reason="the demo begins with the dose")
OXIMETERS = ("contec-cms50", "contec-cms50", "ble-pulse-oximeter")
CUFFS = ("suntech-nibp", "suntech-nibp", "ble-blood-pressure")


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a visitor needs: addresses and the log-ins made for this run."""

    dashboard: str
    user: str
    password: str
    administrator: str
    """The id of a second log-in, with the same password, that sets the clinic up."""
    broker: str
    pager: str
    """The arguments of a `kapmonitor pager` that is on call; its pages go with the demo."""


async def run_demo(
    rooms: int,
    port: int,
    speed: float,
    seed: int,
    welcome: Callable[[Welcome], None],
    scenario: str = DEMO,
) -> None:
    """Run until cancelled; `welcome` is called when everything answers.

    Raises:
        ConfigError: `scenario` is none, or has mistakes.
    """
    clock = Clock(speed)
    with tempfile.TemporaryDirectory(prefix="kapmonitor-demo-") as name:
        folder = Path(name)
        config = playing(demo_config(rooms, port, folder), scenario)
        simulation = Simulation(config, clock, seed, doses_are_told=True)
        access, user, password = Access.generate()
        access.users.add(User(ADMINISTRATOR, access.users.get(user).password_hash))
        async with (
            embedded_broker(folder / "broker", pagers=[PAGER]) as broker,
            Radio() as radio,
            bumble_adapter(clock, radio.central()) as adapter,
            Record.open(f"sqlite+aiosqlite:///{folder / 'kapmonitor.db'}") as record,
            recording(folder / FOLDER, clock.now) as recorder,
        ):
            service = Service(
                config,
                LimitSet(load_rules(), digest(rules_text()), text=rules_text()),
                load_routes(),
                clock,
                servers=[broker.service_url],
                access=access,
                adapter=adapter,
                record=record,
                recorder=recorder,
                on_entry=simulation.entered,
            )

            def ready(address: str) -> None:
                pager = f"--id {PAGER} --server {broker.pager_urls[PAGER]} --store {folder / 'pager'}"
                welcome(Welcome(address, user, password, ADMINISTRATOR.id, broker.reader_url, pager))

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(simulation.run(radio), name="simulation")
                tasks.create_task(_sessions(service, config, clock, simulation), name="demo sessions")
                await service.run(ready)


async def _sessions(service: Service, config: Config, clock: Clock, simulation: Simulation) -> None:
    """What staff would do: a session in each room, its doses, and a first cuff reading."""
    async with asyncio.TaskGroup() as tasks:
        for room in config.rooms:
            scenario = simulation.scenarios[room.id]
            start = StartSession(room=room.id, route=scenario.route or Route.INTRAMUSCULAR, drill=True)
            session = service.clinic.start(start, by=BY)
            tasks.create_task(_dose(service, session, clock, simulation, room.id), name=f"dose in {room.id}")
            if any(device.driver == "suntech-nibp" for device in room.devices):
                tasks.create_task(_measure(service, session, clock), name=f"cuff of {room.id}")


async def _dose(service: Service, session: str, clock: Clock, simulation: Simulation, room: str) -> None:
    await clock.sleep(simulation.scenarios[room].dose_s)
    try:
        await service.clinic.do(session, DOSE, by=BY)
    except RefusedError as error:  # whoever looks at the demo may have been quicker, or ended the session
        logger.info("%s: no dose from the demo: %s", session, error)


async def _measure(service: Service, session: str, clock: Clock) -> None:
    """The first reading, as soon as the cuff is there; the timetable goes on from it."""
    while True:
        await clock.sleep(5.0)
        try:
            await service.clinic.do(session, StartCuff(), by=BY)
        except KapmonitorError as error:
            logger.info("%s: no cuff reading: %s", session, error)
        else:
            return


def demo_config(rooms: int, port: int, folder: Path) -> Config:
    """`rooms` rooms with the five kinds of device, serial ones on pseudo-terminals in `folder`."""
    return Config(
        site=Site(id="demo"),
        dashboard=Dashboard(bind=f"127.0.0.1:{port}"),
        bluetooth=Bluetooth(transport="in-process"),
        simulation=Played(),
        pagers=(Pager(id=PAGER),),
        rooms=tuple(_room(index, folder) for index in range(rooms)),
    )


def _room(index: int, folder: Path) -> Room:
    number = index + 1
    kinds = ("heart-rate-strap", OXIMETERS[index % 3], CUFFS[index % 3])
    names = ("strap", "oximeter", "cuff")
    return Room(
        id=f"room-{number}",
        devices=tuple(
            _device(f"{name}-{number}", driver, f"C0:00:00:00:{number:02X}:{place:02X}", folder)
            for place, (name, driver) in enumerate(zip(names, kinds, strict=True), start=1)
        ),
    )


def _device(name: str, driver: str, address: str, folder: Path) -> Device:
    if driver in ("contec-cms50", "suntech-nibp"):
        return Device(id=name, driver=driver, port=str(folder / name))
    return Device(id=name, driver=driver, address=address)

"""A site whose devices misbehave as scripts say: real drivers, supervisors and clinic, faster than life."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kapmonitor.app.equipment import install, supervise
from kapmonitor.app.kinds import link_kinds
from kapmonitor.app.simulation import Simulation
from kapmonitor.clinic import Clinic, Installed
from kapmonitor.clock import Clock
from kapmonitor.config import Bluetooth, Config, Device, Room, Site, load_routes
from kapmonitor.config import Simulation as Chosen
from kapmonitor.device import LinkKind
from kapmonitor.documents import Alarm, AlarmEvent, Message, Nibp, Vitals
from kapmonitor.model import Route
from kapmonitor.session.commands import GiveDose, StartSession
from kapmonitor.transports.ble import bumble_adapter
from simulators.radio import Radio
from tests.alarms.script import default_rules
from tests.sessions import NURSE


def site(folder: Path, scripts: dict[str, str], devices: dict[str, list[str]]) -> Config:
    """Rooms by name with the drivers of their devices; the script of each is written into `folder`."""
    for room, script in scripts.items():
        (folder / f"{room}.toml").write_text(f'title = "t"\nshows = "s."\n{script}', encoding="utf-8")
    kinds = link_kinds()
    rooms = [
        Room(
            id=room,
            devices=tuple(_device(folder, room, n, name, kinds[name]) for n, name in enumerate(names)),
        )
        for room, names in devices.items()
    ]
    chosen = Chosen(scenarios={room: str(folder / f"{room}.toml") for room in scripts})
    return Config(
        site=Site(id="faulty"),
        bluetooth=Bluetooth(transport="in-process"),
        rooms=tuple(rooms),
        simulation=chosen,
    )


def _device(folder: Path, room: str, number: int, driver: str, link: LinkKind) -> Device:
    name = f"{room}-{number}"
    if link is LinkKind.SERIAL:
        return Device(id=name, driver=driver, port=str(folder / name))
    place = sum(map(ord, room)) % 256
    return Device(id=name, driver=driver, address=f"C0:00:00:00:{place:02X}:{number:02X}")


class Ward:
    """What a running site says: the newest vitals of each room, and what no value had a reason for."""

    def __init__(self, clinic: Clinic, clock: Clock, installed: list[Installed]) -> None:
        self.installed = installed
        self.clinic = clinic
        self.clock = clock
        self.vitals: dict[str, Vitals] = {}
        self.unexplained: list[str] = []
        self.heard = 0
        self.events: deque[tuple[float, AlarmEvent]] = deque(maxlen=1000)
        """The newest, each with the clock's time."""
        self.pressures: deque[float] = deque(maxlen=1000)
        """When a blood pressure was told, by the clock."""
        self.words: set[tuple[str, str, str]] = set()
        """Name, text and advice of every alarm."""

    def hear(self, message: Message) -> None:
        """Something is published."""
        one = message.payload
        if isinstance(one, AlarmEvent):
            self.events.append((self.clock.now(), one))
        if isinstance(one, Alarm):
            self.words.add((one.name, one.text, one.advice))
        if isinstance(one, Nibp):
            self.pressures.append(self.clock.now())
        if isinstance(one, Vitals):
            room = message.topic.split("/")[1].partition("-a-")[0]
            self.vitals[room] = one
            self.heard += 1
            self.unexplained += [
                f"{room}: {name}"
                for name, each in one.values.items()
                if each.value is None and not each.reason
            ]

    async def seconds(self, most: int) -> AsyncIterator[int]:
        """Each second of the site, ticked."""
        for second in range(most):
            await self.clock.sleep(1)
            await self.clinic.tick()
            yield second


@asynccontextmanager
async def running(config: Config, clock: Clock) -> AsyncIterator[Ward]:
    """The site with a session in each room, dosed."""
    installed = install(config, clock)
    clinic = Clinic(
        [(room.id, "a") for room in config.rooms],
        installed,
        default_rules(),
        load_routes(),
        clock,
        lambda message: ward.hear(message),  # noqa: PLW0108 - there is no ward before there is a clinic
        lambda *_: None,
    )
    ward = Ward(clinic, clock, installed)
    async with Radio() as radio, bumble_adapter(clock, radio.central()) as adapter:
        simulation = Simulation(config, clock, 1)
        tasks = [asyncio.create_task(simulation.run(radio))]
        tasks += [
            asyncio.create_task(each.run()) for each in supervise(config, installed, clinic, clock, adapter)
        ]
        for room in config.rooms:
            drill = StartSession(room=room.id, route=Route.INTRAMUSCULAR, drill=True)
            session = clinic.start(drill, by=NURSE)
            await clinic.do(session, GiveDose(amount=50, reason="a drill"), by=NURSE)
        try:
            yield ward
        finally:
            await _end(tasks)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel them; one that goes on for a minute is a defect, and what it waits for is said."""
    for task in tasks:
        task.cancel()
    _, going_on = await asyncio.wait(tasks, timeout=60)
    assert not going_on, "still running:\n" + "\n".join(map(_place, asyncio.all_tasks()))


def _place(task: asyncio.Task[object]) -> str:
    """Where a task is, down to what it awaits."""
    found = [task.get_name()]
    awaited: object = task.get_coro()
    while awaited is not None and len(found) < 40:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        found += [f"{frame.f_code.co_filename}:{frame.f_lineno}"] if frame else [repr(awaited)[:100]]
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return "\n  ".join(found)


def timeline(*events: tuple[str, int, int, float | None]) -> str:
    """Script lines: what, from which second, for how many, how much."""
    return "".join(
        f'[[timeline]]\nat = "start + {at // 60}:{at % 60:02}"\nwhat = "{what}"\n'
        f'for = "{lasts // 60}:{lasts % 60:02}"\n' + (f"to = {to}\n" if to is not None else "")
        for what, at, lasts, to in events
    )

"""How long a person's command takes until it is on the disk, with all rooms going on beside it."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from kapmonitor.clinic import Clinic
from kapmonitor.clock import Clock
from kapmonitor.config import load_rules
from kapmonitor.documents import AlarmEvent, Message
from kapmonitor.model import Happened, Route
from kapmonitor.people import Person, Role
from kapmonitor.storage import Record
from tests.bench.options import Options
from tests.bench.report import Report

_NURSE = Person("nurse-1", Role.MEDICAL)


def durable(options: Options, report: Report) -> None:
    """Calls for help in all rooms in turn, each acknowledged: until alarm and acknowledgement are kept."""
    rooms, commands = (2, 6) if options.quick else (12, 500)
    asyncio.run(_measure(rooms, commands, report))


async def _measure(rooms: int, commands: int, report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Record.open(f"sqlite+aiosqlite:///{Path(folder) / 'record.db'}") as record,
            _House(rooms, record).going_on() as house,
        ):
            called, seen = await house.calls(commands)
    report.add_percentiles(f"record, {rooms} rooms: call for help until durable", called, "ms")
    report.add_percentiles(f"record, {rooms} rooms: acknowledgement until durable", seen, "ms")
    late = 2 * commands - house.kept
    report.add("record: commands answered before they were durable", late, f"of {2 * commands:,}", 0)


class _House:
    """A session in each of many rooms without devices: their alarms of what is missing come by themselves."""

    def __init__(self, rooms: int, record: Record) -> None:
        self._rooms = [f"room-{number}" for number in range(rooms)]
        self._record = record
        self._help: dict[str, AlarmEvent] = {}
        self._clinic = Clinic(
            [(room, "a") for room in self._rooms],
            [],
            load_rules(),
            Clock(),
            self._heard,
            lambda *_: None,
            record=record,
        )
        self.kept = 0

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[_House]:
        """With sessions, ticked once a second."""
        ticking = asyncio.create_task(self._tick())
        try:
            yield self
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    async def calls(self, commands: int) -> tuple[list[float], list[float]]:
        """Milliseconds of each call and of each acknowledgement."""
        sessions = [
            self._clinic.start_session(room, "a", Route.INTRAMUSCULAR, drill=True, by=_NURSE)
            for room in self._rooms
        ]
        called: list[float] = []
        seen: list[float] = []
        for number in range(commands):
            place = number % len(sessions)
            session, room = sessions[place], self._rooms[place]
            called.append(await self._timed(partial(self._clinic.log, session, Happened("help"), by=_NURSE)))
            alarm = self._help[room]
            acknowledge = partial(self._clinic.acknowledge, alarm.alarm, alarm.seq, by=_NURSE)
            seen.append(await self._timed(acknowledge))
            self._clinic.here(session, by=_NURSE)
        return called, seen

    async def _timed(self, command: Callable[[], None]) -> float:
        began = time.perf_counter()
        command()
        self.kept += await self._record.durable()
        return 1000 * (time.perf_counter() - began)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            await self._clinic.tick()

    def _heard(self, message: Message) -> None:
        if isinstance(message.payload, AlarmEvent) and message.payload.name == "help":
            self._help[message.payload.room] = message.payload

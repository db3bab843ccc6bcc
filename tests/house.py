"""A whole clinic in virtual time: the real `Clinic`, record and HTTP API; simulated patients at the bedside.

What is left out is what carries bytes: the devices' links, the broker and the socket of the web server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from fastapi import FastAPI

from kapmonitor.board import Board, Room
from kapmonitor.clinic import KEPT_S, Clinic, Installed
from kapmonitor.clock import Clock
from kapmonitor.config import load_routes
from kapmonitor.device import LinkKind, Report
from kapmonitor.documents import Alarm, Message
from kapmonitor.model import (
    BloodPressure,
    DeviceData,
    DeviceKind,
    DeviceReport,
    DeviceState,
    Observation,
    Origin,
    Route,
)
from kapmonitor.people import Person, Role
from kapmonitor.session.entries import Dose, Entry
from kapmonitor.session.session import Session, given_at
from kapmonitor.storage.record import Record
from kapmonitor.web import Access, Displays, LiveFeed, User, create_app
from simulators.scenario import Scenario, find
from tests.alarms.script import default_rules
from tests.simulators.bedside import Bedside
from tests.web.clinic import Nurse

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
STAFF = {
    "doctor-1": Role.PRESCRIBER,
    "nurse-1": Role.MEDICAL,
    "guide-1": Role.THERAPIST,
    "guest-1": Role.VIEWER,
}


class HandClock(Clock):
    """A clock that tests turn: `at` seconds after nine."""

    at = 0.0

    def now(self) -> float:
        return self.at

    def utc(self) -> datetime:
        return NINE + timedelta(seconds=self.at)


class AtBedside:
    """The driver of a device whose patient is a `Bedside`."""

    link_kind = LinkKind.SERIAL
    battery: float | None = 80.0
    serial_number = "4711"
    firmware = "1.2"
    silence_s: Mapping[str, float] = {}
    errors = 0

    def __init__(self, kind: DeviceKind) -> None:
        self.kind = kind
        self.model = f"{kind} of the test"
        self.trigger = ""

    async def run(self, link: object, report: Report) -> None:
        raise NotImplementedError


class CuffAtBedside(AtBedside):
    """The cuff, which can be started."""

    startable = True

    def __init__(self, bedside: Bedside, clock: Clock) -> None:
        super().__init__(DeviceKind.CUFF)
        self._bedside, self._clock = bedside, clock

    async def start(self, trigger: str) -> None:
        self.trigger = trigger
        self._bedside.start_cuff(self._clock.now())

    async def stop(self) -> None:
        self._bedside.stop_cuff()


class House:
    """Rooms `room-1`, `room-2` … each with a patient; made anew on the same record it is a restart."""

    def __init__(
        self, record: Record | None = None, scenarios: Sequence[str] = ("uneventful",), *, seed: int = 1
    ) -> None:
        self.clock = HandClock()
        self.record = record
        self.said: list[Message] = []
        self.rooms = [f"room-{n}" for n in range(1, len(scenarios) + 1)]
        found = [replace(find(name), dose_s=inf) for name in scenarios]
        self.cuffs: dict[str, CuffAtBedside] = {}
        self.beds = {room: _bed(one, seed + n) for n, (room, one) in enumerate(zip(self.rooms, found))}  # noqa: B905 - as long as each other
        self.build()

    def build(self) -> None:
        """The service as it starts; called again, it has forgotten all that is not in the record."""
        self.clinic = Clinic(
            [(room, "a") for room in self.rooms],
            [device for room in self.rooms for device in self._devices(room)],
            default_rules(),
            load_routes(),
            self.clock,
            self.hear,
            lambda *_: None,
            record=self.record,
            past=None if self.record is None else self.record.past,
            site="house",
            rules_hash="r1",
            on_entry=self.entered,
        )
        rooms = [Room(room) for room in self.rooms]
        self.feed = LiveFeed(Board(rooms, {}), self.clock, Nurse(), site="house", simulated=True)
        self.access = Access([User(Person(name, role), "") for name, role in STAFF.items()])
        self.displays = Displays()
        self._app: FastAPI | None = None

    def _devices(self, room: str) -> list[Installed]:
        number, bed = room.removeprefix("room-"), self.beds[room]
        cuff = CuffAtBedside(bed, self.clock)
        self.cuffs[room] = cuff
        drivers = (AtBedside(DeviceKind.STRAP), AtBedside(DeviceKind.OXIMETER), cuff)
        return [
            Installed(f"{one.kind}-{number}", room, "a", f"test-{one.kind}", one, lambda: Origin.SIMULATED)
            for one in drivers
        ]

    def hear(self, message: Message) -> None:
        """What is published."""
        self.said.append(message)
        self.feed.message(message)

    def entered(self, session: Session, entry: Entry) -> None:
        """What was given reaches the patient."""
        if isinstance(entry.what, Dose):
            self.beds[session.room].body.dose(given_at(entry.moment, entry.what))

    async def restart(self, away_s: float) -> None:
        """The service goes away without a word, and is there again `away_s` later with `self.record`."""
        self.build()
        for _ in range(round(away_s)):
            self.clock.at += 1
            self._bedside(None)
        assert self.record is not None
        moment = self.clock.moment()
        found = await self.record.restart.open_sessions(moment)
        self.clinic.bring_swapped(each.session for each in found)
        for each in await self.record.restart.ended_sessions(moment, KEPT_S):
            self.clinic.can_be_reopened(each.session, each.state, each.origin)
        for each in found:
            self.clinic.restore(each.session, each.state, each.origin, each.away_since)
        for room, cuff in self.cuffs.items():
            self.connected(room, cuff.kind)

    def connected(self, room: str, kind: DeviceKind) -> None:
        """A device's supervisor has found it again."""
        device = f"{kind}-{room.removeprefix('room-')}"
        self.clinic.report(DeviceReport(device, kind, DeviceState.LIVE, "working"))

    async def second(self) -> None:
        """One second of everything."""
        self.clock.at += 1
        self._bedside(self.clinic)
        await self.clinic.tick()

    async def wait(self, minutes: float) -> None:
        """So many minutes of everything."""
        for _ in range(round(minutes * 60)):
            await self.second()

    def _bedside(self, clinic: Clinic | None) -> None:
        for room, bed in self.beds.items():
            for one in bed.second(self.clock.at):
                if clinic is None:
                    continue
                device = f"{one.kind}-{room.removeprefix('room-')}"
                if isinstance(one, DeviceData):
                    clinic.take(
                        msgspec.structs.replace(one, device=device, observations=self._told(room, one))
                    )
                else:
                    clinic.report(msgspec.structs.replace(one, device=device))

    def _told(self, room: str, data: DeviceData) -> list[Observation]:
        """What the device says; a cuff's driver says, too, what it was started for."""
        return [
            msgspec.structs.replace(one, trigger=self.cuffs[room].trigger)
            if isinstance(one, BloodPressure)
            else one
            for one in data.observations
        ]

    def alarm(self, name: str) -> Alarm:
        """What was said last of the alarm `name`."""
        found = [
            one.payload for one in self.said if isinstance(one.payload, Alarm) and one.payload.name == name
        ]
        return found[-1]

    @asynccontextmanager
    async def as_(self, who: str) -> AsyncIterator[Browser]:
        """Somebody at a page of the dashboard."""
        self._app = self._app or create_app(self.feed, self.clinic, self.access, displays=self.displays)
        transport = httpx2.ASGITransport(self._app)
        async with httpx2.AsyncClient(
            transport=transport,
            base_url="http://127.0.0.1",
            headers={"Origin": "http://127.0.0.1"},
            cookies={"kap": self.access.begin(who)},
        ) as client:
            yield Browser(client)


class Browser:
    """What a page sends; `taps` counts what changed something."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self.taps = 0

    async def get(self, path: str) -> Any:
        """What is answered to reading `path` below `/api/v1/sessions`."""
        answer = await self.client.get(f"/api/v1/sessions{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, **body: Any) -> Any:
        """Do something, which must succeed."""
        answer = await self.client.post(f"/api/v1/sessions{path}", json=body)
        assert answer.status_code in (201, 204), f"{path} {body}: {answer.text}"
        self.taps += 1
        return answer.json() if answer.content else None


def _bed(scenario: Scenario, seed: int) -> Bedside:
    return Bedside(scenario, seed, scenario.route or Route.INTRAMUSCULAR, "contec-cms50")


def url(folder: Path) -> str:
    """Where a test's record is."""
    return f"sqlite+aiosqlite:///{folder / 'record.db'}"

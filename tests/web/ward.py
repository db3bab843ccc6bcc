"""A whole clinic in virtual time behind a real dashboard: what a page does there, the real service does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.shown import shown_limits
from kapmonitor.board import Board, Room, RoomDevice
from kapmonitor.config import load_routes
from kapmonitor.model import DeviceData, DeviceKind, Observation, Reading, reading
from kapmonitor.people import Person
from kapmonitor.report.reports import Reports
from kapmonitor.storage.record import Record
from kapmonitor.web import Access, LiveFeed, User, create_app
from tests.alarms.script import default_rules
from tests.house import STAFF, House, url
from tests.web.clinic import Nurse
from tests.web.conftest import running


class HouseWithWall(House):
    """A house whose board knows its rooms, so that a session can be started on a page.

    `spo2`: what every oximeter says instead of what its patient has.
    """

    spo2: float | None = None

    def build(self) -> None:
        super().build()
        kinds = (DeviceKind.STRAP, DeviceKind.OXIMETER, DeviceKind.CUFF)
        rooms = [
            Room(room, devices=[RoomDevice(f"{kind}-{room.removeprefix('room-')}", kind) for kind in kinds])
            for room in self.rooms
        ]
        board = Board(rooms, shown_limits(default_rules()))
        self.feed = LiveFeed(board, self.clock, Nurse(), site="house", simulated=True)

    def _told(self, room: str, data: DeviceData) -> list[Observation]:
        told = super()._told(room, data)
        return [
            reading("spo2", self.spo2)
            if self.spo2 is not None and isinstance(one, Reading) and one.quantity == "spo2"
            else one
            for one in told
        ]


@dataclass
class Ward:
    """The house, and where its dashboard is."""

    house: HouseWithWall
    access: Access
    app: FastAPI
    url: str


@asynccontextmanager
async def ward(folder: Path, password_hash: str, scenarios: Sequence[str]) -> AsyncIterator[Ward]:
    """A room for each scenario; everybody of `STAFF` can log in with the same password."""
    async with Record.open(url(folder)) as record:
        house = HouseWithWall(record, scenarios)
        access = Access([User(Person(name, role), password_hash) for name, role in STAFF.items()])
        reports = Reports(
            record.past, _rules, load_routes(), house.clock, record.audit, site="house", zone=ZoneInfo("UTC")
        )
        app = create_app(house.feed, house.clinic, access, reports=reports, past=record.past)
        for room in house.rooms:
            for kind in DeviceKind:
                if kind in (DeviceKind.STRAP, DeviceKind.OXIMETER, DeviceKind.CUFF):
                    house.connected(room, kind)
        async with running(app) as address:
            yield Ward(house, access, app, address)


async def _rules(_digest: str) -> RuleSet:
    return default_rules()

"""A clinic made by hand: rooms, documents with today's time, and staff whose commands are written down."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kapmonitor import documents
from kapmonitor.alarms.moving import Changes
from kapmonitor.alarms.nuisance import Label, Nuisance, nuisance
from kapmonitor.alarms.shown import ShownRule
from kapmonitor.board import Board, Limits, Room, RoomDevice
from kapmonitor.clock import Clock
from kapmonitor.documents import Alarm, DeviceInfo, Nibp, SessionMeta, SessionState, Value, Vitals
from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.people import Person, Task
from kapmonitor.session.commands import Command, StartSession
from kapmonitor.session.entries import Entry
from kapmonitor.session.form import Form
from kapmonitor.session.past import Earlier, WhatIf
from kapmonitor.session.record import Record
from kapmonitor.session.view import SessionView
from kapmonitor.web import LiveFeed

LIMITS: Mapping[str, Limits] = {
    "spo2": (92, None),
    "heart_rate": (50, 120),
    "systolic": (90, 165),
    "diastolic": (None, 100),
}
UNITS = {"heart_rate": "/min", "pulse_rate": "/min", "perfusion_index": "%", "cuff_pressure": "mmHg"}
KINDS = ("strap", "oximeter", "cuff")


def rooms(count: int) -> list[Room]:
    return [
        Room(f"room-{n}", devices=[RoomDevice(f"{kind}-{n}", kind) for kind in KINDS])
        for n in range(1, count + 1)
    ]


@dataclass
class Staff:
    """Commands as the web sends them; `refuse` makes the next one fail, `keeps_up` the disk."""

    done: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    refuse: str = ""
    keeps_up: bool = True

    def _do(self, *what: Any) -> None:
        if self.refuse:
            raise RefusedError(self.refuse)
        self.done.append(what)

    def start(self, what: StartSession, *, by: Person, key: str = "") -> str:
        self._do("start", what, by.id, key)
        return "s-new"

    async def do(self, session: str, command: Command, *, by: Person, key: str = "") -> None:
        self._do(session, command, by.id, key)

    def view(self, session: str) -> SessionView:
        raise UnknownError(f"There is no open session {session}.")

    def entries(self, session: str) -> Sequence[Entry]:
        raise UnknownError(f"There is no open session {session}.")

    def limits(self, session: str) -> Sequence[ShownRule]:
        raise UnknownError(f"There is no open session {session}.")

    async def what_if(self, session: str, changes: Changes) -> WhatIf:
        del changes
        raise UnknownError(f"There is no open session {session}.")

    async def record(self, session: str) -> Record:
        raise UnknownError(f"The record has no session {session}.")

    async def form(self, session: str) -> Form:
        raise UnknownError(f"The record has no session {session}.")

    async def earlier(self, session: str) -> Sequence[Earlier]:
        raise UnknownError(f"The record has no session {session}.")

    def acknowledge(self, alarm: str, seq: int, *, by: Person) -> None:
        by.must_be_allowed(Task.ACKNOWLEDGE)
        self._do("acknowledge", alarm, seq, by.id)

    async def settled(self) -> bool:
        """Nothing is kept here; a disk is as slow as a test says."""
        return self.keeps_up

    async def label(self, alarm: str, label: Label, *, by: Person) -> None:
        by.must_be_allowed(Task.LABEL)
        self._do("label", alarm, label, by.id)

    async def nuisance(self, days: int) -> Nuisance:
        self._do("nuisance", days)
        return nuisance([], days, 0)


@dataclass
class Calls:
    """Calls for help from rooms without a session, as the web hands them on."""

    done: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    def call(self, room: str, seat: str, *, by: Person) -> None:
        self.done.append(("help", room, seat, by.id))

    def here(self, room: str, seat: str, *, by: Person) -> bool:
        self.done.append(("here", room, seat, by.id))
        return True


@dataclass
class Nurse:
    """What the service says of itself."""

    reasons: list[str] = field(default_factory=list[str])

    def monitoring(self) -> bool:
        return not self.reasons

    def problems(self) -> list[str]:
        return self.reasons


class Clinic:
    """Speaks documents into a live feed, as the monitor does; session `s-1` is in `room-1`, and so on."""

    def __init__(self, count: int = 3, *, origin: str = "simulated", simulated: bool = True) -> None:
        self.clock = Clock()
        self.origin = origin
        self.staff = Staff()
        self.calls = Calls()
        self.health = Nurse()
        self.rooms: Sequence[Room] = rooms(count)
        self.feed = LiveFeed(
            Board(self.rooms, LIMITS), self.clock, self.health, site="north-clinic", simulated=simulated
        )
        self._seq = 0

    def resize(self, count: int) -> None:
        """Another number of rooms, before anything was said of them."""
        self.rooms = self.feed.board.rooms = rooms(count)

    def ts(self, ago: float = 0.0) -> str:
        moment = self.clock.moment()
        return moment.earlier(moment.at - ago)

    def device(self, kind: str, n: int, status: documents.Status, text: str = "", advice: str = "") -> None:
        info = DeviceInfo(
            origin=self.origin, driver=kind, kind=kind, model="", room=f"room-{n}", seat="a", battery=81,
            text=text, advice=advice,
        )  # fmt: skip
        self.feed.message(documents.device_info(f"{kind}-{n}", info))
        self.feed.message(documents.device_status(f"{kind}-{n}", status))

    def devices(self, n: int) -> None:
        for kind in KINDS:
            self.device(kind, n, "online")

    def open(self, n: int, phase: str = "peak", ago: float = 2531) -> None:
        meta = SessionMeta(
            origin=self.origin, drill=False, room=f"room-{n}", seat="a", phase=phase, started=self.ts(ago)
        )
        self.feed.message(documents.session_meta(f"s-{n}", meta))

    def quieten(self, n: int, **changes: Any) -> None:
        """What people have quietened in room `n`, in the document's own words."""
        document = msgspec.convert({"origin": self.origin, "ts": self.ts()} | changes, SessionState)
        self.feed.message(documents.session_state(f"s-{n}", document))

    def service_alarm(self, name: str, priority: str, text: str, **changes: Any) -> Alarm:
        """An alarm of all rooms."""
        nowhere = {"session": "", "room": "", "seat": "", "kind": "technical", "value": None, "limit": None}
        return self.alarm(0, name, priority, text, **(nowhere | changes))

    def vitals(self, n: int, ago: float = 0.0, **values: float | Value) -> None:
        self._seq += 1
        shown = {
            name: value if isinstance(value, Value) else valid(name, value) for name, value in values.items()
        }
        document = Vitals(origin=self.origin, ts=self.ts(ago), seq=self._seq, values=shown)
        self.feed.message(documents.session_vitals(f"s-{n}", document))

    def nibp(self, n: int, systolic: float, diastolic: float, ago: float = 200) -> None:
        document = Nibp(
            origin=self.origin, id=f"n-{n}", ts=self.ts(ago), systolic=systolic, diastolic=diastolic,
            mean=round(diastolic + (systolic - diastolic) / 3), pulse=70, quality="valid",
        )  # fmt: skip
        self.feed.message(documents.session_nibp(f"s-{n}", document))

    def alarm(self, n: int, name: str, priority: str, text: str, **changes: Any) -> Alarm:
        fields: dict[str, Any] = {
            "origin": self.origin, "alarm": f"{name}-{n}", "name": name, "rule": name, "session": f"s-{n}",
            "room": f"room-{n}", "seat": "a", "priority": priority, "kind": "physiological",
            "state": "active",
            "acknowledged": False, "acknowledged_by": None, "coming": None, "seq": 1, "since": self.ts(42),
            "ts": self.ts(), "value": 85.0, "unit": "%", "limit": 88.0, "text": text,
        }  # fmt: skip
        document = msgspec.convert(fields | changes, Alarm)
        self.feed.message(documents.alarm(document))
        return document

    def pleth(self, n: int, seconds: float = 0.1, rate_hz: float = 60.0, bpm: float = 72) -> None:
        """The last `seconds` of a pulse wave."""
        start = self.clock.now() - seconds
        times = [start + i / rate_hz for i in range(round(seconds * rate_hz))]
        self.feed.wave(f"s-{n}", "pleth", [pulse_wave(t * bpm / 60) for t in times], rate_hz, start)


def valid(name: str, value: float) -> Value:
    return Value(value=value, raw=value, unit=UNITS.get(name, "%"), quality="valid", age_s=0.3, device="x")


def missing(reason: str, quality: str = "not_available", unit: str = "%") -> Value:
    return Value(value=None, raw=None, unit=unit, quality=quality, reason=reason, age_s=0.3, device="x")


def pulse_wave(beats: float) -> float:
    """A pulse with its second bump, 0..100, `beats` after an arbitrary start."""
    part = beats % 1.0
    first = math.exp(-(((part - 0.22) / 0.1) ** 2))
    second = 0.42 * math.exp(-(((part - 0.52) / 0.13) ** 2))
    return 90 * (first + second)

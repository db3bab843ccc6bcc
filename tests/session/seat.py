"""A seat without devices: a session, a clock that tests turn, and a cuff that measures when it is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from kapmonitor.config import load_routes
from kapmonitor.model import Moment, Phase, Route
from kapmonitor.people import SERVICE, Person, Role
from kapmonitor.session import commands, entries
from kapmonitor.session.around import Around, CuffDoing
from kapmonitor.session.clockwork import time_does
from kapmonitor.session.commands import Command
from kapmonitor.session.desk import decide
from kapmonitor.session.entries import AnyWhat
from kapmonitor.session.fold import apply
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import due

DOCTOR = Person("doctor-1", Role.PRESCRIBER)
NURSE = Person("nurse-1", Role.MEDICAL)
THERAPIST = Person("therapist-1", Role.THERAPIST)
VIEWER = Person("viewer-1", Role.VIEWER)
ADMIN = Person("admin-1", Role.ADMINISTRATOR)

WELL = {"spo2": 97.0, "heart_rate": 70.0}
MINUTE = 60.0


def moment(at: float) -> Moment:
    """`at` seconds after noon."""
    return Moment(at, datetime(2026, 11, 21, 12, tzinfo=UTC) + timedelta(seconds=at))


class Seat:
    """One seat; `actions` counts what staff did, `pressure` is what the cuff would find."""

    def __init__(self, route: Route = Route.INTRAMUSCULAR, preset: entries.Preset = "standard") -> None:
        """Open a session there, as staff do: the first action."""
        self.now, self.actions, self.pressure = 0.0, 1, (120.0, 80.0)
        steady_s = dict.fromkeys(WELL, 60.0)
        table = load_routes()[route]
        self.around = Around(table=table, valid=WELL, steady=WELL, steady_s=steady_s, cuff=CuffDoing.IDLE)
        self.session = Session("room-1-a-1", moment(0), NURSE.id)
        self.enter([entries.Opened(room="room-1", seat="a", route=route, preset=preset, rules="r1")], NURSE)

    def enter(self, found: list[AnyWhat], by: Person = SERVICE) -> None:
        """Put `found` into the record."""
        for what in found:
            apply(self.session, self.session.next_entry(what, by, moment(self.now)))

    def do(self, command: Command, by: Person = NURSE) -> list[AnyWhat]:
        """What a person does: decided at the desk, and entered."""
        found = decide(self.session, command, by, moment(self.now), self.around)
        self.enter(found, by)
        self.actions += 1
        return found

    def see(self, **changes: Any) -> None:
        """Change what is around."""
        self.around = msgspec.structs.replace(self.around, **changes)

    def measure(self, systolic: float | None = None, diastolic: float | None = None) -> None:
        """The cuff has measured."""
        usual = self.pressure
        one = entries.Measured(
            id=f"nibp-{len(self.session.measured) + 1}",
            systolic=systolic or usual[0],
            diastolic=diastolic or usual[1],
            trigger="timetable",
            device="cuff-1",
        )
        self.enter([one])

    def wait(self, minutes: float) -> None:
        """Let time pass, in steps of ten seconds, with the clock's entries and the cuff's readings."""
        end = self.now + minutes * MINUTE
        while self.now < end:
            self.now = min(self.now + 10, end)
            self.enter(time_does(self.session, self.around.table, self.now))
            self._cuff()

    def _cuff(self) -> None:
        wanted = due(self.session, self.around.table)
        if self.around.cuff is CuffDoing.IDLE and wanted is not None and wanted.at <= self.now:
            self.measure()

    def ready(self) -> Seat:
        """Go through screening and baseline, as staff do."""
        self.do(commands.Screen())
        self.do(commands.SetPhase(phase=Phase.BASELINE))
        self.wait(3)
        self.do(commands.ConfirmBaseline(posture="lying", cuff_size="adult"))
        return self

    def dosed(self, amount: float = 60) -> Seat:
        """Get a dose."""
        self.do(commands.GiveDose(amount=amount, lot="L-1"))
        return self

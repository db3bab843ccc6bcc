"""A seat whose cuff is driven by `CuffControl` second by second; its answers come from the test."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from kapmonitor.model import Moment, Origin, Phase, Quality, Route
from kapmonitor.people import Role
from kapmonitor.session import entries
from kapmonitor.session.around import Around, CuffDoing
from kapmonitor.session.cuff import CuffControl, Start, Stop, Told
from kapmonitor.session.entries import AnyWhat, Entry, Measured
from kapmonitor.session.fold import apply
from kapmonitor.session.routes import parse_routes
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import due

ROUTES_TOML = Path(__file__).parents[2] / "config" / "routes.toml"
TABLES = parse_routes(tomllib.loads(ROUTES_TOML.read_text())["routes"])
BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)
TAKES_S = 40.0
Answers = Callable[[int], Measured | str | None]
"""What the cuff answers to its start number n: numbers, why there are none, or None for nothing at all."""
ANY = entries.Arms()


def moment(now: float) -> Moment:
    return Moment(now, BEGAN + timedelta(seconds=now))


class Room:
    def __init__(
        self,
        cuff: Answers,
        *,
        route: Route = Route.INTRAMUSCULAR,
        arms: entries.Arms = ANY,
        preset: entries.Preset = "standard",
    ) -> None:
        self.now = 0.0
        self.session = Session("s-1", moment(0.0), "nurse")
        self.control = CuffControl()
        self.told: list[tuple[float, Told]] = []
        self.heard: list[Told | Measured] = []
        self.asked_at: list[float] = []
        self.stopped_at: list[float] = []
        self.doing = CuffDoing.IDLE
        self.spo2_low = False
        self.table = TABLES[route]
        self._cuff = cuff
        self._answers_at: tuple[float, Measured | str] | None = None
        self._count = 0
        self.enter(entries.Opened(room="r", seat="a", route=route, arms=arms, preset=preset))

    def enter(self, what: AnyWhat) -> None:
        apply(
            self.session,
            Entry(
                seq=len(self.session.entries) + 1,
                moment=moment(self.now),
                by="x",
                role=Role.MEDICAL,
                what=what,
            ),
        )

    def phase(self, phase: Phase) -> None:
        self.enter(entries.PhaseEntered(phase=phase))

    def around(self) -> Around:
        return Around(table=self.table, cuff=self.doing, spo2_low=self.spo2_low)

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += 1
            self._answer()
            self.do(
                self.control.second(
                    self.session, self.around().cuff, self.around, due(self.session, self.table), self.now
                )
            )

    def ask(self) -> None:
        self.asked_at.append(self.now)
        self.do(self.control.asked("by hand", self.now))

    def stop(self) -> None:
        self.stopped_at.append(self.now)
        self.enter(entries.CuffStopped())
        self.do(self.control.stopped(self.now))

    def do(self, told: list[Told]) -> None:
        for each in told:
            self.told.append((self.now, each))
            self.heard.append(each)
            if isinstance(each, Start):
                self._count += 1
                answer = self._cuff(self._count)
                self._answers_at = None if answer is None else (self.now + TAKES_S, answer)
            elif isinstance(each, Stop):
                if self._answers_at is not None:
                    self._answers_at = self.now, "aborted"
            else:
                self.enter(each)

    def _answer(self) -> None:
        if self._answers_at is None or self.now < self._answers_at[0]:
            return
        (_, answer), self._answers_at = self._answers_at, None
        if isinstance(answer, str):
            one = Measured(
                id=f"m-{self.now}", systolic=None, diastolic=None, quality=Quality.INVALID, reason=answer
            )
        else:
            one = msgspec.structs.replace(answer, id=f"m-{self.now}")
        self.measure(one)

    def measure(self, one: Measured) -> None:
        self.enter(one)
        if one.origin is not Origin.MANUAL:
            self.heard.append(one)
        self.do(self.control.measured(one, self.now))

    @property
    def starts(self) -> list[tuple[float, str]]:
        return [(at, each.trigger) for at, each in self.told if isinstance(each, Start)]

    @property
    def failures(self) -> list[tuple[float, int]]:
        return [(at, each.tries) for at, each in self.told if isinstance(each, entries.CuffFailed)]


def pressure(systolic: float, diastolic: float, **more: object) -> Measured:
    return msgspec.structs.replace(
        Measured(id="m", systolic=systolic, diastolic=diastolic, origin=Origin.SIMULATED), **more
    )


def doubtful(systolic: float, diastolic: float) -> Measured:
    return pressure(systolic, diastolic, quality=Quality.QUESTIONABLE, reason="implausible")


def good(_: int) -> Measured:
    return pressure(122, 78)

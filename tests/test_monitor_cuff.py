"""While the cuff inflates, and while it is tried again: what alarms make of it, what the screen shows."""

from __future__ import annotations

from kapmonitor import documents
from kapmonitor.alarms.engine import Transition
from kapmonitor.config import load_routes
from kapmonitor.model import (
    BloodPressure,
    DeviceData,
    DeviceKind,
    Observation,
    Origin,
    Phase,
    missing,
    no_pressure,
    reading,
)
from kapmonitor.monitor import Monitor
from kapmonitor.people import SERVICE
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.cuff import Start
from kapmonitor.session.entries import Arms, ArmsSet, PhaseEntered
from tests.alarms.script import cuff, default_rules
from tests.sessions import opened
from tests.test_monitor import at

TAKES_S = 40


class Seat:
    """A monitor in onset, its cuff and its sensors: each start is answered `TAKES_S` later with `answer`."""

    def __init__(self, arms: Arms, answer: BloodPressure) -> None:
        session = opened(ident="room-1-a-x", drill=True, phase=Phase.READY, at=at(0))
        table = load_routes()[session.route]
        self.monitor = Monitor(session, default_rules(), Origin.SIMULATED, table, cuff=CuffDoing.IDLE)
        self.monitor.begin(at(0))
        self.monitor.enter(ArmsSet(arms=arms), SERVICE, at(0))
        self.monitor.enter(PhaseEntered(phase=Phase.ONSET), SERVICE, at(0))
        self.answer = answer
        self.answers_at: float | None = None
        self.now = 0.0
        self.starts: list[float] = []
        self._came: list[Transition] = []
        self.spo2: list[tuple[str, str | None]] = []

    @property
    def alarms(self) -> list[tuple[float, str, str]]:
        return [(each.at - 1000, each.name, each.event) for each in self._came]

    def run(self, seconds: int, *, squeezed: bool = False) -> None:
        for _ in range(seconds):
            self.now += 1
            self._say(
                missing("spo2", "searching") if squeezed and self.answers_at else reading("spo2", 97),
                reading("heart_rate", 70),
            )
            if self.answers_at is not None and self.now >= self.answers_at:
                self.answers_at = None
                self._say(self.answer, kind=DeviceKind.CUFF)
            self._tick()

    def _say(self, *what: Observation, kind: DeviceKind = DeviceKind.OXIMETER) -> None:
        self.monitor.take(DeviceData(kind.value, kind, Origin.SIMULATED, what), at(self.now))

    def _tick(self) -> None:
        for message in self.monitor.tick(at(self.now)):
            if isinstance(message.payload, documents.Vitals):
                spo2 = message.payload.values["spo2"]
                self.spo2.append((spo2.quality, spo2.reason))
        for order in self.monitor.orders():
            if isinstance(order, Start):
                self.starts.append(self.now)
                self.answers_at = self.now + TAKES_S
        self._came += self.monitor.drain()


SAME, APART = Arms(cuff="left", oximeter="left"), Arms(cuff="left", oximeter="right")


def test_spo2_is_doubted_on_the_screen_while_the_cuff_is_on_its_arm() -> None:
    one = Seat(SAME, cuff(120, 80))
    one.run(302)
    assert one.starts == [300]
    assert one.spo2[299] == ("valid", None)
    assert one.spo2[301] == ("questionable", "cuff_inflating")
    one.run(100)
    assert one.spo2[-1] == ("valid", None)
    assert one.alarms == []


def test_a_silent_oximeter_is_no_alarm_while_the_cuff_is_on_its_arm() -> None:
    one = Seat(SAME, cuff(120, 80))
    one.run(400, squeezed=True)
    assert one.alarms == []


def test_on_another_arm_it_is_one_as_ever() -> None:
    one = Seat(APART, cuff(120, 80))
    one.run(400, squeezed=True)
    assert [name for _, name, event in one.alarms if event == "start"] == ["spo2-unavailable"]


def test_three_failures_are_one_alarm_and_the_reading_is_overdue_only_then() -> None:
    one = Seat(APART, no_pressure("leak"))
    one.run(478)
    assert one.starts == [300, 370, 440]
    assert one.alarms == []
    one.run(10)
    assert sorted(name for _, name, _ in one.alarms) == ["cuff-unavailable", "nibp-overdue"]

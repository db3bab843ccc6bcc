"""Sessions without wires: what their devices say in a second, as the monitors of many rooms get it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.config import load_routes, load_rules
from kapmonitor.documents import Message
from kapmonitor.model import (
    DeviceData,
    DeviceKind,
    Moment,
    Origin,
    Phase,
    Reading,
    Waveform,
    reading,
)
from kapmonitor.monitor import Monitor
from kapmonitor.people import SERVICE
from kapmonitor.session.entries import PhaseEntered
from kapmonitor.session.session import session_id
from tests.sessions import opened

_STARTED = datetime(2026, 11, 21, 12, tzinfo=UTC)
_PLETH_HZ = 60.0


def moment(at: float) -> Moment:
    """`at` seconds after noon."""
    return Moment(at, _STARTED + timedelta(seconds=at))


def numerics(second: int) -> list[Reading]:
    """What strap and oximeter of a person at rest say in one second."""
    return [
        reading("spo2", 96.0 + second % 3),
        reading("pulse_rate", 70.0 + second % 4),
        reading("perfusion_index", 4.5),
        reading("heart_rate", 70.0 + second % 4),
        reading("rr_interval", 850.0 + second % 40),
    ]


class Room:
    """One room with an open session."""

    def __init__(self, number: int, rules: RuleSet | None = None) -> None:
        """`number` makes its ids."""
        self._number = number
        begun = moment(0.0)
        room = f"room-{number}"
        session = opened(ident=session_id(room, "a", begun), room=room, at=begun)
        rules = rules or load_rules()
        self.monitor = Monitor(session, rules, Origin.SIMULATED, load_routes()[session.route])
        self.monitor.begin(begun)
        for phase in (Phase.BASELINE, Phase.ONSET):
            self.monitor.enter(PhaseEntered(phase=phase), SERVICE, begun)

    def take(self, second: int, now: Moment) -> list[Message]:
        """What its devices say in one second."""
        *oximeter, heart_rate, rr_interval = numerics(second)
        came = self._said(DeviceKind.OXIMETER, now, *oximeter)
        return came + self._said(DeviceKind.STRAP, now, heart_rate, rr_interval)

    def take_pleth(self, now: Moment) -> list[Message]:
        """A second of pleth, one frame at a time."""
        wave = Waveform("pleth", (64.0,), _PLETH_HZ)
        return [each for _ in range(60) for each in self._said(DeviceKind.OXIMETER, now, wave)]

    def tick(self, now: Moment) -> list[Message]:
        """The second is over."""
        return self.monitor.tick(now)

    def _said(self, kind: DeviceKind, now: Moment, *observations: Reading | Waveform) -> list[Message]:
        data = DeviceData(f"{kind}-{self._number}", kind, Origin.SIMULATED, observations)
        return self.monitor.take(data, now)

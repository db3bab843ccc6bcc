"""One simulated session whose alarm engine is driven second by second and whose record is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kapmonitor.alarms.engine import Engine, Transition
from kapmonitor.alarms.inputs import Acknowledge, Input, PhaseSet, Tick
from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Moment, Origin, Phase, missing, reading
from kapmonitor.session.entries import AnyWhat, PhaseEntered
from kapmonitor.storage import Record
from tests.alarms.script import default_rules
from tests.sessions import enter, opened

START = datetime(2026, 11, 21, 14, 32, 7, 125_000, tzinfo=UTC)
RULES = default_rules()


def url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/record.db"


def moment(seconds: float, clock: float = 1000.0) -> Moment:
    """`seconds` after the start, on a monotonic clock that said `clock` then."""
    return Moment(clock + seconds, START + timedelta(seconds=seconds))


class Patient:
    """`transitions` are those that came so far."""

    def __init__(self, record: Record | None = None, room: str = "room-1") -> None:
        self.seconds = 0
        started = moment(0)
        self.session = opened(room=room, phase=Phase.READY, at=started, rules="of-the-rules")
        self.engine = Engine(RULES, EngineState(self.session.id))
        self.transitions: list[Transition] = []
        self.record = record
        if record is not None:
            record.begin(self.session, Origin.SIMULATED)
        self.say(PhaseSet(Phase.ONSET), PhaseEntered(phase=Phase.ONSET))

    @property
    def now(self) -> Moment:
        return moment(self.seconds)

    def say(self, what: Input, *entered: AnyWhat) -> list[Transition]:
        """The engine hears of `what`, and the session has these entries more."""
        came = self.engine.step(what, self.now.at)
        self.transitions += came
        self._save(came, entered)
        return came

    def enter(self, *whats: AnyWhat) -> None:
        """The session has these entries more."""
        self._save([], whats)

    def _save(self, came: Iterable[Transition], whats: Iterable[AnyWhat]) -> None:
        new = [enter(self.session, each, self.now) for each in whats]
        if self.record is not None:
            self.record.save(self.session, self.engine.state, came, new, self.now)

    def second(self, spo2: float | None) -> None:
        """A value, a heart rate that is well, and the tick."""
        self.seconds += 1
        self.say(missing("spo2", "no_finger") if spo2 is None else reading("spo2", spo2))
        self.say(reading("heart_rate", 70))
        self.say(Tick())

    def seconds_of(self, spo2: float | None, seconds: int) -> None:
        for _ in range(seconds):
            self.second(spo2)

    def acknowledge(self, alarm: Transition) -> None:
        self.say(Acknowledge(alarm.alarm, alarm.seq, "nurse-1"))

    def open_alarms(self) -> list[tuple[object, ...]]:
        return in_force(self.engine.open_alarms(self.now.at))


def in_force(alarms: Iterable[Transition]) -> list[tuple[object, ...]]:
    """What is the same before and after a restart: everything but the clock and the words about data."""
    return [
        (t.alarm, t.rule, t.priority, t.state, t.acknowledged, t.acknowledged_by, t.seq, t.value, t.limit)
        for t in alarms
    ]

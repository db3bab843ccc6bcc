"""A working day in virtual time: 18 two-hour sessions, hundreds of artefacts, and 20 true events among them.

The real monitor is driven second by second. Artefacts come every 5 minutes and last 6 s, both on average;
four in five are flagged by the device. Seeded: the same day every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from kapmonitor import documents
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.config import load_routes, load_rules
from kapmonitor.documents import Message
from kapmonitor.model import (
    BloodPressure,
    DeviceData,
    DeviceKind,
    Moment,
    Origin,
    Phase,
    Quality,
    Reading,
    Route,
    blood_pressure,
    reading,
)
from kapmonitor.monitor import Monitor
from kapmonitor.people import SERVICE
from kapmonitor.session.entries import PhaseEntered
from tests.sessions import opened

SESSIONS = 18
SESSION_S = 7200
ARTEFACT_EVERY_S = 300.0
ARTEFACT_MEAN_S = 6.0
FLAGGED = 0.8
CUFF_EVERY_S = 300
START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TrueEvent:
    """Something that really happens to the patient, and the alarm that has to come of it."""

    session: int
    at: int
    lasts_s: int
    quantity: str
    value: float
    alarm: str
    within_s: int


@dataclass(slots=True)
class Day:
    """What the alarm system said. Counts are of false alarms: those that no true event explains."""

    missed: list[TrueEvent] = field(default_factory=list[TrueEvent])
    false: dict[str, int] = field(default_factory=lambda: {"high": 0, "medium": 0, "low": 0})
    pages: int = 0
    artefacts: int = 0

    @property
    def room_hours(self) -> float:
        """Hours of monitoring in the day."""
        return SESSIONS * SESSION_S / 3600


_KINDS = (
    ("spo2", 85.0, 60, "spo2-low", 20),
    ("spo2", 76.0, 30, "spo2-low", 10),
    ("heart_rate", 38.0, 40, "heart-rate-low", 8),
    ("heart_rate", 142.0, 60, "heart-rate-high", 8),
    ("systolic", 186.0, 30, "blood-pressure-high", CUFF_EVERY_S + 5),
)


def true_events(dice: Random) -> list[TrueEvent]:
    """Twenty events, four of each kind, in different sessions and away from their ends."""
    places = [(number % SESSIONS, dice.randrange(900, SESSION_S - 1200)) for number in range(20)]
    return [
        TrueEvent(session, at, max(lasts, within + 5), quantity, value, alarm, within)
        for (session, at), (quantity, value, lasts, alarm, within) in zip(places, _KINDS * 4, strict=True)
    ]


def day(seed: int = 1) -> Day:
    """The whole shift."""
    dice = Random(seed)
    events = true_events(dice)
    result = Day()
    for number in range(SESSIONS):
        mine = [event for event in events if event.session == number]
        _session(number, mine, Random(f"{seed}/{number}"), result)
    return result


def _session(number: int, events: list[TrueEvent], dice: Random, result: Day) -> None:
    table = load_routes()[Route.INTRAMUSCULAR]
    started = _moment(0)
    session = opened(ident=f"s-{number}", room=f"room-{number % 6}", phase=Phase.ONSET, at=started)
    one = Monitor(session, load_rules(), Origin.SIMULATED, table, shown=False)
    said = list(one.begin(started))
    artefacts = _artefacts(dice, result)
    for second in range(SESSION_S):
        now = _moment(second)
        if second in (600, 2700):
            said += one.enter(
                PhaseEntered(phase=Phase.PEAK if second == 600 else Phase.RECOVERY), SERVICE, now
            )
        said += one.take(DeviceData("ox", DeviceKind.OXIMETER, Origin.SIMULATED,
                                    [*_oximeter(second, events, artefacts, dice)]), now)  # fmt: skip
        rate = _value("heart_rate", 72 + dice.gauss(0, 2), second, events)
        said += one.take(
            DeviceData("strap", DeviceKind.STRAP, Origin.SIMULATED, [reading("heart_rate", rate)]), now
        )
        if second % CUFF_EVERY_S == CUFF_EVERY_S - 10:
            said += one.take(
                DeviceData("cuff", DeviceKind.CUFF, Origin.SIMULATED, [_cuff(second, events, dice)]), now
            )
        said += one.tick(now)
        said += _staff(one, now)
    _count(said, events, result)


def _staff(one: Monitor, now: Moment) -> list[Message]:
    """Somebody sees to every high alarm within half a minute."""
    seen: list[Message] = []
    for alarm in one.engine.open_alarms(now.at):
        if not alarm.acknowledged and now.at - alarm.since >= 30:
            seen += one.do(Acknowledge(alarm.alarm, alarm.seq, "nurse-1"), now)
    return seen


def _artefacts(dice: Random, result: Day) -> dict[int, tuple[float, bool]]:
    """Per second of an artefact: what the oximeter says, and whether it says that it is disturbed."""
    found: dict[int, tuple[float, bool]] = {}
    at = dice.expovariate(1 / ARTEFACT_EVERY_S)
    while at < SESSION_S:
        result.artefacts += 1
        flagged = dice.random() < FLAGGED
        for second in range(int(at), int(at + dice.expovariate(1 / ARTEFACT_MEAN_S)) + 1):
            found[second] = (dice.uniform(70, 89), flagged)
        at += dice.expovariate(1 / ARTEFACT_EVERY_S)
    return found


def _oximeter(
    second: int, events: list[TrueEvent], artefacts: dict[int, tuple[float, bool]], dice: Random
) -> Iterator[Reading]:
    spo2 = _value("spo2", 97 + dice.gauss(0, 0.7), second, events)
    pulse = _value("heart_rate", 72 + dice.gauss(0, 2), second, events)
    true = any(event.quantity == "spo2" and event.at <= second < event.at + event.lasts_s for event in events)
    value, flagged = artefacts.get(second, (spo2, False)) if not true else (spo2, False)
    yield Reading("spo2", round(min(value, 100)), *_quality(flagged=flagged))
    yield Reading("pulse_rate", round(pulse), *_quality(flagged=flagged))


def _quality(*, flagged: bool) -> tuple[Quality, str | None]:
    return (Quality.QUESTIONABLE, "artifact") if flagged else (Quality.VALID, None)


def _value(quantity: str, usual: float, second: int, events: list[TrueEvent]) -> float:
    for event in events:
        if event.quantity == quantity and event.at <= second < event.at + event.lasts_s:
            return event.value
    return usual


def _cuff(second: int, events: list[TrueEvent], dice: Random) -> BloodPressure:
    systolic = _value("systolic", 126 + dice.gauss(0, 4), second, events)
    diastolic = systolic * 0.62
    return blood_pressure(
        reading("systolic", systolic),
        reading("diastolic", diastolic),
        reading("mean_pressure", diastolic + (systolic - diastolic) / 3),
    )


def _count(said: list[Message], events: list[TrueEvent], result: Day) -> None:
    found = [message.payload for message in said if isinstance(message.payload, documents.AlarmEvent)]
    for event in events:
        if not any(_answers(each, event) for each in found):
            result.missed.append(event)
    for each in found:
        result.pages += each.page
        if each.event in ("start", "escalate") and not any(_explains(event, each) for event in events):
            result.false[each.priority] += 1


def _second(ts: str) -> float:
    return (datetime.fromisoformat(ts) - START).total_seconds()


def _answers(each: documents.AlarmEvent, event: TrueEvent) -> bool:
    news = each.event in ("start", "escalate") and each.priority == "high"
    return news and each.name == event.alarm and event.at <= _second(each.ts) <= event.at + event.within_s


def _explains(event: TrueEvent, each: documents.AlarmEvent) -> bool:
    """A true event explains its own alarm, while it lasts and for a while after."""
    return each.name == event.alarm and event.at <= _second(each.ts) <= event.at + event.lasts_s + 300


def _moment(second: float) -> Moment:
    return Moment(second, START + timedelta(seconds=second))

"""When the next cuff reading is due, and that a late one alarms."""

from __future__ import annotations

import pytest

from kapmonitor import documents
from kapmonitor.config import load_routes
from kapmonitor.errors import ConfigError
from kapmonitor.model import DeviceData, DeviceKind, Origin, Phase, Route, reading
from kapmonitor.monitor import Monitor
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import Timetable, parse_routes
from tests.alarms.script import cuff, default_rules
from tests.test_monitor import at


def test_every_route_has_a_timetable_for_every_phase_with_a_patient_under_the_drug() -> None:
    for table in load_routes().values():
        assert {Phase.READY, Phase.ONSET, Phase.PEAK, Phase.RECOVERY} <= set(table.cuff_every_min)


def test_the_next_reading_is_due_an_interval_after_the_last_or_after_the_phase() -> None:
    timetable = Timetable(load_routes()[Route.INTRAMUSCULAR])
    due = [timetable.due]
    timetable.enter(Phase.ONSET, 100)
    due.append(timetable.due)
    timetable.measured(250)
    due.append(timetable.due)
    timetable.enter(Phase.PEAK, 600)
    due.append(timetable.due)
    assert timetable.interval_s == 600
    timetable.enter(Phase.DISCHARGE, 700)
    assert [*due, timetable.due] == [None, 400, 550, 1200, None]


def test_mistakes_are_named_all_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_routes([{"route": "intramuscular", "cuff_every_min": {"onset": 0}}, {"route": "oral"}])
    said = "\n".join(refused.value.mistakes)
    for part in ("cuff_every_min.onset", "'oral'", "'intravenous' is missing"):
        assert part in said


def events(one: Monitor, seconds: range) -> list[tuple[int, str, str, str]]:
    """Each second with a pulse and an SpO2; what came of nibp-overdue."""
    found: list[tuple[int, str, str, str]] = []
    steady = [reading("spo2", 97), reading("pulse_rate", 70)]
    for second in seconds:
        messages = one.take(DeviceData("ox-1", DeviceKind.OXIMETER, Origin.SIMULATED, steady), at(second))
        messages += one.tick(at(second), show=False)
        for message in messages:
            if isinstance(message.payload, documents.AlarmEvent):
                event = message.payload
                found.append((second, event.name, event.event, event.priority))
    return found


def test_a_late_reading_alarms_low_then_medium_and_ends_with_the_reading() -> None:
    session = Session(
        "s", "room-1", "a", Route.INTRAMUSCULAR, drill=True, started=at(0), by="nurse-1", phase=Phase.ONSET
    )
    table = load_routes()[Route.INTRAMUSCULAR]
    one = Monitor(session, default_rules(), Origin.SIMULATED, table=table)
    one.begin(at(0))
    assert events(one, range(620)) == [
        (376, "nibp-overdue", "start", "low"),  # more than 75 s, a quarter of the interval, after 300 s
        (600, "nibp-overdue", "escalate", "medium"),
    ]
    measured = one.take(DeviceData("cuff-1", DeviceKind.CUFF, Origin.SIMULATED, [cuff(120, 80)]), at(620))
    ended = [m.payload.event for m in measured if isinstance(m.payload, documents.AlarmEvent)]
    assert ended == ["end"]

"""Histories of sessions as the record would give them, for whatever reads them: exports, reports, replays.

`two_hours()` went through the real monitor, second by second: a baseline, two doses, phases, cuff readings, a
low SpO2 that was acknowledged, a finger out of its sensor, ten minutes without the service, symptoms, an end,
and half a minute of a pleth. It holds a client and free words, so that tests can see where they come out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from kapmonitor import documents
from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.config import load_routes, load_rules
from kapmonitor.documents import Message
from kapmonitor.model import (
    DeviceData,
    DeviceKind,
    Moment,
    Observation,
    Origin,
    Phase,
    Quality,
    Route,
    blood_pressure,
    missing,
    reading,
)
from kapmonitor.monitor import Monitor
from kapmonitor.people import SERVICE
from kapmonitor.session import entries
from kapmonitor.session.entries import AnyWhat
from kapmonitor.session.fold import begun
from kapmonitor.session.history import QUALITIES, History, Series, WaveBlock
from kapmonitor.session.past import AlarmLine
from tests.sessions import NURSE

START = datetime(2026, 11, 21, 14, 32, 7, 125_000, tzinfo=UTC)
CODE, NUMBER, NAME = "KAP-0815", "4711/26", "Erika Mustermann"
"""Who it was: in the record, and nowhere else unless it is asked for."""
SECONDS = 7200
AWAY = range(3000, 3600)
"""The seconds in which the service was off."""
NO_FINGER = range(2000, 2150)
LOW = range(1500, 1590)
WAVES = range(900, 930)


def moment(second: float) -> Moment:
    return Moment(1000 + second, START + timedelta(seconds=second))


@cache
def two_hours() -> History:
    """All of it: simulated devices in a drill."""
    origin = Origin.SIMULATED
    opened = entries.Opened(
        room="room-1",
        seat="a",
        route=Route.INTRAMUSCULAR,
        drill=True,
        client=entries.Client(code=CODE, number=NUMBER),
        therapist="therapist-1",
    )
    session = begun("room-1-a-20261121-143207", opened, NURSE, moment(0))
    one = Monitor(session, load_rules(), origin, load_routes()[session.route])
    shown: list[documents.Vitals] = []
    alarms: list[AlarmLine] = []
    one.begin(moment(0))
    for second in range(SECONDS):
        now = moment(second)
        for what in COURSE.get(second, ()):
            one.enter(what, SERVICE if isinstance(what, entries.Gap) else NURSE, now)
        if second not in AWAY:
            for data in _said(second, origin):
                one.take(data, now)
            shown += _vitals(one.tick(now))
            _acknowledge(one, now)
        alarms += [_line(each, now) for each in one.drain()]
    return History(
        session=session,
        origin=origin,
        numerics=series(shown),
        waves={"pleth": _waves()},
        alarms=alarms,
    )


def series(shown: Sequence[documents.Vitals]) -> dict[str, Series]:
    """What the screen was told, by quantity."""
    names = dict.fromkeys(name for each in shown for name, one in each.values.items() if one.device)
    return {
        name: _series(name, [(each.ts, each.values[name]) for each in shown if name in each.values])
        for name in names
    }


def _series(name: str, found: Sequence[tuple[str, documents.Value]]) -> Series:
    there = [(ts, one) for ts, one in found if one.device is not None]
    devices = tuple(dict.fromkeys(one.device or "" for _, one in there))
    reasons = tuple(dict.fromkeys(["", *(one.reason or "" for _, one in there)]))
    times = [datetime.fromisoformat(ts) - datetime(1970, 1, 1, tzinfo=UTC) for ts, _ in there]
    return Series(
        quantity=name,
        unit=there[-1][1].unit,
        t_us=np.array([each // timedelta(microseconds=1) for each in times], np.int64),
        value=np.array([math.nan if one.value is None else one.value for _, one in there], np.float64),
        raw=np.array([math.nan if one.raw is None else one.raw for _, one in there], np.float64),
        quality=np.array([QUALITIES.index(Quality(one.quality)) for _, one in there], np.uint8),
        reason=np.array([reasons.index(one.reason or "") for _, one in there], np.uint8),
        device=np.array([devices.index(one.device or "") for _, one in there], np.uint8),
        devices=devices,
        reasons=reasons,
    )


def _vitals(messages: Sequence[Message]) -> Iterator[documents.Vitals]:
    for message in messages:
        if isinstance(message.payload, documents.Vitals):
            yield message.payload


def _line(t: Transition, now: Moment) -> AlarmLine:
    return AlarmLine(
        alarm=t.alarm,
        seq=t.seq,
        name=t.name,
        rule=t.rule,
        priority=t.priority,
        kind=t.kind,
        event=t.event,
        state=t.state,
        acknowledged=t.acknowledged,
        by=t.acknowledged_by,
        value=t.value,
        limit=t.limit,
        unit=t.unit,
        page=t.page,
        text=t.text,
        t=now.utc,
    )


def _acknowledge(one: Monitor, now: Moment) -> None:
    """Somebody sees to every alarm within half a minute."""
    for alarm in one.engine.open_alarms(now.at):
        if not alarm.acknowledged and now.at - alarm.since >= 30:
            one.do(Acknowledge(alarm.alarm, alarm.seq, NURSE.id), now)


def _said(second: int, origin: Origin) -> Iterator[DeviceData]:
    wave = math.sin(second / 40)
    yield _data("oximeter-1", DeviceKind.OXIMETER, origin, *_oximeter(second, wave))
    if second >= 60:
        yield _data("strap-1", DeviceKind.STRAP, origin, reading("heart_rate", round(72 + 4 * wave)))
    if second in CUFF:
        top, low = CUFF[second]
        three = (
            reading("systolic", top),
            reading("diastolic", low),
            reading("mean_pressure", low + (top - low) / 3),
        )
        one = blood_pressure(*three, reading("pulse_rate", 70), trigger="timetable")
        yield _data("cuff-1", DeviceKind.CUFF, origin, one)


def _oximeter(second: int, wave: float) -> Iterator[Observation]:
    names = ("spo2", "pulse_rate", "perfusion_index")
    if second in NO_FINGER:
        yield from (missing(name, "no_finger") for name in names)
        return
    weak = second % 600 in range(300, 306)
    quality, reason = (Quality.QUESTIONABLE, "artifact") if weak else (Quality.VALID, None)
    yield reading("spo2", 84 if second in LOW else round(97 + wave), quality, reason)
    yield reading("pulse_rate", round(71 + 4 * wave), quality, reason)
    yield reading("perfusion_index", round(2.5 + wave, 2), quality, reason)


def _data(device: str, kind: DeviceKind, origin: Origin, *said: Observation) -> DeviceData:
    return DeviceData(device, kind, origin, said)


def _waves() -> list[WaveBlock]:
    """Half a minute of a pleth at 60 Hz, a block a second."""
    samples = np.round(50 + 40 * np.sin(np.arange(60) / 60 * 2 * math.pi)).astype(np.float32)
    start = START - datetime(1970, 1, 1, tzinfo=UTC)
    return [
        WaveBlock(
            quantity="pleth",
            device="oximeter-1",
            t_us=(start + timedelta(seconds=second)) // timedelta(microseconds=1),
            rate_hz=60.0,
            values=samples,
        )
        for second in WAVES
    ]


CUFF: Mapping[int, tuple[float, float]] = {
    120: (121, 79), 300: (119, 77), 1080: (142, 91), 1680: (151, 95), 4200: (138, 88), 6900: (124, 80)
}  # fmt: skip
COURSE: Mapping[int, Sequence[AnyWhat]] = {
    1: (
        entries.DeviceUsed(
            device="oximeter-1",
            device_kind="oximeter",
            driver="contec-cms50",
            serial="SN-1",
            origin=Origin.SIMULATED,
        ),
        entries.DeviceUsed(
            device="strap-1",
            device_kind="strap",
            driver="heart-rate-strap",
            model="H10",
            firmware="3.1",
            battery=80.0,
        ),
        entries.DeviceUsed(device="cuff-1", device_kind="cuff", driver="suntech-nibp"),
        entries.Screened(medicines=("benzodiazepine",), text=f"{NAME} takes lorazepam"),
        entries.PhaseEntered(phase=Phase.BASELINE),
    ),
    360: (
        entries.BaselineConfirmed(
            values={"systolic": 120.0, "diastolic": 78.0, "heart_rate": 72.0, "spo2": 97.0},
            posture=f"{NAME} sits",
        ),
        entries.PhaseEntered(phase=Phase.READY),
        entries.HoldPassed(
            gate="pagers", reason=f"{NAME} asked", because=("nobody",), shown="Nobody answered."
        ),
    ),
    480: (
        entries.Dose(
            drug="ketamine",
            amount=60.0,
            unit="mg",
            route=Route.INTRAMUSCULAR,
            lot="L-77",
            closed=("pagers",),
            reason=f"=HYPERLINK({NAME})",
        ),
        entries.PhaseEntered(phase=Phase.ONSET),
    ),
    1080: (entries.PhaseEntered(phase=Phase.PEAK, reason=f"{NAME} is ready"),),
    1200: (entries.Symptom(symptom="nausea", severity="mild", text=f"{NAME} feels sick"),),
    1260: (entries.Symptom(symptom="sedation", score=3),),
    1300: (
        entries.Dose(
            drug="ketamine",
            amount=20.0,
            unit="mg",
            route=Route.INTRAMUSCULAR,
            given=START + timedelta(seconds=1290),
        ),
    ),
    1520: (
        entries.HelpCalled(),
        entries.Oxygen(flow_l_min=2.0),
        entries.Intervention(what=f"{NAME}: chin lift", recheck_min=5),
    ),
    1800: (entries.Oxygen(flow_l_min=0.0), entries.Rechecked(of=18, text=f"{NAME} is well")),
    1900: (entries.Typed(quantity="respiratory_rate", value=14.0, measured=START + timedelta(seconds=1880)),),
    2000: (entries.Interrupted(minutes=3, with_whom=NAME),),
    2100: (
        entries.Symptom(symptom="nausea", resolved=True),
        entries.Symptom(symptom="chest_pain", severity="moderate", serious=True),
    ),
    2400: (
        entries.Note(text=f'+{NAME} spoke, of "home"\nand more'),
        entries.Typed(quantity="temperature", value=36.9),
    ),
    3600: (entries.Gap(since=START + timedelta(seconds=2999), until=START + timedelta(seconds=3600)),),
    3900: (entries.PhaseEntered(phase=Phase.RECOVERY), entries.Symptom(symptom="sedation", score=5)),
    4000: (
        entries.SwitchedOff(rule="nibp-overdue", reason=f"{NAME} sleeps"),
        entries.Correction(of=3, text=f"@{NAME}"),
    ),
    4300: (
        entries.Measured(
            id="typed-1",
            systolic=131.0,
            diastolic=None,
            quality=Quality.QUESTIONABLE,
            reason="implausible",
            trigger="typed",
            origin=Origin.MANUAL,
            measured=START + timedelta(seconds=4260),
        ),
        entries.CuffFailed(reason="not_a_number", tries=2),
    ),
    6800: (
        entries.PhaseEntered(phase=Phase.DISCHARGE),
        entries.ItemSigned(item="transport", text=f"{NAME}'s sister drives"),
    ),
    7190: (entries.Ended(reason=f"{NAME} goes home", open_items=("observed",)),),
}

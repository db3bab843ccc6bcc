"""Any history that a record could give: gaps, nothing at all, one sample, a clock that was set back."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from kapmonitor.model import Moment, Origin, Phase, Quality, Route
from kapmonitor.people import Person, Role
from kapmonitor.quantities import QUANTITIES
from kapmonitor.session import entries
from kapmonitor.session.fold import apply, begun
from kapmonitor.session.history import QUALITIES, History, Series, Unrecorded, WaveBlock
from kapmonitor.session.past import AlarmLine
from kapmonitor.session.session import Session

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_NOON_US = (NOON - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
NURSE = Person("nurse-1", Role.MEDICAL)
REASONS = ("", "no_finger", "artifact", "stale")
DEVICES = ("oximeter-1", "oximeter-2")
words = st.text(max_size=20)
seconds = st.one_of(st.integers(0, 300), st.integers(-90_000, 90_000))
"""Mostly near to each other, now and then hours apart or before the start."""
instants = st.builds(
    lambda s, us: NOON + timedelta(seconds=s, microseconds=us), seconds, st.integers(0, 999_999)
)
whats: st.SearchStrategy[entries.AnyWhat] = st.one_of(
    st.builds(entries.Note, text=words),
    st.builds(entries.PhaseEntered, phase=st.sampled_from(Phase), reason=words),
    st.builds(
        entries.Dose,
        drug=st.sampled_from(["ketamine", "esketamine", "=cmd"]),
        amount=st.floats(0.1, 500),
        unit=st.sampled_from(["mg", "mg/kg", "drops"]),
        route=st.sampled_from(Route),
        lot=words,
        given=st.none() | instants,
    ),
    st.builds(
        entries.Measured,
        id=st.just("nibp-1"),
        systolic=st.none() | st.floats(40, 280),
        diastolic=st.none() | st.floats(20, 200),
        mean=st.none() | st.floats(20, 280),
        pulse=st.none() | st.floats(20, 250),
        quality=st.sampled_from(Quality),
        origin=st.sampled_from(Origin),
        device=st.sampled_from(["", "cuff-1"]),
        measured=st.none() | instants,
    ),
    st.builds(
        entries.Symptom,
        symptom=st.sampled_from(["nausea", "sedation", "something_else"]),
        severity=st.sampled_from([None, "mild", "moderate", "severe"]),
        score=st.none() | st.integers(0, 5),
        resolved=st.booleans(),
        serious=st.booleans(),
        text=words,
    ),
    st.builds(
        entries.Typed, quantity=st.sampled_from(["respiratory_rate", "spo2", "else"]), value=st.floats(0, 100)
    ),
    st.builds(entries.Gap, since=instants, until=instants),
    st.builds(entries.CuffFailed, reason=st.just("leak"), tries=st.integers(1, 3)),
    st.builds(entries.DeviceUsed, device=st.just("cuff-1"), device_kind=st.just("cuff"), driver=st.just("x")),
    st.builds(entries.SwitchedOff, rule=st.sampled_from(["spo2-low", "help"]), reason=words),
    st.builds(entries.Unreadable),
)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    opened = entries.Opened(
        room="room-1",
        seat="a",
        route=Route.INTRAMUSCULAR,
        drill=draw(st.booleans()),
        client=entries.Client(code="KAP-0815", number="4711/26 b"),
    )
    session = begun("room-1-a-20261121-120000", opened, NURSE, Moment(0.0, NOON))
    for place, (what, utc) in enumerate(draw(st.lists(st.tuples(whats, instants), max_size=6)), 1):
        apply(session, session.next_entry(what, NURSE, Moment(float(place), utc)))
    return session


@st.composite
def rows(draw: st.DrawFn, quantity: str) -> Series:
    steps = draw(st.lists(st.sampled_from([1.0, 1.0, 1.0, 0.98, 1.02, 30.0, 7200.0]), max_size=40))
    start = draw(instants)
    first = (start - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    count = len(steps) + draw(st.integers(0, 1))
    times = first + np.cumsum([0, *(round(step * 1e6) for step in steps)], dtype=np.int64)[:count]
    row = QUANTITIES[quantity]
    numbers = st.one_of(st.just(math.nan), st.floats(row.low, row.high).map(lambda value: round(value, 2)))

    def several(one: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(one, min_size=count, max_size=count))

    codes = st.integers(0, len(QUALITIES) - 1)
    return Series(
        quantity=quantity,
        unit=row.unit,
        t_us=times,
        value=np.array(several(numbers), np.float64),
        raw=np.array(several(numbers), np.float64),
        quality=np.array(several(codes), np.uint8),
        reason=np.array(several(st.integers(0, len(REASONS) - 1)), np.uint8),
        device=np.array(several(st.integers(0, len(DEVICES) - 1)), np.uint8),
        devices=DEVICES,
        reasons=REASONS,
    )


unrecorded = st.builds(
    Unrecorded,
    what=st.sampled_from(["numeric", "wave"]),
    since=instants,
    until=instants,
    rows=st.integers(1, 999),
)
blocks = st.builds(
    WaveBlock,
    quantity=st.just("ecg"),
    device=st.sampled_from(DEVICES),
    t_us=seconds.map(lambda second: _NOON_US + second * 1_000_000),
    rate_hz=st.sampled_from([60.0, 125.0, 129.87]),
    values=st.lists(st.floats(-1e9, 1e9, width=32) | st.just(math.nan), min_size=1, max_size=150).map(
        lambda values: np.array(values, np.float32)
    ),
)
lines = st.builds(
    AlarmLine,
    alarm=st.sampled_from(["a-1", "a-2"]),
    seq=st.integers(1, 9),
    name=st.sampled_from(["spo2-low", "help"]),
    rule=st.sampled_from(["spo2-low", "spo2-critical"]),
    priority=st.sampled_from(["low", "medium", "high"]),
    kind=st.sampled_from(["physiological", "technical"]),
    event=st.sampled_from(["start", "update", "acknowledge", "end"]),
    state=st.sampled_from(["active", "latched", "inactive"]),
    acknowledged=st.booleans(),
    by=st.none() | st.just("nurse-1"),
    value=st.none() | st.floats(0, 300),
    limit=st.none() | st.floats(0, 300),
    unit=st.just("%"),
    page=st.booleans(),
    text=st.just("SpO2 low"),
    t=instants,
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    names = draw(st.lists(st.sampled_from(["spo2", "heart_rate", "rr_interval"]), unique=True))
    return History(
        session=draw(sessions()),
        origin=draw(st.sampled_from(Origin)),
        numerics={name: draw(rows(name)) for name in names},
        waves=draw(st.just({}) | st.lists(blocks, max_size=3).map(lambda found: {"ecg": found})),
        alarms=draw(st.lists(lines, max_size=5)),
        unrecorded=draw(st.lists(unrecorded, max_size=2)),
    )

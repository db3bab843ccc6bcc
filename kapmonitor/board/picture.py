"""What a picture is made of, and when a number may be in it.

A number is in a picture only while it is fresh and valid; anything else is None with a reason, never the
last good number and never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from kapmonitor import documents
from kapmonitor.alarms.shown import Limits
from kapmonitor.model import Quality
from kapmonitor.quantities import QUANTITIES

PRESSURES = ("systolic", "diastolic", "mean_pressure")
COUNTING = frozenset(quality.value for quality in Quality if quality.counts)


class RoomDevice(msgspec.Struct, frozen=True):
    """A device as configured; `kind` as in `model.DeviceKind`."""

    id: str
    kind: str
    seat: str = "a"


class Room(msgspec.Struct, frozen=True):
    """A room as configured, with its seats and devices in the order in which they are shown."""

    id: str
    seats: Sequence[str] = ("a",)
    devices: Sequence[RoomDevice] = ()


class ShownDevice(msgspec.Struct, frozen=True):
    """A device as it stands; `status` and `origin` are None before anything was heard of it.

    `battery` in percent; `text` and `advice` are its supervisor's words for staff.
    """

    id: str
    kind: str
    status: str | None
    origin: str | None = None
    model: str = ""
    battery: float | None = None
    text: str = ""
    advice: str = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity: `value` in `unit`, or None and the `reason`; ages and delays in seconds.

    The value may be shown until it is `fresh_s` old: whoever shows it goes on counting from `age_s`.
    """

    value: float | None
    unit: str
    quality: str
    reason: str | None
    age_s: float | None
    fresh_s: float
    low: float | None
    high: float | None
    device: str | None
    delay_s: float


class ShownPressure(msgspec.Struct, frozen=True, kw_only=True):
    """The last cuff measurement: pressures in mmHg, pulse in /min; or None and a reason.

    `limits` by the names of `kapmonitor.quantities`.
    """

    systolic: float | None
    diastolic: float | None
    mean: float | None
    pulse: float | None
    quality: str
    reason: str | None
    age_s: float
    fresh_s: float
    trigger: str
    limits: Mapping[str, Limits]


class ShownSession(msgspec.Struct, frozen=True):
    """An open session; `values` by the quantity's name, `state` what people have quietened in it."""

    id: str
    phase: str
    started: str
    values: Mapping[str, Shown]
    nibp: ShownPressure | None
    state: documents.SessionState | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One seat of one room. `marks`: origins other than live, and `drill`, of anything that is shown here.

    `question`: what the service asks about it while it has no session; empty where it asks nothing.
    """

    room: str
    seat: str
    only_seat: bool
    marks: Sequence[str]
    session: ShownSession | None
    devices: Sequence[ShownDevice]
    question: str = ""


class Picture(msgspec.Struct, frozen=True):
    """Everything at one moment: all places in fixed order; the alarms in force, worst and newest first."""

    ts: str
    places: Sequence[Place]
    alarms: Sequence[documents.Alarm]


def seconds_since(ts: str, now: datetime) -> float:
    """How long before `now` the document's time `ts` lies; negative where it lies ahead."""
    return (now - datetime.fromisoformat(ts)).total_seconds()


def shown_value(name: str, value: documents.Value, passed: float, limits: Limits) -> Shown:
    """One value, judged by its age: what it had in its document, and the seconds that `passed` since."""
    fresh_s = QUANTITIES[name].fresh_s if name in QUANTITIES else 0.0
    age_s = None if value.age_s is None else value.age_s + passed
    problem = _problem(value.value, value.quality, value.reason)
    if age_s is None or age_s > fresh_s:
        problem = problem or ("stale" if age_s is not None else "never")
    return Shown(
        value=None if problem else value.value,
        unit=value.unit,
        quality=value.quality,
        reason=problem,
        age_s=age_s,
        fresh_s=fresh_s,
        low=limits[0],
        high=limits[1],
        device=value.device,
        delay_s=value.delay_s,
    )


def shown_pressure(nibp: documents.Nibp, now: datetime, limits: Mapping[str, Limits]) -> ShownPressure:
    """One cuff measurement, judged by its age; a time ahead of `now` is as suspect as an old one."""
    age_s, fresh_s = abs(seconds_since(nibp.ts, now)), QUANTITIES["systolic"].fresh_s
    both = nibp.diastolic if nibp.systolic is not None else None
    problem = _problem(both, nibp.quality, nibp.reason) or ("stale" if age_s > fresh_s else None)
    return ShownPressure(
        systolic=None if problem else nibp.systolic,
        diastolic=None if problem else nibp.diastolic,
        mean=None if problem else nibp.mean,
        pulse=None if problem else nibp.pulse,
        quality=nibp.quality,
        reason=problem,
        age_s=age_s,
        fresh_s=fresh_s,
        trigger=nibp.trigger,
        limits={name: limits[name] for name in PRESSURES if name in limits},
    )


def shown_state(state: documents.SessionState, now: datetime) -> documents.SessionState:
    """What people have quietened, without what has run out: a service that is gone says no more."""
    paused, there = state.audio_paused_until, state.interruption
    return msgspec.structs.replace(
        state,
        audio_paused_until=None if paused is None or seconds_since(paused, now) >= 0 else paused,
        interruption=None if there is None or seconds_since(there.until, now) >= 0 else there,
    )


def _problem(value: float | None, quality: str, reason: str | None) -> str | None:
    """Why a number may not be shown whatever its age, None where it may."""
    if value is not None and quality in COUNTING:
        return None
    if reason is not None:
        return reason
    return "not_available" if quality in COUNTING else quality

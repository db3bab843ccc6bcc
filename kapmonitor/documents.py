"""What leaves the process: the JSON documents of docs/formats.md, as msgspec structs, and their topics.

MQTT, the board and the web speak these and nothing else. Every document carries `schema`, `origin` and
`drill`; times are RFC 3339 UTC with milliseconds; ids match `[a-z0-9-]+`; nothing identifies a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

SCHEMA = 1
Status = Literal["online", "offline", "degraded"]
STATUS_ONLINE: Status = "online"
STATUS_OFFLINE: Status = "offline"
STATUS_DEGRADED: Status = "degraded"
Priority = Literal["high", "medium", "low"]
AlarmKind = Literal["physiological", "technical"]
AlarmState = Literal["active", "latched", "inactive"]
Called = Literal["nobody", "calling", "delivered", "not-confirmed", "coming", "everyone"]
"""How far the pagers are with an alarm: nobody is called; somebody is, and has not confirmed yet; a pager has
it; none has after 15 s; somebody is coming; everybody is called and the station sounds."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What every document has. `drill`: an exercise or a simulation; nobody is being treated."""

    schema: int = SCHEMA
    origin: str
    drill: bool = False


class Heartbeat(Document, frozen=True, kw_only=True):
    """The service is alive; every 2 s. `seq` rises by one, and starts at 1 with each start of the service.

    `chain`: the head of the record's chain of hashes, in hexadecimal; empty where nothing is recorded.
    """

    seq: int
    ts: str
    chain: str = ""


class DeviceInfo(Document, frozen=True, kw_only=True):
    """What a device is. `battery` in percent, None where unknown.

    `text` says how its supervisor stands with it, `advice` what staff can do about it; both in plain words.
    """

    driver: str
    kind: str
    model: str
    room: str
    seat: str
    battery: float | None = None
    text: str = ""
    advice: str = ""


class SessionMeta(Document, frozen=True, kw_only=True):
    """A session that is open."""

    room: str
    seat: str
    phase: str
    started: str


class PlaceQuestion(Document, frozen=True, kw_only=True):
    """Something that the service asks about a seat without a session; `question` is its name."""

    room: str
    seat: str
    question: str
    text: str
    since: str


class PlannedInterruption(msgspec.Struct, frozen=True, kw_only=True):
    """The sensors are off on purpose, as `by` has said, `until` then at the latest."""

    by: str
    until: str


class SwitchedOff(msgspec.Struct, frozen=True, kw_only=True):
    """One rule is not judged, for the rest of the session. Why, as `by` wrote it, stays in the record."""

    rule: str
    by: str
    since: str


class ToDo(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is due: `at`, or (None) as soon as somebody can; `holds`: what holds it up.

    `question`: the name of the question that it asks, empty where it asks none. `note`: only to be known.
    """

    text: str
    at: str | None = None
    holds: Sequence[str] = ()
    question: str = ""
    note: bool = False


class GateState(msgspec.Struct, frozen=True, kw_only=True):
    """One gate before a dose; `passed`: somebody has let the next dose pass it."""

    name: str
    open: bool
    passed: bool
    hard: bool
    text: str


class OpenSymptom(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was seen in the patient and is not over; `score`: MOAA/S."""

    symptom: str
    since: str
    severity: str | None = None
    score: int | None = None


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session stands and what is to be done in it; times are RFC 3339, None where there is none.

    `baseline`: the confirmed values by quantity. `cuff`: none, by-hand, away, idle or measuring.
    """

    route: str
    phase_since: str
    first_dose: str | None
    last_dose: str | None
    doses: int
    baseline: Mapping[str, float] | None
    preset: str
    cuff: str
    cuff_due: str | None
    cuff_due_why: str
    deferred_until: str | None
    series_until: str | None
    oxygen_l_min: float
    symptoms: Sequence[OpenSymptom]
    gates: Sequence[GateState]
    to_do: Sequence[ToDo]
    present: Sequence[str]


class SessionState(Document, frozen=True, kw_only=True):
    """Where a session stands, and what people have quietened in it: sounds, missing data, rules.

    `limits`: per quantity the low and the high one that alarm first, where staff have moved one in it.
    """

    ts: str
    audio_paused_until: str | None = None
    interruption: PlannedInterruption | None = None
    off: Sequence[SwitchedOff] = ()
    limits: Mapping[str, tuple[float | None, float | None]] = {}
    work: Work | None = None


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity as shown: `value` smoothed for eyes, `raw` the newest as read, both in `unit` or None.

    `age_s` is the age of `raw` in seconds, None where there never was one; `delay_s` is how far the
    smoothing lags behind `raw`.
    """

    value: float | None
    raw: float | None
    unit: str
    quality: str
    reason: str | None = None
    age_s: float | None = None
    device: str | None = None
    delay_s: float = 0.0


class Hrv(msgspec.Struct, frozen=True, kw_only=True):
    """Beat-to-beat variability of the last minute; `rmssd_ms` None while too few beats were accepted.

    `rejected` is the share of RR intervals (0..1) that were taken for artefacts.
    """

    rmssd_ms: float | None
    rejected: float


class Vitals(Document, frozen=True, kw_only=True):
    """All live quantities of a session, once a second; `seq` rises by one."""

    ts: str
    seq: int
    values: Mapping[str, Value]
    hrv: Hrv | None = None


class Nibp(Document, frozen=True, kw_only=True):
    """One cuff measurement; pressures in mmHg, pulse in /min; `trigger` says who asked for it."""

    id: str
    ts: str
    systolic: float | None
    diastolic: float | None
    mean: float | None
    pulse: float | None
    quality: str
    reason: str | None = None
    trigger: str = "unknown"


class Snapshot(Document, frozen=True, kw_only=True):
    """The last vitals and cuff measurement, for whoever comes late; worth nothing after `expires_at`."""

    ts: str
    vitals: Vitals | None
    nibp: Nibp | None
    expires_at: str


class Wave(Document, frozen=True, kw_only=True):
    """A block of at least 250 ms of a waveform; `ts` is the time of its first sample."""

    ts: str
    rate_hz: float
    values: Sequence[float]


class Alarm(Document, frozen=True, kw_only=True):
    """One alarm as it stands. `alarm` is the instance's id, `name` the hazard, `rule` the tier that holds.

    A larger `seq` is newer. `value` is in `unit`; `limit` is the limit that it broke. `coming`: who has said
    on a pager to be on the way.
    """

    alarm: str
    name: str
    rule: str
    session: str
    room: str
    seat: str
    priority: Priority
    kind: AlarmKind
    state: AlarmState
    acknowledged: bool
    acknowledged_by: str | None
    coming: str | None
    seq: int
    since: str
    ts: str
    value: float | None
    unit: str
    limit: float | None
    text: str
    advice: str = ""
    called: Called = "nobody"


class AlarmEvent(Document, frozen=True, kw_only=True):
    """One transition of an alarm; `event` in the words of IHE ACM, `page`: it goes to the pagers."""

    alarm: str
    name: str
    rule: str
    session: str
    room: str
    seat: str
    priority: Priority
    event: str
    state: AlarmState
    acknowledged: bool
    value: float | None
    page: bool
    seq: int
    ts: str


class Retained(msgspec.Struct, frozen=True):
    """How a topic is published: MQTT `qos`, and whether the broker keeps the newest."""

    qos: int
    retain: bool


QUICK = Retained(qos=0, retain=False)
SURE = Retained(qos=1, retain=False)
KEPT = Retained(qos=1, retain=True)


class Message(msgspec.Struct, frozen=True):
    """One publication: the topic below `kap/v1/{site}/`, its payload, and how it is sent.

    `payload` is a document, a bare status word, or None, which empties a retained topic.
    """

    topic: str
    payload: Document | str | None
    how: Retained


def encode(payload: Document | str | None) -> bytes:
    """The bytes that go on the wire: UTF-8 JSON, the bare word, or nothing."""
    if payload is None:
        return b""
    return payload.encode() if isinstance(payload, str) else msgspec.json.encode(payload)


def root(site: str) -> str:
    """The tree that a site's service owns."""
    return f"kap/v1/{site}"


def service_status(status: Status) -> Message:
    """Whether the service runs; also the last will."""
    return Message("service/status", status, KEPT)


def heartbeat(document: Heartbeat) -> Message:
    """The service's pulse."""
    return Message("service/heartbeat", document, QUICK)


def device_status(device: str, status: Status | None) -> Message:
    """Whether a device can be relied on."""
    return Message(f"device/{device}/status", status, KEPT)


def device_info(device: str, document: DeviceInfo | None) -> Message:
    """What a device is."""
    return Message(f"device/{device}/info", document, KEPT)


def place_question(room: str, seat: str, document: PlaceQuestion | None) -> Message:
    """A question about a seat; None once it is answered."""
    return Message(f"place/{room}/{seat}/question", document, KEPT)


def session_meta(session: str, document: SessionMeta | None) -> Message:
    """A session's room and phase; None at its end."""
    return Message(f"session/{session}/meta", document, KEPT)


def session_state(session: str, document: SessionState | None) -> Message:
    """What people have quietened in a session; None at its end."""
    return Message(f"session/{session}/state", document, KEPT)


def session_vitals(session: str, document: Vitals) -> Message:
    """The second's values."""
    return Message(f"session/{session}/vitals", document, QUICK)


def session_nibp(session: str, document: Nibp) -> Message:
    """A cuff measurement."""
    return Message(f"session/{session}/nibp", document, SURE)


def session_snapshot(session: str, document: Snapshot | None) -> Message:
    """The complete set for late joiners; None at the session's end."""
    return Message(f"session/{session}/snapshot", document, KEPT)


def session_wave(session: str, quantity: str, document: Wave) -> Message:
    """A block of a waveform."""
    return Message(f"session/{session}/wave/{quantity}", document, QUICK)


def alarm(document: Alarm) -> Message:
    """An alarm as it stands."""
    return Message(f"alarm/{document.alarm}", document, KEPT)


def alarm_cleared(alarm_id: str) -> Message:
    """Ten minutes after an alarm is over its document goes."""
    return Message(f"alarm/{alarm_id}", None, KEPT)


def alarm_event(document: AlarmEvent) -> Message:
    """A transition of an alarm."""
    return Message(f"alarm/{document.alarm}/event", document, SURE)

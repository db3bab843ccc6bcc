"""Keeps the newest document of everything, and makes a picture of it on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kapmonitor import documents
from kapmonitor.alarms.shown import NO_LIMITS, Limits
from kapmonitor.board.picture import (
    Picture,
    Place,
    Room,
    RoomDevice,
    ShownDevice,
    ShownSession,
    seconds_since,
    shown_pressure,
    shown_state,
    shown_value,
)
from kapmonitor.model import Origin, rfc3339

Payload = documents.Document | str | None
PRIORITIES = ("high", "medium", "low")
SAME_LIMITS = {"pulse_rate": "heart_rate"}  # two sources of one rate


@dataclass(slots=True)
class _Session:
    meta: documents.SessionMeta | None = None
    vitals: documents.Vitals | None = None
    nibp: documents.Nibp | None = None
    snapshot: documents.Snapshot | None = None
    state: documents.SessionState | None = None

    def newest(self, now: datetime) -> tuple[documents.Vitals | None, documents.Nibp | None]:
        """What was heard live, else what a snapshot says that has not expired."""
        late = self.snapshot
        if late is None or seconds_since(late.expires_at, now) > 0:
            return self.vitals, self.nibp
        return self.vitals or late.vitals, self.nibp or late.nibp


@dataclass(slots=True)
class _Device:
    status: str | None = None
    info: documents.DeviceInfo | None = None


@dataclass(slots=True)
class Board:
    """All rooms as the documents tell, until the documents' topics are emptied.

    `limits` are shown beside the numbers, by quantity; they decide nothing here.
    """

    rooms: Sequence[Room]
    limits: Mapping[str, Limits]
    _devices: dict[str, _Device] = field(default_factory=dict[str, _Device])
    _sessions: dict[str, _Session] = field(default_factory=dict[str, _Session])
    _alarms: dict[str, documents.Alarm] = field(default_factory=dict[str, documents.Alarm])
    _questions: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def apply(self, message: documents.Message) -> None:
        """Take in one publication; topics that no screen shows are passed over."""
        match message.topic.split("/"):
            case ["device", device, part]:
                self._apply_device(device, part, message.payload)
            case ["session", session, part]:
                self._apply_session(session, part, message.payload)
            case ["alarm", alarm]:
                self._apply_alarm(alarm, message.payload)
            case ["place", room, seat, "question"]:
                asked = message.payload
                self._questions[room, seat] = asked.text if isinstance(asked, documents.PlaceQuestion) else ""
            case _:
                pass

    def _apply_device(self, ident: str, part: str, payload: Payload) -> None:
        device = self._devices.setdefault(ident, _Device())
        if part == "status" and not isinstance(payload, documents.Document):
            device.status = payload
        elif part == "info" and (payload is None or isinstance(payload, documents.DeviceInfo)):
            device.info = payload
        if device.status is None and device.info is None:
            del self._devices[ident]

    def _apply_session(self, ident: str, part: str, payload: Payload) -> None:
        session = self._sessions.get(ident, _Session())
        match part, payload:
            case "meta", documents.SessionMeta() | None:
                session.meta = payload
            case "snapshot", documents.Snapshot() | None:
                session.snapshot = payload
            case "state", documents.SessionState() | None:
                session.state = payload
            case "vitals", documents.Vitals():
                session.vitals = payload
            case "nibp", documents.Nibp():
                session.nibp = payload
            case _:
                return
        ended = part == "meta" and payload is None
        if ended or (session.meta, session.snapshot, session.state) == (None, None, None):
            self._sessions.pop(ident, None)  # also what straggles in after the end: it opens nothing
        else:
            self._sessions[ident] = session

    def _apply_alarm(self, ident: str, payload: Payload) -> None:
        if payload is None:
            self._alarms.pop(ident, None)
        elif isinstance(payload, documents.Alarm):
            known = self._alarms.get(ident)
            if known is None or payload.seq >= known.seq:
                self._alarms[ident] = payload

    def alarms(self) -> list[documents.Alarm]:
        """The alarms in force, by priority, then the newest first."""
        found = [alarm for alarm in self._alarms.values() if alarm.state != "inactive"]
        found.sort(key=lambda alarm: alarm.since, reverse=True)
        return sorted(found, key=lambda alarm: PRIORITIES.index(alarm.priority))

    def picture(self, now: datetime) -> Picture:
        """All rooms as they may be shown at `now`, by the clock that stamped the documents."""
        sessions = self._seated()
        places = [
            self._place(room, seat, sessions.get((room.id, seat)), now)
            for room in self._all_rooms(sessions)
            for seat in room.seats
        ]
        return Picture(rfc3339(now), places, self.alarms())

    def _seated(self) -> dict[tuple[str, str], str]:
        """The newest session of every seat that has one."""
        metas = [(ident, session.meta) for ident, session in self._sessions.items() if session.meta]
        metas.sort(key=lambda pair: pair[1].started)
        return {(meta.room, meta.seat): ident for ident, meta in metas}

    def sessions_in(self, room: str) -> dict[str, str]:
        """The open sessions of a room, by seat."""
        return {seat: ident for (where, seat), ident in self._seated().items() if where == room}

    def _all_rooms(self, seated: Iterable[tuple[str, str]]) -> list[Room]:
        """The configured rooms, then any seat with a session that is not among them: none is hidden."""
        known = {(room.id, seat) for room in self.rooms for seat in room.seats}
        others = sorted(set(seated) - known)
        return [*self.rooms, *(Room(room, (seat,)) for room, seat in others)]

    def _place(self, room: Room, seat: str, ident: str | None, now: datetime) -> Place:
        session = None if ident is None else self._sessions[ident]
        here = [device for device in room.devices if device.seat == seat]
        shown = [] if session is None else [session.meta, *session.newest(now)]
        infos = [self._devices[device.id].info for device in here if device.id in self._devices]
        return Place(
            room=room.id,
            seat=seat,
            only_seat=len(room.seats) == 1,
            marks=_marks([*shown, *infos]),
            session=None if ident is None or session is None else self._shown_session(ident, session, now),
            devices=[self._shown_device(device) for device in here],
            question=self._questions.get((room.id, seat), "") if session is None else "",
        )

    def _shown_device(self, device: RoomDevice) -> ShownDevice:
        found = self._devices.get(device.id, _Device())
        info = found.info
        if info is None:
            return ShownDevice(device.id, device.kind, found.status)
        return ShownDevice(
            device.id, info.kind, found.status, info.origin, info.model, info.battery, info.text, info.advice
        )

    def _shown_session(self, ident: str, session: _Session, now: datetime) -> ShownSession | None:
        if session.meta is None:
            return None
        vitals, nibp = session.newest(now)
        values: Mapping[str, documents.Value] = {} if vitals is None else vitals.values
        passed = 0.0 if vitals is None else abs(seconds_since(vitals.ts, now))
        own = None if session.state is None else session.state.limits
        limits = own or self.limits
        return ShownSession(
            id=ident,
            phase=session.meta.phase,
            started=session.meta.started,
            values={
                name: shown_value(name, value, passed, _of(limits, name)) for name, value in values.items()
            },
            nibp=None if nibp is None else shown_pressure(nibp, now, limits),
            state=None if session.state is None else shown_state(session.state, now),
        )


def _of(limits: Mapping[str, Limits], name: str) -> Limits:
    return limits.get(name) or limits.get(SAME_LIMITS.get(name, name), NO_LIMITS)


def _marks(shown: Iterable[documents.Document | None]) -> list[str]:
    """Every way in which what is shown is not a patient's live data; the order is fixed."""
    there = [document for document in shown if document is not None]
    origins = {document.origin for document in there}
    marks = [str(origin) for origin in Origin if origin is not Origin.LIVE and origin in origins]
    return [*marks, "drill"] if any(document.drill for document in there) else marks

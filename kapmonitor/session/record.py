"""The record of a session, ordered as people read it: every entry once, in its chapter. Pure.

Nothing here is typed in a second time: it is the session's entries, the alarms, and what follows from both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from kapmonitor.model import Route, rfc3339
from kapmonitor.people import Role
from kapmonitor.quantities import QUANTITIES
from kapmonitor.session import entries
from kapmonitor.session.entries import AnyWhat, Client, Entry
from kapmonitor.session.past import AlarmLine
from kapmonitor.session.session import Session


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: `ts` is when it happened, `entered` when it was written, `minute` since the first dose.

    `corrections`: what was said about it later, in order.
    """

    entry: int
    ts: str
    entered: str
    by: str
    role: Role
    what: AnyWhat
    minute: float | None = None
    corrections: tuple[str, ...] = ()


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All of a session. `rules`: the hash of the limits in force; `ended`: "" while it is open.

    `staff`: everybody who entered something, with the role then. `total_min`: from the first dose to the end,
    None before. Units of the entries' fields: `UNITS`.
    """

    session: str
    site: str
    room: str
    seat: str
    route: Route
    drill: bool
    client: Client
    therapist: str
    rules: str
    started: str
    ended: str
    total_min: float | None
    staff: tuple[tuple[str, Role], ...]
    chapters: Mapping[str, tuple[Line, ...]]
    alarms: tuple[AlarmLine, ...]


CHAPTERS: Mapping[str, tuple[type[AnyWhat], ...]] = {
    "course": (entries.Opened, entries.PhaseEntered, entries.Moved, entries.Ended, entries.Reopened),
    "screening": (entries.Screened,),
    "baseline": (entries.BaselineConfirmed,),
    "holds": (entries.HoldPassed, entries.Answered),
    "doses": (entries.Dose, entries.Infusion, entries.Lozenge),
    "pressures": (entries.Measured, entries.CuffFailed),
    "cuff": (
        entries.PresetChosen,
        entries.ArmsSet,
        entries.CuffDeferred,
        entries.CuffSeries,
        entries.CuffAsked,
        entries.CuffStopped,
    ),
    "typed": (entries.Typed,),
    "symptoms": (entries.Symptom, entries.HelpCalled),
    "interventions": (entries.Intervention, entries.Rechecked, entries.Oxygen),
    "limits": (entries.LimitMoved, entries.SwitchedOff, entries.AudioPaused),
    "presence": (entries.Presence,),
    "interruptions": (entries.Interrupted, entries.InterruptionOver),
    "devices": (entries.DeviceUsed,),
    "gaps": (entries.Gap,),
    "checklist": (entries.ItemSigned,),
    "notes": (entries.Note, entries.Correction, entries.Unreadable),
}
"""Which kinds of entry stand in which chapter."""

UNITS: Mapping[str, str] = {
    **{name: quantity.unit for name, quantity in QUANTITIES.items()},
    "mean": "mmHg",
    "pulse": "/min",
    "respiratory_rate": "/min",
    "temperature": "degrees Celsius",
    "minute": "min",
    "minutes": "min",
    "total_min": "min",
    "recheck_min": "min",
    "rate_ml_h": "ml/h",
    "flow_l_min": "l/min",
    "score": "MOAA/S",
}
"""The unit of each number in the record, by the name of its field; a dose carries its own."""


def record(session: Session, alarms: Iterable[AlarmLine] = (), site: str = "") -> Record:
    """All that is known of `session`, with what its alarms did, in their order."""
    lines = lines_of(session)
    ended, first = session.ended, session.first_dose_at
    return Record(
        session=session.id,
        site=site,
        room=session.room,
        seat=session.seat,
        route=session.route,
        drill=session.drill,
        client=session.client,
        therapist=session.therapist,
        rules=session.rules,
        started=session.started.ts,
        ended=ended[0].ts if ended else "",
        total_min=round((ended[0].at - first) / 60, 1) if ended and first is not None else None,
        staff=_staff(session.entries),
        chapters={name: chapter(lines, *kinds) for name, kinds in CHAPTERS.items()},
        alarms=tuple(alarms),
    )


def lines_of(session: Session) -> tuple[Line, ...]:
    """Every entry, in the order of entering, with what was corrected in it."""
    corrections: dict[int, list[str]] = {}
    for entry in session.entries:
        if isinstance(entry.what, entries.Correction):
            corrections.setdefault(entry.what.of, []).append(entry.what.text)
    first = session.first_dose_at
    return tuple(_line(entry, first, corrections.get(entry.seq, [])) for entry in session.entries)


def chapter(lines: Sequence[Line], *kinds: type[AnyWhat]) -> tuple[Line, ...]:
    """The lines of these kinds, in the order in which things happened."""
    return tuple(sorted((line for line in lines if isinstance(line.what, kinds)), key=lambda line: line.ts))


def happened(what: AnyWhat) -> datetime | None:
    """When it was, where that is not when it was entered."""
    match what:
        case entries.Dose():
            return what.given
        case entries.Measured() | entries.Typed():
            return what.measured
        case _:
            return None


def _line(entry: Entry, first: float | None, corrections: Sequence[str]) -> Line:
    when = happened(entry.what)
    late = 0.0 if when is None else (when - entry.moment.utc).total_seconds()
    return Line(
        entry=entry.seq,
        ts=entry.moment.ts if when is None else rfc3339(when),
        entered=entry.moment.ts,
        by=entry.by,
        role=entry.role,
        what=entry.what,
        minute=None if first is None else round((entry.moment.at + late - first) / 60, 1),
        corrections=tuple(corrections),
    )


def _staff(found: Iterable[Entry]) -> tuple[tuple[str, Role], ...]:
    people = {(entry.by, entry.role): None for entry in found if entry.role is not Role.SERVICE}
    return tuple(people)

"""Sessions for tests, made as every session is: by their entries."""

from __future__ import annotations

from datetime import UTC, datetime

from kapmonitor.model import Moment, Phase, Route
from kapmonitor.people import Person, Role
from kapmonitor.session import fold
from kapmonitor.session.entries import AnyWhat, Entry, Opened, PhaseEntered
from kapmonitor.session.session import Session, session_id

NURSE = Person("nurse-1", Role.MEDICAL)
NOON = Moment(0.0, datetime(2026, 11, 21, 12, tzinfo=UTC))


def opened(
    *,
    room: str = "room-1",
    seat: str = "a",
    route: Route = Route.INTRAMUSCULAR,
    drill: bool = True,
    phase: Phase = Phase.SCREENING,
    at: Moment = NOON,
    by: Person = NURSE,
    rules: str = "",
    ident: str = "",
) -> Session:
    """A session that `by` opened at `at` and, in the same moment, brought to `phase`."""
    session = Session(ident or session_id(room, seat, at), at, by.id)
    enter(session, Opened(room=room, seat=seat, route=route, drill=drill, rules=rules), at, by)
    if phase is not Phase.SCREENING:
        enter(session, PhaseEntered(phase=phase), at, by)
    return session


def enter(session: Session, what: AnyWhat, at: Moment, by: Person = NURSE, key: str = "") -> Entry:
    """One more entry of `session`, which is returned."""
    entry = session.next_entry(what, by, at, key)
    fold.apply(session, entry)
    return entry

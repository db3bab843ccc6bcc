"""Sessions, alarms and states as rows of the tables, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import RowMapping

from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Moment, Origin, Phase, Route
from kapmonitor.session.session import Session
from kapmonitor.storage.times import shifted

Row = Mapping[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Restored(msgspec.Struct, frozen=True):
    """A session that was open when the service went away, on the clock of now.

    `state` is what its alarm engine remembered `away_s` seconds ago; `whole` is whether it could be read: if
    not, `state` has at most the alarms that were in force. `rules` is the hash of the
    rule set it ran under.
    """

    session: Session
    state: EngineState
    origin: Origin
    rules: str
    away_s: float
    whole: bool


def to_us(utc: datetime) -> int:
    """UTC as microseconds since 1970, exactly."""
    return (utc - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The inverse of `to_us`."""
    return _EPOCH + timedelta(microseconds=us)


def session_row(session: Session, origin: Origin, rules: str) -> Row:
    """An open session."""
    return {
        "id": session.id,
        "room": session.room,
        "seat": session.seat,
        "route": session.route.value,
        "drill": session.drill,
        "phase": session.phase.value,
        "started_us": to_us(session.started.utc),
        "ended_us": None,
        "by": session.by,
        "ended_by": None,
        "origin": origin.value,
        "rules": rules,
    }


def transition_row(session: str, t: Transition, moment: Moment) -> Row:
    """One transition; `moment` says what UTC belongs to its monotonic `at`."""
    offset_us = to_us(moment.utc) - round(moment.at * 1e6)
    return {
        "session": session,
        "alarm": t.alarm,
        "name": t.name,
        "rule": t.rule,
        "priority": t.priority.value,
        "kind": t.kind,
        "event": t.event,
        "state": t.state,
        "acknowledged": t.acknowledged,
        "by": t.acknowledged_by,
        "value": t.value,
        "limit": t.limit,
        "unit": t.unit,
        "page": t.page,
        "text": t.text,
        "seq": t.seq,
        "t_us": offset_us + round(t.at * 1e6),
        "mono_offset_us": offset_us,
    }


def state_row(session: str, state: EngineState, moment: Moment) -> Row:
    """What the engine remembers at `moment`; from here on it may change."""
    return {
        "session": session,
        "saved_us": to_us(moment.utc),
        "saved_at": moment.at,
        "state": msgspec.json.encode(state).decode(),
    }


def restored(row: RowMapping, kept: RowMapping | None, moment: Moment) -> Restored:
    """A row of `session` and its row of `alarm_state`, if there is one that can be read, as of `moment`.

    A wall clock that was set back while the service was away counts as no time away.
    """
    started = from_us(row["started_us"])
    session = Session(
        row["id"],
        row["room"],
        row["seat"],
        Route(row["route"]),
        row["drill"],
        Moment(moment.at - _seconds(moment, started), started),
        row["by"],
        Phase(row["phase"]),
    )
    state = None if kept is None else _read(kept["state"])
    away_s = 0.0 if kept is None else max(0.0, _seconds(moment, from_us(kept["saved_us"])))
    if kept is None or state is None:
        empty = EngineState(session.id, phase=session.phase)
        return Restored(session, empty, Origin(row["origin"]), row["rules"], away_s, whole=False)
    there = shifted(state, moment.at - away_s - kept["saved_at"])
    return Restored(session, there, Origin(row["origin"]), row["rules"], away_s, whole=True)


def _seconds(moment: Moment, earlier: datetime) -> float:
    return (moment.utc - earlier).total_seconds()


def _read(text: str) -> EngineState | None:
    try:
        return msgspec.json.decode(text, type=EngineState)
    except msgspec.MsgspecError:
        return None

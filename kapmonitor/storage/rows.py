"""Sessions, alarms and states as rows of the tables, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Moment, Origin
from kapmonitor.session.session import Session
from kapmonitor.storage.instants import Instant, Row, away_s, from_us, instant, to_us
from kapmonitor.storage.lines import folded
from kapmonitor.storage.times import shifted


class Restored(msgspec.Struct, frozen=True):
    """A session that was open when the service went away, on the clock of now.

    `state` is what its alarm engine remembered `away_s` seconds ago, at `away_since` (UTC), the last that was
    kept of this session. Where `state_whole` is false it has at most the alarms that were in force; where
    `entries_whole` is, some of the session's entries are `Unreadable`.
    """

    session: Session
    state: EngineState
    origin: Origin
    away_s: float
    away_since: datetime
    state_whole: bool
    entries_whole: bool

    @property
    def whole(self) -> bool:
        """Whether all of it could be read."""
        return self.state_whole and self.entries_whole


def session_row(session: Session, origin: Origin) -> Row:
    """A session as it is now."""
    over = session.ended
    return {
        "id": session.id,
        "room": session.room,
        "seat": session.seat,
        "route": session.route.value,
        "drill": session.drill,
        "phase": session.phase.value,
        "started_us": to_us(session.started.utc),
        "ended_us": None if over is None else to_us(over[0].utc),
        "by": session.by,
        "ended_by": None if over is None else over[1],
        "origin": origin.value,
        "rules": session.rules,
        "client": session.client.code,
    }


def transition_row(session: str, t: Transition, moment: Moment) -> Row:
    """One transition; `moment` says what UTC belongs to its monotonic `at`."""
    offset_us = instant(moment).mono_offset_us
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


def service_row(site: str, state: EngineState, moment: Moment) -> Row:
    """What the alarms of the service itself remember at `moment`."""
    row = state_row(site, state, moment)
    return {"site": row["session"], **{name: row[name] for name in ("saved_us", "saved_at", "state")}}


def service_restored(row: Row, moment: Moment) -> EngineState | None:
    """A row of `service_state` as of `moment`; None where it cannot be read."""
    state = _read(row["state"])
    if state is None:
        return None
    last = Instant(row["saved_us"], row["saved_us"] - round(row["saved_at"] * 1e6))
    return shifted(state, moment.at - away_s(last, moment) - row["saved_at"])


def restored(row: Row, lines: Sequence[Row], kept: Row | None, moment: Moment) -> Restored:
    """A row of `session`, its entries, and its row of `alarm_state` if that can be read, as of `moment`.

    A wall clock that was set back while the service was away counts as no time away.
    """
    last = last_kept(row, lines, kept)
    session, whole = folded(row, lines, last, moment)
    away = away_s(last, moment)
    state = None if kept is None else _read(kept["state"])
    if kept is not None and state is not None:
        state = shifted(state, moment.at - away - kept["saved_at"])
    return Restored(
        session,
        state or EngineState(session.id, phase=session.phase),
        Origin(row["origin"]),
        away,
        from_us(last.t_us),
        state_whole=state is not None,
        entries_whole=whole,
    )


def last_kept(row: Row, lines: Sequence[Row], kept: Row | None) -> Instant:
    """The last instant that is known of a session: of its state, else of its newest entry, else its start."""
    if kept is not None:
        return Instant(kept["saved_us"], kept["saved_us"] - round(kept["saved_at"] * 1e6))
    newest = lines[-1] if lines else {"t_us": row["started_us"], "mono_offset_us": 0}
    return Instant(newest["t_us"], newest["mono_offset_us"])


def _read(text: str) -> EngineState | None:
    try:
        return msgspec.json.decode(text, type=EngineState)
    except msgspec.MsgspecError:
        return None

"""Writes a session's documents: the same facts as the monitor has, in the words of docs/formats.md."""

from __future__ import annotations

from collections.abc import Mapping

from kapmonitor import documents
from kapmonitor.alarms.announce import Whose
from kapmonitor.alarms.state import EngineState, Interruption, SwitchedOff
from kapmonitor.documents import Message
from kapmonitor.model import Moment, Origin, rfc3339
from kapmonitor.session.entries import Measured
from kapmonitor.session.session import Session
from kapmonitor.waves import Block

SNAPSHOT_LASTS_S = 30.0
"""A snapshot is worth nothing after this, whoever finds it on a broker."""


class Scribe:
    """Puts session, room, seat, origin and drill on everything that is said about one session."""

    def __init__(self, session: Session, origin: Origin) -> None:
        """`origin` is what the session's devices are."""
        self._session = session
        self._origin = origin
        self._seq = 0
        self._told: object = None
        self.whose = self._whose()

    def moved(self) -> None:
        """The session is in another place: what is said of it from now on names that one."""
        self.whose = self._whose()

    def _whose(self) -> Whose:
        session = self._session
        return Whose(
            origin=self._origin,
            drill=session.drill,
            session=session.id,
            room=session.room,
            seat=session.seat,
        )

    def meta(self) -> Message:
        """The session's room and phase."""
        document = documents.SessionMeta(
            origin=self._origin,
            drill=self._session.drill,
            room=self._session.room,
            seat=self._session.seat,
            phase=self._session.phase,
            started=self._session.started.ts,
        )
        return documents.session_meta(self._session.id, document)

    def state(
        self,
        state: EngineState,
        work: documents.Work,
        moment: Moment,
        limits: Mapping[str, tuple[float | None, float | None]],
    ) -> list[Message]:
        """Where the session stands, where that is not what was told last; the first time always."""
        until = state.audio_paused_until
        paused = until if until is not None and until > moment.at else None
        now = (paused, state.interruption, tuple(state.off.items()), work, limits)
        if now == self._told:
            return []
        self._told = now
        document = documents.SessionState(
            origin=self._origin,
            drill=self._session.drill,
            ts=moment.ts,
            audio_paused_until=None if paused is None else moment.earlier(paused),
            interruption=_planned(state.interruption, moment),
            off=_off(state.off, moment),
            limits=limits,
            work=work,
        )
        return [documents.session_state(self._session.id, document)]

    def vitals(
        self, values: Mapping[str, documents.Value], hrv: documents.Hrv | None, moment: Moment
    ) -> documents.Vitals:
        """One second's values, numbered."""
        self._seq += 1
        return documents.Vitals(
            origin=self._origin,
            drill=self._session.drill,
            ts=moment.ts,
            seq=self._seq,
            values=values,
            hrv=hrv,
        )

    def nibp(self, one: Measured, moment: Moment) -> documents.Nibp:
        """One cuff measurement, at the time when it was taken."""
        return documents.Nibp(
            origin=one.origin if one.origin is Origin.MANUAL else self._origin,
            drill=self._session.drill,
            id=one.id,
            ts=moment.ts if one.measured is None else rfc3339(one.measured),
            systolic=one.systolic,
            diastolic=one.diastolic,
            mean=one.mean,
            pulse=one.pulse,
            quality=one.quality,
            reason=one.reason,
            trigger=one.trigger,
        )

    def snapshot(
        self, vitals: documents.Vitals | None, nibp: documents.Nibp | None, moment: Moment
    ) -> Message:
        """The complete set for whoever comes late."""
        document = documents.Snapshot(
            origin=self._origin,
            drill=self._session.drill,
            ts=moment.ts,
            vitals=vitals,
            nibp=nibp,
            expires_at=moment.earlier(moment.at + SNAPSHOT_LASTS_S),
        )
        return documents.session_snapshot(self._session.id, document)

    def wave(self, block: Block, moment: Moment) -> Message:
        """A block of a waveform."""
        document = documents.Wave(
            origin=self._origin,
            drill=self._session.drill,
            ts=moment.earlier(block.at),
            rate_hz=block.rate_hz,
            values=block.values,
        )
        return documents.session_wave(self._session.id, block.quantity, document)


def _planned(there: Interruption | None, moment: Moment) -> documents.PlannedInterruption | None:
    if there is None:
        return None
    return documents.PlannedInterruption(by=there.by, until=moment.earlier(there.until))


def _off(rules: Mapping[str, SwitchedOff], moment: Moment) -> list[documents.SwitchedOff]:
    return [
        documents.SwitchedOff(rule=rule, by=off.by, since=moment.earlier(off.at))
        for rule, off in rules.items()
    ]

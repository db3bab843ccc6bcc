"""Whether the service lives, judged from what it publishes; the alarm `not-monitoring` while it does not."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from kapmonitor import documents
from kapmonitor.alarms.announce import Whose, announce, standing
from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.words import Priority
from kapmonitor.documents import STATUS_OFFLINE, Alarm, Heartbeat, Message, SessionMeta
from kapmonitor.model import Moment, Origin

SILENT_S = 5.0
"""Without a heartbeat for so long nobody is monitored (s); one comes every 2 s."""
GRACE_S = 10.0
"""The same after this process has come to a broker (s): the service may have to come back to it, too."""
OFFLINE_S = 2.5
"""So long a service that the broker calls offline has to contradict with a heartbeat (s)."""
BACK_BEATS = 3
"""The alarm ends with so many heartbeats in a row: a service that dies at each start is not back."""
REPEAT_S = 30.0
KEEP_S = 600.0
_ASLEEP_S = 2.0  # this process itself did not run for so long: what it missed proves nothing

NAME = "not-monitoring"
ADVICE = "Go to the patients and watch them in person. Then restart kapmonitor."


class Watch:
    """Judges, from what brokers deliver, whether the service lives. Pure: every method is given the moment.

    Methods that return messages want them published. The alarm has one id for ever, so its `seq` goes on
    rising from alarm to alarm, also over a restart of this process.
    """

    def __init__(self, site: str) -> None:
        """Nothing is judged before `begin`."""
        self.alarm = f"{site}-{NAME}"
        self._heard_at = 0.0
        self._ticked_at = 0.0
        self._judge_from = 0.0
        self._offline_at: float | None = None
        self._beats = 0
        self._beat_seq: int = 0
        self._origin = str(Origin.LIVE)
        self._sessions: dict[str, SessionMeta] = {}
        self._seq = 0
        self._since: float | None = None
        self._over_at: float | None = None
        self._repeated_at = 0.0
        self._text = ""

    def begin(self, now: float) -> None:
        """From now on silence counts: a broker answers after none did."""
        self._heard_at = self._ticked_at = now
        self._judge_from = now + GRACE_S
        self._offline_at = None
        self._beats = 0

    def take(self, topic: str, payload: bytes, moment: Moment, *, retained: bool) -> list[Message]:
        """One message; `topic` is the one below the site's root."""
        match topic.split("/"):
            case ["service", "heartbeat"] if not retained:
                return self._beat(payload, moment)
            case ["service", "status"]:
                self._status(payload, moment.at, retained=retained)
            case ["session", session, "meta"]:
                self._session(session, payload)
            case ["alarm", self.alarm]:
                return self._own(payload, moment, retained=retained)
            case _:
                pass
        return []

    def tick(self, moment: Moment) -> list[Message]:
        """Twice a second, while a broker answers."""
        now = moment.at
        if now - self._ticked_at > _ASLEEP_S:
            self.begin(now)
        self._ticked_at = now
        if self._since is None and self._lost(now):
            return self._start(moment)
        if self._since is not None and now - self._repeated_at >= REPEAT_S:
            return self.standing(moment)
        if self._over_at is not None and now - self._over_at >= KEEP_S:
            self._over_at = None
            return [documents.alarm_cleared(self.alarm)]
        return []

    def standing(self, moment: Moment) -> list[Message]:
        """The alarm as it stands, if it does: for a broker that has just come, or again."""
        if self._since is None:
            return []
        self._repeated_at = moment.at
        self._text = self._words(moment)
        return [standing(self._transition("update", "active", moment.at), self._whose(), moment)]

    def _lost(self, now: float) -> bool:
        offline = self._offline_at is not None and now - self._offline_at >= OFFLINE_S
        return offline or now >= max(self._judge_from, self._heard_at + SILENT_S)

    def _beat(self, payload: bytes, moment: Moment) -> list[Message]:
        beat = _decoded(payload, Heartbeat)
        if beat is None or beat.seq == self._beat_seq:  # a cluster delivers it once for each broker
            return []
        self._beat_seq = beat.seq
        self._beats = self._beats + 1 if moment.at - self._heard_at < SILENT_S else 1
        self._heard_at, self._offline_at, self._origin = moment.at, None, beat.origin
        return self._end(moment) if self._since is not None and self._beats >= BACK_BEATS else []

    def _status(self, payload: bytes, now: float, *, retained: bool) -> None:
        """A kept `offline` may be from before the machine was switched on: then silence decides."""
        if payload == STATUS_OFFLINE.encode():
            self._offline_at = None if retained else now
            self._beats = 0
        else:
            self._offline_at = None

    def _session(self, session: str, payload: bytes) -> None:
        meta = _decoded(payload, SessionMeta)
        if meta is None:
            self._sessions.pop(session, None)
        else:
            self._sessions[session] = meta

    def _own(self, payload: bytes, moment: Moment, *, retained: bool) -> list[Message]:
        """Our own alarm comes back: from a former life, or emptied by a service that is hardly back."""
        known = _decoded(payload, Alarm)
        if known is None:
            return self.standing(moment) if not payload and self._lost(moment.at) else []
        if retained and known.seq > self._seq:
            self._seq = known.seq
            if known.state == "inactive":
                self._over_at = moment.at
            elif self._since is None:
                self._since = moment.at - _age(known.since, moment)
                self._text, self._repeated_at = known.text, moment.at
        return []

    def _start(self, moment: Moment) -> list[Message]:
        self._since, self._over_at, self._repeated_at = self._heard_at, None, moment.at
        self._seq += 1
        self._text = self._words(moment)
        return announce(self._transition("start", "active", moment.at), self._whose(), moment)

    def _end(self, moment: Moment) -> list[Message]:
        self._seq += 1
        over = announce(self._transition("end", "inactive", moment.at), self._whose(), moment)
        self._since, self._over_at = None, moment.at
        return over

    def _words(self, moment: Moment) -> str:
        since = moment.at if self._since is None else self._since
        clock = datetime.fromisoformat(moment.earlier(since)).astimezone().strftime("%H:%M:%S")
        why = "kapmonitor has stopped" if self._offline_at is not None else "kapmonitor sends no sign of life"
        rooms = ", ".join(sorted({meta.room for meta in self._sessions.values()}))
        where = f"Rooms: {rooms}" if rooms else "No open session is known."
        return f"Not monitoring since {clock}: {why}. {where}"

    def _whose(self) -> Whose:
        drill = bool(self._sessions) and all(meta.drill for meta in self._sessions.values())
        return Whose(origin=self._origin, drill=drill)

    def _transition(
        self, event: Literal["start", "update", "end"], state: Literal["active", "inactive"], at: float
    ) -> Transition:
        return Transition(
            at=at,
            alarm=self.alarm,
            name=NAME,
            rule=NAME,
            priority=Priority.HIGH,
            kind="technical",
            event=event,
            state=state,
            acknowledged=False,
            acknowledged_by=None,
            seq=self._seq,
            since=at if self._since is None else self._since,
            value=None,
            limit=None,
            unit="",
            page=event == "start",
            text=self._text,
            advice=ADVICE,
        )


_Doc = TypeVar("_Doc", bound=documents.Document)


def _decoded(payload: bytes, kind: type[_Doc]) -> _Doc | None:
    """A document of ours; None for an emptied topic, and for what somebody else left there."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except msgspec.DecodeError:
        return None


def _age(ts: str, moment: Moment) -> float:
    """How long ago (s) `ts` was; 0 where it is no time of the past."""
    try:
        return max(0.0, (moment.utc - datetime.fromisoformat(ts)).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return 0.0

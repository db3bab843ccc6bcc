"""Whether the service lives and what time it has, by its heartbeat: silence is a finding."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from kapmonitor.documents import Heartbeat
from kapmonitor.model import Moment

SILENT_S = 7.0
"""Without a heartbeat for so long there is no link (s); one comes every 2 s, so three were missed."""


class Pulse:
    """The link to the service, judged by its heartbeats. A pager never trusts its own clock for ages."""

    def __init__(self, at: float) -> None:
        """`at`: now, in monotonic seconds; from now on silence counts."""
        self._heard_at = at
        self._beat: Heartbeat | None = None
        self._time: datetime | None = None

    def take(self, payload: bytes, at: float) -> bool:
        """A heartbeat; false where it is none, or the last one again (a cluster may deliver it twice)."""
        try:
            beat = msgspec.json.decode(payload, type=Heartbeat)
            time = datetime.fromisoformat(beat.ts)
        except (msgspec.DecodeError, RecursionError, ValueError):
            return False
        if time.tzinfo is None or (self._beat is not None and beat.seq == self._beat.seq):
            return False
        self._heard_at, self._beat, self._time = at, beat, time
        return True

    def silent_s(self, at: float) -> float:
        """For how long nothing was heard (s)."""
        return at - self._heard_at

    def lost(self, at: float) -> bool:
        """Whether nobody may believe any more that pages would come."""
        return self.silent_s(at) >= SILENT_S

    @property
    def drill(self) -> bool:
        """Whether the service says that all of it is an exercise."""
        return self._beat is not None and self._beat.drill

    @property
    def known(self) -> bool:
        """Whether the service's time is known."""
        return self._time is not None

    def now(self, moment: Moment) -> datetime:
        """The service's time; before its first heartbeat the pager's own."""
        if self._time is None:
            return moment.utc
        return self._time + timedelta(seconds=moment.at - self._heard_at)

    def age_s(self, sent_at: str, moment: Moment) -> float | None:
        """How long ago `sent_at` was by the service's clock (s); None while that is not known, or no time."""
        if self._time is None:
            return None
        try:
            return max(0.0, (self.now(moment) - datetime.fromisoformat(sent_at)).total_seconds())
        except (ValueError, TypeError):  # no date, or one without a zone
            return None

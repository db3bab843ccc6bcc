"""The numbers and waveforms of one session as they leave for screens and broker. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import TYPE_CHECKING

from kapmonitor import documents
from kapmonitor.alarms.interlock import doubted
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.state import EngineState
from kapmonitor.documents import Message
from kapmonitor.model import Moment, Reading, Waveform
from kapmonitor.scribe import Scribe
from kapmonitor.session.entries import Measured
from kapmonitor.waves import Blocks

if TYPE_CHECKING:
    from kapmonitor.vitals import Vitals

SNAPSHOT_EVERY_S = 5.0


class Readout:
    """The vitals of each second, each cuff reading, and both together for whoever comes late."""

    def __init__(self, session: str, scribe: Scribe, shown: RuleSet | None, *, waves: bool) -> None:
        """`shown`: no smoothing blurs its limits; None: nobody looks. `waves`: whether waveforms go out."""
        self._session = session
        self._scribe = scribe
        self._vitals = None if shown is None else _vitals(shown)
        self._blocks = Blocks() if waves else None
        self._second: documents.Vitals | None = None
        self._nibp: documents.Nibp | None = None
        self._snapshot_at = -inf

    @property
    def values(self) -> Mapping[str, documents.Value]:
        """The numbers of the last second, as they were shown."""
        return {} if self._second is None else self._second.values

    def put(self, readings: Iterable[Reading], device: str, state: EngineState, now: float) -> None:
        """Readings of one instant; `state` is what the alarms know, by which some are doubted."""
        if self._vitals is not None:
            for one in readings:
                self._vitals.put(doubted(state, one, now), device, now)

    def second(self, moment: Moment) -> list[Message]:
        """One second is over; nothing comes of it where nobody looks."""
        if self._vitals is None:
            return []
        self._second = self._scribe.vitals(*self._vitals.second(moment.at), moment)
        came = [documents.session_vitals(self._session, self._second)]
        if moment.at - self._snapshot_at >= SNAPSHOT_EVERY_S:
            self._snapshot_at = moment.at
            came.append(self._scribe.snapshot(self._second, self._nibp, moment))
        return came

    def pressure(self, one: Measured, moment: Moment) -> Message:
        """A cuff reading."""
        self._nibp = self._scribe.nibp(one, moment)
        self.changed()
        return documents.session_nibp(self._session, self._nibp)

    def wave(self, piece: Waveform, moment: Moment) -> list[Message]:
        """A piece of a waveform; they go out in blocks."""
        block = None if self._blocks is None else self._blocks.add(piece, moment.at)
        return [] if block is None else [self._scribe.wave(block, moment)]

    def changed(self) -> None:
        """A late joiner is to see what has just changed: the next second has a snapshot."""
        self._snapshot_at = -inf

    def keep_sharp(self, rules: RuleSet) -> None:
        """Other limits, which no smoothing may blur."""
        if self._vitals is not None:
            self._vitals.keep_sharp(rules.limits)


def _vitals(rules: RuleSet) -> Vitals:
    from kapmonitor.vitals import Vitals  # noqa: PLC0415 - NumPy, which nobody needs who looks at nothing

    return Vitals(rules.limits)

"""What every oximeter that sends a stream is in the same way: bytes to what is reported, at its pace."""

from __future__ import annotations

from collections.abc import Sequence

from kapmonitor.codecs.stream import Format
from kapmonitor.device import OncePerSecond
from kapmonitor.errors import DecodeError
from kapmonitor.model import Observation, Reading, Waveform

ONCE = ("battery",)
"""What is passed on only when it changes."""


BELIEVED_AFTER = 10
"""Where nothing is checked, so many whole frames in a row have to say the same number before any is believed:
a tenth of a second, and a device shows one for longer. Two were too few: a Nonin on the line of another
driver said an SpO2 of 1 %."""
CHANGED_AFTER = 2
"""From then on, until a frame is damaged, so many say that it has changed: an alarm waits for it."""


class InARow:
    """How often the same was said, in frames without a checksum and without damage between them."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._said: dict[str, tuple[object, int]] = {}
        self._believed: set[str] = set()

    def damaged(self) -> None:
        """A frame was not whole: what came before counts no more."""
        self._said.clear()
        self._believed.clear()

    def enough(self, what: str, value: object) -> bool:
        """`value` was said of `what`, and whether that was often enough now."""
        before, times = self._said.get(what, (None, 0))
        times = times + 1 if before == value else 1
        self._said[what] = (value, times)
        if times >= BELIEVED_AFTER:
            self._believed.add(what)
        return what in self._believed and times >= CHANGED_AFTER


class OximeterStream:
    """What one oximeter's bytes come to, wherever they are cut: numbers once a second and when they change.

    `frames` and `errors` count what was understood and what was not, since the beginning. `checked`: a
    damaged frame shows, by a checksum or as text that is no number any more. Where nothing is checked a
    number counts as `InARow` has it.
    """

    def __init__(self, wire: Format, *, checked: bool) -> None:
        """For bytes of `wire`; `begin` before the first of them."""
        self.frames = 0
        self.errors = 0
        self._wire = wire
        self._checked = checked
        self.begin()

    def begin(self) -> None:
        """A new connection: nothing of the last one counts."""
        self._reader = self._wire.reader()
        self._once = OncePerSecond()
        self._in_a_row = InARow()
        self._once_told: dict[str, Reading] = {}

    def take(self, data: bytes, now: float) -> list[Observation] | None:
        """What is to be reported of `data`, at `now` (clock seconds); None where it said nothing."""
        seen: list[Observation] = []
        for each in self._reader.feed(data):
            if isinstance(each, DecodeError):
                self.errors += 1
                self._in_a_row.damaged()
            else:
                self.frames += 1
                seen += (one for one in self._wire.observe(each) if self._counts(one))
        return self._shown(seen, now) if seen else None

    def _shown(self, seen: Sequence[Observation], now: float) -> list[Observation]:
        """The numbers that are due, and the pleth in one piece."""
        found: list[Observation] = []
        samples: list[float] = []
        rate_hz = 0.0
        for one in seen:
            if isinstance(one, Waveform):
                samples += one.values
                rate_hz = one.rate_hz
            elif isinstance(one, Reading):
                found += self._once.due([one], now)
        if samples:
            found.append(Waveform("pleth", samples, rate_hz))
        return found

    def _counts(self, one: Observation) -> bool:
        if not isinstance(one, Reading):
            return True
        if one.quantity in ONCE:
            same = self._once_told.get(one.quantity) == one
            self._once_told[one.quantity] = one
            return not same
        return self._checked or self._in_a_row.enough(one.quantity, one)

"""What every oximeter that sends a stream is in the same way: bytes to what is reported, at its pace."""

from __future__ import annotations

from collections.abc import Sequence

from kapmonitor.codecs.stream import Format
from kapmonitor.device import OncePerSecond
from kapmonitor.errors import DecodeError
from kapmonitor.model import Observation, Reading, Waveform

ONCE = ("battery",)
"""What is passed on only when it changes."""


class OximeterStream:
    """What one oximeter's bytes come to, wherever they are cut: numbers once a second and when they change.

    `frames` and `errors` count what was understood and what was not, since the beginning. `checked`: a
    damaged frame shows, by a checksum or as text that is no number any more. Where nothing is checked a
    number counts when two frames in a row say it: a device shows it longer.
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
        self._before: dict[str, Reading] = {}

    def take(self, data: bytes, now: float) -> list[Observation] | None:
        """What is to be reported of `data`, at `now` (clock seconds); None where it said nothing."""
        found = self._reader.feed(data)
        said = [each for each in found if not isinstance(each, DecodeError)]
        self.frames += len(said)
        self.errors += len(found) - len(said)
        seen = [each for message in said for each in self._wire.observe(message)]
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
            elif isinstance(one, Reading) and self._counts(one):
                found += self._once.due([one], now)
        if samples:
            found.append(Waveform("pleth", samples, rate_hz))
        return found

    def _counts(self, one: Reading) -> bool:
        same = self._before.get(one.quantity) == one
        self._before[one.quantity] = one
        if one.quantity in ONCE:
            return not same
        return self._checked or same

"""What a finger oximeter makes of a body: eight seconds averaged, a while of searching, and disturbance."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from random import Random
from statistics import fmean

from simulators.physiology import Body

AVERAGED_S = 8
SEARCHES_S = 3
"""Seconds with a pulse before the first numbers."""
DISTURBED_FROM = 0.5
WEAK_UNDER = 0.3
"""The perfusion index, in %, below which a device says that the pulse is weak, if it has a word for that."""
ARTEFACT = 14.0
"""How many % too low SpO2 is read in full motion: venous blood that moves looks like a pulse."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """SpO2 in %, pulse rate in /min, perfusion index in %: means of the last seconds."""

    spo2: float
    pulse_rate: float
    perfusion_index: float

    @property
    def weak(self) -> bool:
        """Whether the pulse is so weak that the numbers are doubtful."""
        return self.perfusion_index < WEAK_UNDER


@dataclass(frozen=True, slots=True)
class Seen:
    """What the device knows this second. `numbers` are None without a finger, and while it searches.

    `finger` is false too where its probe is unplugged: few devices have a word for that.
    """

    finger: bool
    motion: float
    numbers: Numbers | None
    probe: bool = True


class Oximetry:
    """The measuring part of an oximeter; asked once a second."""

    def __init__(self, body: Body, searches_s: int = SEARCHES_S) -> None:
        """`searches_s`: how many seconds of pulse it wants before it shows numbers."""
        self._body = body
        self._searches_s = searches_s
        self._last: deque[tuple[float, float, float]] = deque(maxlen=AVERAGED_S)
        self._shown: Seen | None = None
        self._wave: list[int] = []

    def stuck(self, now: float) -> bool:
        """Whether the device goes on with what it showed last: numbers and pulse wave, not its counters."""
        return self._body.holds("oximeter_stuck", now)

    def second(self, now: float) -> Seen:
        """What there is to show at `now` (clock seconds)."""
        if self._shown is None or not self.stuck(now):
            self._shown = self._see(now)
        return self._shown

    def wave(self, noise: Random, second: float, rate_hz: int) -> list[int]:
        """The samples of the pulse wave in the second from `second` on, 0 to 100; always as many."""
        if not self._wave or not self.stuck(second):
            self._wave = _pleth(self._body, noise, second, rate_hz)
        return self._wave

    def _see(self, now: float) -> Seen:
        state = self._body.state(now)
        if not (state.finger and state.pulse and state.probe):
            self._last.clear()
            return Seen(state.finger and state.probe, state.motion, None, state.probe)
        artefact = ARTEFACT * state.motion if state.motion >= DISTURBED_FROM else 0.0
        spo2 = state.spo2 - artefact + self._body.drift("oximeter_drift", now)
        self._last.append((min(100.0, spo2), state.heart_rate, state.perfusion_index))
        if len(self._last) <= self._searches_s:
            return Seen(state.finger, state.motion, None)
        return Seen(
            state.finger, state.motion, Numbers(*(fmean(each) for each in zip(*self._last, strict=True)))
        )


def _pleth(body: Body, noise: Random, second: float, rate_hz: int) -> list[int]:
    times = (second + place / rate_hz for place in range(rate_hz))
    return [min(100, round(95 * body.pleth(at) + noise.uniform(0, 3))) for at in times]

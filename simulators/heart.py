"""The beats of a simulated heart, and the pulse wave that they make in a finger.

Beat-to-beat variability has the three sources that a resting heart has: breathing (respiratory sinus
arrhythmia), the ten-second wave of the pressure control, and chance. Together they give an RMSSD of
20..40 ms at rest, and less when the heart is fast.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from random import Random

_PULSE_DELAY_S = 0.2
"""From the heart to the finger."""
_SHORTEST_RR_MS, _LONGEST_RR_MS = 250.0, 2500.0


class Heart:
    """Beats from shortly before the start on, one after the other, whoever asks first.

    Each interval follows from the moment at which it begins and from the next throw of `dice`, so the
    sequence does not depend on when, how often or in which slices it is asked for.
    """

    def __init__(
        self, dice: Random, started: float, rate: Callable[[float], float], rest_rate: float
    ) -> None:
        """`rate` tells the heart rate (/min) at `t` seconds after `started` (clock seconds)."""
        self._dice = dice
        self._started = started
        self._rate = rate
        self._rest_rr_ms = 60_000.0 / rest_rate
        self._breath = (math.tau * dice.uniform(0.21, 0.27), dice.uniform(0.0, math.tau))
        self._breath_ms = dice.uniform(26.0, 34.0)
        self._mayer = (math.tau * dice.uniform(0.09, 0.11), dice.uniform(0.0, math.tau))
        self._mayer_ms = dice.uniform(20.0, 30.0)
        self._t = -1.0 - dice.random()
        self.at = array("d", [started + self._t])
        """When each beat was, in clock seconds, ascending. All are kept: any time may be asked for again."""

    def beat_until(self, now: float) -> None:
        """Have every beat up to `now` (clock seconds), and one more."""
        while self.at[-1] <= now:
            self._t += self._interval_ms(self._t) / 1000.0
            self.at.append(self._started + self._t)

    def rr_ms(self, number: int) -> float:
        """The interval that ended with the beat `number` of `at`; the first has that of a heart at rest."""
        if number == 0:
            return self._rest_rr_ms
        return (self.at[number] - self.at[number - 1]) * 1000.0

    def _interval_ms(self, t: float) -> float:
        """The interval that begins at `t`. A fast heart varies less: with the square of its interval."""
        mean_ms = 60_000.0 / max(1.0, self._rate(t))
        rate, phase = self._mayer
        varied = (
            self._breath_ms * self.breath(t)
            + self._mayer_ms * math.sin(rate * t + phase)
            + self._dice.gauss(0.0, 4.0)
        )
        rr_ms = mean_ms + varied * (mean_ms / self._rest_rr_ms) ** 2
        return min(_LONGEST_RR_MS, max(_SHORTEST_RR_MS, rr_ms))

    def breath(self, t: float) -> float:
        """Where the breathing is, -1..1, at `t` seconds after the start; its rate wanders a little."""
        rate, phase = self._breath
        return math.sin(rate * t + phase + 0.8 * math.sin(0.17 * t))

    def pulse(self, now: float) -> float:
        """The pulse wave in the finger at `now` (clock seconds), 0 at its foot, 1 at its top."""
        self.beat_until(now)
        moment = now - _PULSE_DELAY_S
        index = bisect_right(self.at, moment)
        if index == 0:
            return 0.0
        begun = self.at[index - 1]
        return _wave((moment - begun) / (self.at[index] - begun))


def _wave(share: float) -> float:
    """The pulse wave at `share` (0..1) of its beat, read from the table between two entries."""
    place = share * _STEPS
    index = int(place)
    low = _WAVE[index]
    return low + (_WAVE[index + 1] - low) * (place - index)


def _wave_table(steps: int) -> Sequence[float]:
    """One beat in `steps` + 1 entries: upstroke, late systolic shoulder, dicrotic notch and wave.

    Three bells (place, width, height as shares of the beat and of the top), each with its images in the
    beats before and after, so that the end of one beat is the beginning of the next.
    """
    bells = ((0.18, 0.07, 1.0), (0.30, 0.08, 0.5), (0.56, 0.09, 0.4))
    raw = [
        sum(
            height * math.exp(-0.5 * ((step / steps - place - image) / width) ** 2)
            for place, width, height in bells
            for image in (-1, 0, 1)
        )
        for step in range(steps + 1)
    ]
    low, high = min(raw), max(raw)
    return [(value - low) / (high - low) for value in raw]


_STEPS = 256
# A second last entry: a share that rounds to 1 still finds its neighbour.
_WAVE = [*_wave_table(_STEPS), _wave_table(_STEPS)[0]]

"""Beats of the strap against pulses in the finger, over the last twenty seconds.

Where both are on one person, every pulse follows its beat by the same time, whatever the rhythm. On two
people the pulses drift against the beats, even at the same rate. So: the share of pulses that have a beat at
one common delay. Simulated bodies, 60 samples a second: 1.0 on one person; on two a median of 0.25, and
under 0.75 within seconds where their rates happen to be equal for a while.

Nothing is said while one of the two has no good data, from a pleth whose pulses are so uneven that it is
shaken, and of what came before something was lost on the way. Oximeters that send no pleth cannot be
compared. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kapmonitor.matching.beats import Beats
from kapmonitor.matching.pulses import Floats, pulses
from kapmonitor.matching.timeline import Timeline
from kapmonitor.model import DeviceData, DeviceKind, Observation, Reading, Waveform

EVERY_S = 2.0
"""How often the two are compared (s)."""
LOOK_BACK_S = 20.0
"""The pulses of so long (s) are compared."""
LAG_S = 2.5
"""A pulse comes at most so long (s) before or after its beat, by body, radio and buffers."""
WITHIN_S = 0.04
"""The delay from beat to pulse is the same to within this (s): breathing and posture change it by less."""
SAME_SHARE = 0.75
"""On one person at least this share of the pulses have their beat."""
LEAST_PULSES = 12
IN_A_ROW = 3
"""So many comparisons in a row have to say the same."""
EVEN_SHARE = 0.9
EVEN_WITHIN = 0.3
"""Pulses are even where nine intervals in ten are within 30 % of the median."""


class Matcher:
    """One seat's strap and oximeter. Give it all their data in order; `now` (s) must not fall."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._beats = Beats(LOOK_BACK_S + 3 * LAG_S)
        self._timeline: Timeline | None = None
        self._worn = self._oximeter = ""
        self._said: bool | None = None
        self._times = 0
        self._next_at = 0.0

    def take(self, data: DeviceData, now: float) -> None:
        """What a device said."""
        if data.kind is DeviceKind.STRAP:
            if data.device != self._worn:
                self._forget_beats()
                self._worn = data.device
            self._strap(data.observations, now)
        elif data.kind is DeviceKind.OXIMETER:
            self._pleth(data, now)

    def same(self, now: float) -> bool | None:
        """Whether both are on one person, asked at `now`; None: nothing can be said, or nothing new."""
        if now < self._next_at:
            return None
        self._next_at = now + EVERY_S
        share = self._share(now)
        if share is None:
            return None
        said = share >= SAME_SHARE
        self._times = self._times + 1 if said is self._said else 1
        self._said = said
        return said if self._times == IN_A_ROW else None

    def _strap(self, observations: Sequence[Observation], now: float) -> None:
        if any(isinstance(one, Reading) and one.reason is not None for one in observations):
            self._forget_beats()
            return
        intervals = [
            one.value / 1000
            for one in observations
            if isinstance(one, Reading) and one.quantity == "rr_interval" and one.value is not None
        ]
        if intervals and not self._beats.add(intervals, now):
            self._times = 0

    def _pleth(self, data: DeviceData, now: float) -> None:
        for one in data.observations:
            if isinstance(one, Reading) and one.quantity == "pulse_rate" and one.reason is not None:
                self._forget_pleth()
            elif isinstance(one, Waveform) and one.quantity == "pleth":
                self._wave(one, data.device, now)

    def _wave(self, wave: Waveform, device: str, now: float) -> None:
        timeline = self._timeline
        other = device != self._oximeter
        if timeline is None or other or timeline.broken(now) or timeline.rate_hz != wave.rate_hz:
            self._forget_pleth()
            timeline = self._timeline = Timeline(wave.rate_hz, LOOK_BACK_S + LAG_S)
            self._oximeter = device
        timeline.add(wave.values, now)

    def _share(self, now: float) -> float | None:
        """The share of the pulses that have a beat at the delay that most of them have."""
        timeline = self._timeline
        if len(self._beats.at) < LEAST_PULSES or timeline is None or timeline.broken(now):
            return None
        beats = np.array(self._beats.at)
        found = pulses(*timeline.samples())
        # Only pulses that had all their possible beats: of the newest, the beats are not known yet.
        found = found[(found > beats[0] + LAG_S) & (found < beats[-1] - LAG_S)]
        if len(found) < LEAST_PULSES or not _even(found):
            return None
        return _most_at_one_delay(found, beats)

    def _forget_beats(self) -> None:
        self._beats.forget()
        self._times = 0

    def _forget_pleth(self) -> None:
        self._timeline = None
        self._times = 0


def _even(found: Floats) -> bool:
    intervals = np.diff(found)
    middle = float(np.median(intervals))
    return float(np.mean(np.abs(intervals - middle) <= EVEN_WITHIN * middle)) >= EVEN_SHARE


def _most_at_one_delay(found: Floats, beats: Floats) -> float:
    delays = (found[:, None] - beats[None, :]).ravel()
    delays = np.sort(delays[np.abs(delays) <= LAG_S])
    if not len(delays):
        return 0.0
    together = np.searchsorted(delays, delays + 2 * WITHIN_S, "right") - np.arange(len(delays))
    return float(together.max()) / len(found)

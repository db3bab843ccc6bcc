"""A simulated body: heartbeats, pulse wave, saturation and pressures over one course of ketamine.

Seeded and repeatable: the same seed, route, events and times give the same values to the bit, whoever asks,
however often and in whatever order. It knows no clock: every time is an argument, in `Clock.now()` seconds.
The simulated devices of one room share one body, so that strap, oximeter and cuff tell of the same heart.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from kapmonitor.model import Route
from simulators.course import (
    DIASTOLIC_SHARE,
    TIME_TO_PEAK_S,
    SlowWave,
    draw_person,
    effect,
    restlessness,
)
from simulators.events import EVENT_KINDS, BodyEvent, EventKind, demo_events
from simulators.heart import Heart

__all__ = ["Beat", "Body", "BodyEvent", "BodyState", "demo_events"]


@dataclass(frozen=True, slots=True)
class BodyState:
    """How the body is, whether or not a sensor is in a position to see it.

    `heart_rate` in /min (the mean that the beats vary around), `spo2` and `perfusion_index` in %, pressures
    in mmHg. `finger`: the oximeter is on its finger; `contact`: the strap touches the skin; `motion` 0..1,
    of which a calm person stays under 0.3 and from 0.5 on a sensor is disturbed.
    """

    heart_rate: float
    spo2: float
    systolic: float
    diastolic: float
    mean: float
    perfusion_index: float
    finger: bool
    contact: bool
    motion: float


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat `at` clock seconds, `rr_ms` milliseconds after the one before."""

    at: float
    rr_ms: float


class Body:
    """One body, alive from `started` (clock seconds) on."""

    def __init__(
        self,
        seed: int,
        route: Route,
        started: float,
        events: Sequence[BodyEvent] = (),
        *,
        dosed_at: float = 0.0,
    ) -> None:
        """`events` and `dosed_at` count in seconds after `started`; a `dosed_at` of infinity is no dose."""
        dice = Random(seed)  # noqa: S311 - repeatable is what is wanted here, secret is not
        self.person = draw_person(dice)
        self._started = started
        self._dosed_at = dosed_at
        self._time_to_peak_s = TIME_TO_PEAK_S[route]
        self._events = {kind: tuple(each for each in events if each.kind == kind) for kind in EVENT_KINDS}
        self._rate_wave = SlowWave(dice, 60.0)
        self._pressure_wave = SlowWave(dice, 110.0)
        self._spo2_wave = SlowWave(dice, 70.0)
        self._dip_wave = SlowWave(dice, 29.0)
        self._motion_wave = SlowWave(dice, 11.0)
        self._heart = Heart(dice, started, self._heart_rate, self.person.heart_rate)

    def state(self, now: float) -> BodyState:
        """How the body is at `now`."""
        t = now - self._started
        systolic, diastolic = self._pressures(t)
        return BodyState(
            heart_rate=self._heart_rate(t),
            spo2=self._spo2(t),
            systolic=systolic,
            diastolic=diastolic,
            mean=diastolic + (systolic - diastolic) * self.person.mean_share,
            perfusion_index=self.person.perfusion_index * (1.0 + 0.2 * self._pressure_wave.at(t)),
            finger=not self._holds("finger_off", t),
            contact=not self._holds("strap_off", t),
            motion=self._motion(t),
        )

    def beats(self, since: float, until: float) -> list[Beat]:
        """The beats in `since` < at <= `until`; asked slice by slice, each comes exactly once."""
        heart = self._heart
        heart.beat_until(until)
        first = max(bisect_right(heart.at, since), bisect_right(heart.at, self._started))
        return [Beat(heart.at[k], heart.rr_ms[k]) for k in range(first, bisect_right(heart.at, until))]

    def pleth(self, now: float) -> float:
        """What an oximeter's light sees, 0..1: a pulse wave 0.2 s after each beat, on top of the breathing.

        0 while the sensor is off the finger; shaken while the person moves.
        """
        t = now - self._started
        if self._holds("finger_off", t):
            return 0.0
        breath = self._heart.breath(t)
        seen = 0.12 + 0.05 * breath + (0.7 + 0.05 * breath) * self._heart.pulse(now)
        motion = self._motion(t)
        if motion:
            seen += 0.5 * motion * self._motion_wave.at(7.0 * t)
        return min(1.0, max(0.0, seen))

    def _effect(self, t: float) -> float:
        return effect(t - self._dosed_at, self._time_to_peak_s, self.person.half_decay_s)

    def _heart_rate(self, t: float) -> float:
        rate = self.person.heart_rate + self.person.heart_rate_rise * self._effect(t)
        rate += 2.0 * self._rate_wave.at(t)
        rate = max(rate, self._pulled("tachycardia", rate, t))
        return min(rate, self._pulled("bradycardia", rate, t))

    def _spo2(self, t: float) -> float:
        spo2 = self.person.spo2 + 0.5 * self._spo2_wave.at(t) - 2.5 * self._dip_wave.crest(t, above=0.75)
        return min(spo2, self._pulled("desaturation", spo2, t))

    def _pressures(self, t: float) -> tuple[float, float]:
        """Systolic and diastolic."""
        systolic = self.person.systolic + self.person.systolic_rise * self._effect(t)
        systolic += 2.0 * self._pressure_wave.at(t)
        systolic = max(systolic, self._pulled("hypertension", systolic, t))
        return systolic, self.person.diastolic + DIASTOLIC_SHARE * (systolic - self.person.systolic)

    def _motion(self, t: float) -> float:
        motion = max((each.size for each in self._events["motion"] if each.strength(t)), default=0.0)
        wave = self._motion_wave.crest(t, above=0.6)
        if wave == 0.0:  # most of the time; the pleth asks 60 times a second
            return motion
        since_dose = t - self._dosed_at
        restless = restlessness(since_dose, self._time_to_peak_s, self.person.half_decay_s)
        return max(motion, 0.3 * wave * restless)

    def _holds(self, kind: EventKind, t: float) -> bool:
        return any(each.strength(t) > 0 for each in self._events[kind])

    def _pulled(self, kind: EventKind, value: float, t: float) -> float:
        """Where the events of `kind`, each pulling towards its size, bring `value`."""
        for each in self._events[kind]:
            value += (each.size - value) * each.strength(t)
        return value

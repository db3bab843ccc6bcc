"""A simulated body: heartbeats, pulse wave, saturation and pressures over one course of ketamine.

Seeded and repeatable: the same seed, route, doses, events and times give the same values to the bit, whoever
asks, however often and in whatever order. It knows no clock: every time is an argument, in `Clock.now()`
seconds. The simulated devices of one seat share one body, so that strap, oximeter and cuff tell of the same
heart.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from random import Random

from kapmonitor.model import Route
from simulators.course import (
    COURSES,
    DIASTOLIC_SHARE,
    MOST_EFFECT,
    MOST_RISE_MMHG,
    SlowWave,
    effect,
    restlessness,
)
from simulators.events import BodyEvent, EventKind, demo_events
from simulators.heart import Heart
from simulators.person import Response, draw_person
from simulators.underway import Underway

FULL_PULSE_FROM = 1.0
"""The perfusion index, in %, below which the pulse wave gets flat."""

__all__ = ["Beat", "Body", "BodyEvent", "BodyState", "demo_events"]


@dataclass(frozen=True, slots=True)
class BodyState:
    """How the body is, whether or not a sensor is in a position to see it.

    `heart_rate` in /min (the mean that the beats vary around), `spo2` and `perfusion_index` in %, pressures
    in mmHg. `finger`: the oximeter is on its finger; `probe`: its plug is in; `pulse`: blood pulses in that
    finger, as no inflated cuff on its arm lets it; `contact`: the strap touches the skin; `motion` 0..1, of
    which a calm person stays under 0.3 and from 0.5 on a sensor is disturbed.
    """

    heart_rate: float
    spo2: float
    systolic: float
    diastolic: float
    mean: float
    perfusion_index: float
    finger: bool
    pulse: bool
    contact: bool
    motion: float
    probe: bool = True


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
        response: Response = "any",
    ) -> None:
        """`events` and `dosed_at` count in seconds after `started`; a `dosed_at` of infinity is no dose yet.

        `response`: how strongly this person answers ketamine.
        """
        dice = Random(seed)  # noqa: S311 - repeatable is what is wanted here, secret is not
        self.person = draw_person(dice, COURSES[route], response)
        self.cuff_mmhg: Callable[[float], float] = _no_cuff
        """The pressure (mmHg) at a time in the cuff that this body wears, as its simulator says."""
        self._started = started
        self._doses = [] if dosed_at == inf else [dosed_at]
        self._script = Underway(events, dosed_at)
        self._rate_wave = SlowWave(dice, 60.0)
        self._pressure_wave = SlowWave(dice, 110.0)
        self._spo2_wave = SlowWave(dice, 70.0)
        self._dip_wave = SlowWave(dice, 29.0)
        self._motion_wave = SlowWave(dice, 11.0)
        self._heart = Heart(dice, started, self._heart_rate, self.person.heart_rate)

    def dose(self, now: float) -> None:
        """A dose is given at `now`; not earlier than anything that has been asked for."""
        self._doses.append(now - self._started)
        if len(self._doses) == 1:
            self._script.dose(self._doses[0])

    def holds(self, kind: EventKind, now: float) -> bool:
        """Whether an event of `kind` is there at `now`."""
        return self._script.holds(kind, now - self._started)

    def may_hold(self, kind: EventKind) -> bool:
        """Whether the script has such an event at all."""
        return bool(self._script.of(kind))

    def least(self, kind: EventKind, now: float) -> float:
        """The smallest size of the events of `kind` that are there at `now`; infinity without one."""
        return self._script.least(kind, now - self._started)

    def drift(self, kind: EventKind, now: float) -> float:
        """How far off the events of `kind` have brought a sensor by `now`, in their unit."""
        return self._script.drift(kind, now - self._started)

    def state(self, now: float) -> BodyState:
        """How the body is at `now`."""
        t = now - self._started
        systolic, diastolic = self._pressures(t)
        perfusion_index = self.person.perfusion_index * (1.0 + 0.2 * self._pressure_wave.at(t))
        return BodyState(
            heart_rate=self._heart_rate(t),
            spo2=self._spo2(t),
            systolic=systolic,
            diastolic=diastolic,
            mean=diastolic + (systolic - diastolic) * self.person.mean_share,
            perfusion_index=min(perfusion_index, self.least("low_perfusion", now)),
            finger=not self._script.holds("finger_off", t),
            pulse=not self._squeezed(t),
            contact=not self._script.holds("strap_off", t),
            motion=self._motion(t),
            probe=not self._script.holds("probe_unplugged", t),
        )

    def beats(self, since: float, until: float) -> list[Beat]:
        """The beats in `since` < at <= `until`; asked slice by slice, each comes exactly once."""
        heart = self._heart
        heart.beat_until(until)
        first = max(bisect_right(heart.at, since), bisect_right(heart.at, self._started))
        return [Beat(heart.at[k], heart.rr_ms(k)) for k in range(first, bisect_right(heart.at, until))]

    def pleth(self, now: float) -> float:
        """What an oximeter's light sees, 0..1: a pulse wave 0.2 s after each beat, on top of the breathing.

        0 while the sensor is off the finger; shaken while the person moves, flat with cold hands.
        """
        t = now - self._started
        if self._script.holds("finger_off", t) or self._script.holds("probe_unplugged", t):
            return 0.0
        breath = self._heart.breath(t)
        seen = 0.12 + 0.05 * breath
        if not self._squeezed(t):
            strong = min(1.0, self._script.least("low_perfusion", t) / FULL_PULSE_FROM)
            seen += strong * (0.7 + 0.05 * breath) * self._heart.pulse(now)
        motion = self._motion(t)
        if motion:
            seen += 0.5 * motion * self._motion_wave.at(7.0 * t)
        return min(1.0, max(0.0, seen))

    def _given(self) -> Iterator[tuple[float, float]]:
        """Every dose: when (seconds after the start), and how large beside the first."""
        for at in self._doses:
            yield at, 1.0
        for each in self._script.of("booster"):
            yield self._script.begins(each), each.size

    def _effect(self, t: float) -> float:
        one = self.person
        return min(
            MOST_EFFECT,
            sum(size * effect(t - at, one.time_to_peak_s, one.half_decay_s) for at, size in self._given()),
        )

    def _heart_rate(self, t: float) -> float:
        rate = self.person.heart_rate + self.person.heart_rate_rise * self._effect(t)
        rate += 2.0 * self._rate_wave.at(t)
        rate = max(rate, self._script.pulled("tachycardia", rate, t))
        return min(rate, self._script.pulled("bradycardia", rate, t))

    def _spo2(self, t: float) -> float:
        spo2 = self.person.spo2 + 0.5 * self._spo2_wave.at(t) - 2.5 * self._dip_wave.crest(t, above=0.75)
        return min(spo2, self._script.pulled("desaturation", spo2, t))

    def _pressures(self, t: float) -> tuple[float, float]:
        """Systolic and diastolic."""
        rise = min(MOST_RISE_MMHG, self.person.systolic_rise * self._effect(t))
        systolic = self.person.systolic + rise + 2.0 * self._pressure_wave.at(t)
        systolic = max(systolic, self._script.pulled("hypertension", systolic, t))
        systolic = min(systolic, self._script.pulled("hypotension", systolic, t))
        return systolic, self.person.diastolic + DIASTOLIC_SHARE * (systolic - self.person.systolic)

    def _squeezed(self, t: float) -> bool:
        """Whether the cuff lets no pulse through to the oximeter's finger."""
        if not self._script.holds("oximeter_on_cuff_arm", t):
            return False
        return self.cuff_mmhg(self._started + t) > self._pressures(t)[1]

    def _motion(self, t: float) -> float:
        motion = self._script.most("motion", t)
        wave = self._motion_wave.crest(t, above=0.6)
        if wave == 0.0:  # most of the time; the pleth asks 60 times a second
            return motion
        since_dose = min((t - at for at, _ in self._given() if at <= t), default=0.0)
        restless = restlessness(since_dose, self.person.time_to_peak_s, self.person.half_decay_s)
        return max(motion, 0.3 * wave * restless)


def _no_cuff(_: float) -> float:
    return 0.0

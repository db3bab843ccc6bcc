"""A person and a course of ketamine: what a body does by itself during a session.

The numbers are those of the haemodynamic response in published programmes: the rise of the systolic
pressure at the peak is normal, 13 +/- 10 mmHg, within 0..60 (meta-analysis of 2 252 treatments:
Vankawala 2021, +12.6; infusions: Yale 2024, +16.0 with SD 11.2); diastolic 0.65 of it; heart rate 5 +/- 8
/min. The peak comes 15 min after an intramuscular, 35 after the start of an intravenous, 40 after an
intranasal, 45 after a sublingual dose, and half of it is gone 35..60 min later. 3.5 % of persons go over
180/110 mmHg, as the intranasal label reports (3 % and 4 %). Everybody else stays within every alarm limit,
so that an alarm of a simulated session is one that its script asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from kapmonitor.model import Route

TIME_TO_PEAK_S: dict[Route, float] = {
    Route.INTRAMUSCULAR: 15 * 60.0,
    Route.INTRAVENOUS: 35 * 60.0,
    Route.INTRANASAL: 40 * 60.0,
    Route.SUBLINGUAL: 45 * 60.0,
}
DIASTOLIC_SHARE = 0.65
"""How much of a rise of the systolic pressure the diastolic one takes part in."""

_RISE_MEAN, _RISE_SD = 13.0, 10.0
# 3.5 % of draws lie above: they become the persons who go over 180/110.
_STRONG_RISE = _RISE_MEAN + 1.812 * _RISE_SD
# Keeps everybody else under "baseline + 40 / + 25" and 165/100, a cuff's error included.
_CALM_RISE = 28.0


@dataclass(frozen=True, slots=True)
class Person:
    """One body at rest, and how strongly it answers ketamine.

    Rates in /min, saturation and perfusion index in %, pressures in mmHg, times in seconds.
    `mean_share` is where between diastolic (0) and systolic (1) the mean pressure lies.
    """

    heart_rate: float
    spo2: float
    perfusion_index: float
    systolic: float
    diastolic: float
    mean_share: float
    systolic_rise: float
    heart_rate_rise: float
    half_decay_s: float


def draw_person(dice: Random) -> Person:
    """The next person of `dice`: healthy, within every alarm limit at rest."""
    systolic, diastolic, rise = _pressures(dice)
    return Person(
        heart_rate=_normal(dice, 71.0, 6.0, 62.0, 84.0),
        spo2=_normal(dice, 97.2, 0.6, 96.2, 98.6),
        perfusion_index=_normal(dice, 4.0, 1.5, 1.5, 8.0),
        systolic=systolic,
        diastolic=diastolic,
        mean_share=dice.uniform(0.31, 0.37),
        systolic_rise=rise,
        heart_rate_rise=_normal(dice, 5.0, 8.0, -6.0, 22.0),
        half_decay_s=dice.uniform(35 * 60.0, 60 * 60.0),
    )


def _pressures(dice: Random) -> tuple[float, float, float]:
    """Systolic and diastolic at rest, and the systolic rise at the peak, in mmHg."""
    rise = dice.gauss(_RISE_MEAN, _RISE_SD)
    if rise > _STRONG_RISE:
        return dice.uniform(126.0, 132.0), dice.uniform(78.0, 84.0), dice.uniform(55.0, 60.0)
    systolic = _normal(dice, 116.0, 7.0, 102.0, 128.0)
    diastolic = min(76.0, max(60.0, 0.6 * systolic + dice.gauss(0.0, 4.0)))
    return systolic, diastolic, min(_CALM_RISE, max(0.0, rise))


def _normal(dice: Random, mean: float, deviation: float, low: float, high: float) -> float:
    return min(high, max(low, dice.gauss(mean, deviation)))


def effect(since_dose_s: float, time_to_peak_s: float, half_decay_s: float) -> float:
    """How much of the peak effect is there, 0..1, `since_dose_s` seconds after the dose.

    It rises as a smooth S to the peak, then halves with every `half_decay_s`.
    """
    if since_dose_s <= 0:
        return 0.0
    if since_dose_s < time_to_peak_s:
        return smooth_step(since_dose_s / time_to_peak_s)
    return math.exp2((time_to_peak_s - since_dose_s) / half_decay_s)


def restlessness(since_dose_s: float, time_to_peak_s: float, half_decay_s: float) -> float:
    """How much a person moves about, 0..1: not before the dose, most at onset and at emergence."""
    if since_dose_s <= 0:
        return 0.0
    onset = (since_dose_s - 0.4 * time_to_peak_s) / (0.2 * time_to_peak_s)
    emergence = (since_dose_s - time_to_peak_s - half_decay_s) / (0.3 * half_decay_s)
    return max(math.exp(-0.5 * onset * onset), math.exp(-0.5 * emergence * emergence))


def smooth_step(share: float) -> float:
    """0 at 0, 1 at 1, level at both ends and beyond."""
    share = min(1.0, max(0.0, share))
    return share * share * (3.0 - 2.0 * share)


class SlowWave:
    """A wandering in -1..1 that is the same whoever asks and in whatever order.

    Three sines whose periods have no small common multiple: it does not repeat within a session, and
    where all three agree it comes near 1 for a moment, which makes rare, brief happenings.
    """

    __slots__ = ("_one", "_three", "_two")

    def __init__(self, dice: Random, shortest_s: float) -> None:
        """`shortest_s`: period of the quickest sine, about; the others have 1.7 and 2.9 times as long."""
        self._one, self._two, self._three = (
            (math.tau / (shortest_s * factor * dice.uniform(0.85, 1.15)), dice.uniform(0.0, math.tau))
            for factor in (1.0, 1.7, 2.9)
        )

    def at(self, t: float) -> float:
        """The wandering at `t` seconds."""
        (a, a0), (b, b0), (c, c0) = self._one, self._two, self._three
        return (math.sin(a * t + a0) + math.sin(b * t + b0) + math.sin(c * t + c0)) / 3.0

    def crest(self, t: float, above: float) -> float:
        """0 most of the time, up to 1 in the moments when the wandering is over `above` (0..1)."""
        return max(0.0, (self.at(t) - above) / (1.0 - above))

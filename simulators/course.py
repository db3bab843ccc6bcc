"""A course of ketamine: how much of its effect is there, when, by each route.

The numbers are those of the haemodynamic response in published programmes. The rise of the systolic pressure
at the peak is normal: by intravenous infusion 16.0 +/- 11.2 mmHg (Yale 2024, 2 342 infusions), else 13 +/- 10
(meta-analysis of 2 252 treatments, Vankawala 2021: +12.6), within 0..60; the diastolic takes 0.65 of it, the
heart rate 5 +/- 8 /min. The peak comes 13..17 min after an intramuscular, 30..40 after the start of an
intravenous (Emory 2018: 30, Yale: 40), about 40 after an intranasal (label), 40..45 after a sublingual dose,
and half of it is gone 35..60 min later. Over 180/110 mmHg go 3.5 % of persons, as the intranasal label
reports (3 % and 4 %), and 1 % of infusions (Yale: 0.98 %).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from kapmonitor.model import Route


@dataclass(frozen=True, slots=True)
class Course:
    """One route: when its peak comes (min, from..to), the systolic rise there (mean and SD in mmHg).

    `strong_share`: how many persons, 0..1, go over 180/110 mmHg.
    """

    peak_min: tuple[float, float]
    rise_mmhg: tuple[float, float]
    strong_share: float


COURSES: dict[Route, Course] = {
    Route.INTRAMUSCULAR: Course((13.0, 17.0), (13.0, 10.0), 0.035),
    Route.INTRAVENOUS: Course((30.0, 40.0), (16.0, 11.2), 0.01),
    Route.INTRANASAL: Course((38.0, 42.0), (13.0, 10.0), 0.035),
    Route.SUBLINGUAL: Course((40.0, 45.0), (13.0, 10.0), 0.035),
}
DIASTOLIC_SHARE = 0.65
"""How much of a rise of the systolic pressure the diastolic one takes part in."""
MOST_RISE_MMHG = 60.0
MOST_EFFECT = 1.2
"""Of one dose's peak: what several doses together come to. Further doses are smaller than the first."""


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

"""Who sits in the chair: a body at rest, and how strongly it answers ketamine.

Most persons stay within every alarm limit, so that an alarm of a simulated session is one that its script
asked for. The share of a course's strong ones goes over 180/110 mmHg. That leaves out those between: under
the intranasal label 8 to 17 % rise by 40 mmHg or more, most of them without reaching 180.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from statistics import NormalDist
from typing import Literal, get_args

from simulators.course import Course

Response = Literal["any", "calm", "strong"]
"""`calm`: certainly not over 180/110 by the drug alone; `strong`: certainly; `any`: as the dice fall."""
RESPONSES: tuple[Response, ...] = get_args(Response)

# Keeps a calm person under "baseline + 40 / + 25" and 165/100, a second dose and a cuff's error included.
_CALM_RISE = 28.0


@dataclass(frozen=True, slots=True)
class Person:
    """One body at rest, and how it answers ketamine.

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
    time_to_peak_s: float
    half_decay_s: float


def draw_person(dice: Random, course: Course, response: Response = "any") -> Person:
    """The next person of `dice`: healthy, within every alarm limit at rest."""
    systolic, diastolic, rise = _pressures(dice, course, response)
    return Person(
        heart_rate=_normal(dice, 71.0, 6.0, 62.0, 84.0),
        spo2=_normal(dice, 97.2, 0.6, 96.2, 98.6),
        perfusion_index=_normal(dice, 4.0, 1.5, 1.5, 8.0),
        systolic=systolic,
        diastolic=diastolic,
        mean_share=dice.uniform(0.31, 0.37),
        systolic_rise=rise,
        heart_rate_rise=_normal(dice, 5.0, 8.0, -6.0, 22.0),
        time_to_peak_s=60.0 * dice.uniform(*course.peak_min),
        half_decay_s=dice.uniform(35 * 60.0, 60 * 60.0),
    )


def _pressures(dice: Random, course: Course, response: Response) -> tuple[float, float, float]:
    """Systolic and diastolic at rest, and the systolic rise at the peak, in mmHg."""
    rise = dice.gauss(*course.rise_mmhg)
    strong_from = NormalDist(*course.rise_mmhg).inv_cdf(1.0 - course.strong_share)
    if response == "strong" or (response == "any" and rise > strong_from):
        return dice.uniform(126.0, 132.0), dice.uniform(78.0, 84.0), dice.uniform(55.0, 60.0)
    systolic = _normal(dice, 116.0, 7.0, 102.0, 128.0)
    diastolic = min(76.0, max(60.0, 0.6 * systolic + dice.gauss(0.0, 4.0)))
    return systolic, diastolic, min(_CALM_RISE, max(0.0, rise))


def _normal(dice: Random, mean: float, deviation: float, low: float, high: float) -> float:
    return min(high, max(low, dice.gauss(mean, deviation)))

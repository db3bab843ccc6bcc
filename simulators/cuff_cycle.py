"""What any automatic cuff does to an arm: it inflates, lets the pressure out in steps, knows the result."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Self

from simulators.cuff_faults import AIR_LEAK_MMHG, STOPPED_AFTER_S
from simulators.events import EventKind
from simulators.physiology import BodyState

INFLATES_MMHG_S = 40.0
ABOVE_SYSTOLIC_MMHG = 30.0
STEP_MMHG, STEP_S = 5.0, 0.6
BELOW_DIASTOLIC_MMHG = 10.0
MOST_MMHG = 300.0
"""Where an adult module lets the pressure out by itself (IEC 80601-2-30)."""
LONGEST_S = 180.0
"""How long it may stay inflated (IEC 80601-2-30)."""


@dataclass(frozen=True, slots=True)
class Pressures:
    """A result: mmHg, and the pulse rate in /min."""

    systolic: int
    diastolic: int
    mean: int
    pulse_rate: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """The pressure in the cuff over one measurement that `began` then (clock seconds); pressures in mmHg."""

    began: float
    top: float
    bottom: float
    stuck: bool
    failure: EventKind | None = None
    """What the script has go wrong with it from its beginning."""

    @classmethod
    def on(
        cls,
        state: BodyState,
        now: float,
        initial_mmhg: float = 0.0,
        *,
        stuck: bool = False,
        failure: EventKind | None = None,
    ) -> Self:
        """A measurement of `state` that begins `now`."""
        top = max(state.systolic + ABOVE_SYSTOLIC_MMHG, initial_mmhg)
        bottom = state.diastolic - BELOW_DIASTOLIC_MMHG
        if failure == "cuff_overpressure":
            top = MOST_MMHG + 1
        elif failure == "cuff_air_leak":
            top, bottom = AIR_LEAK_MMHG, 0.0
        return cls(now, top, bottom, stuck, failure)

    @property
    def inflated_s(self) -> float:
        """How long the pressure rises."""
        return min(self.top, MOST_MMHG) / INFLATES_MMHG_S

    @property
    def lasts_s(self) -> float:
        """How long it takes in all."""
        if self.failure == "cuff_user_stop":
            return STOPPED_AFTER_S
        if self.top > MOST_MMHG:
            return self.inflated_s
        if self.stuck:
            return LONGEST_S
        return self.inflated_s + (self.top - self.bottom) / STEP_MMHG * STEP_S

    def mmhg(self, now: float) -> int:
        """The pressure at `now`."""
        since = now - self.began
        if since < self.inflated_s:
            return round(INFLATES_MMHG_S * since)
        if self.stuck:
            return round(self.top)
        return round(max(0.0, self.top - STEP_MMHG * ((since - self.inflated_s) // STEP_S)))


def measured(state: BodyState, dice: Random, off_mmhg: float = 0.0) -> Pressures:
    """What an oscillometric measurement makes of `state`: within a mmHg or two, or `off_mmhg` off."""
    scatter = dice.gauss(0, 1) + off_mmhg
    return Pressures(
        round(state.systolic + scatter),
        round(state.diastolic + scatter),
        round(state.mean + scatter),
        round(state.heart_rate),
    )

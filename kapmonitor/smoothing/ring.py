"""The display filter: a short median against single outliers, then an exponential average against flicker.

Median of the last five values, then a first-order average with a time constant of 3 s over the real time
between ticks: the display path that was measured best for vitals that come about once a second.

How much later a smoothed value is than the raw one is not estimated but carried along: the filter runs over
the times of the values exactly as over the values themselves. Median and average give a straight line back
as a straight line, so the filtered time is the moment at which a steadily changing vital had the value that
is shown, and newest time - filtered time is the delay. For values every `d` seconds it settles at
(window - 1)/2 * d for the median plus d / (exp(d/tau) - 1) for the average, which is tau for small `d`: with
one value a second 2.0 s + 2.53 s. Just after a start it is 0, since one value alone is not smoothed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from kapmonitor.quantities import QUANTITIES

Floats = npt.NDArray[np.float64]
_VALUE, _AT = 0, 1
"""First axis of ring and state: the filter treats values and their times alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """All channels at one tick; arrays of shape [channel], float64, in the order of `channels`.

    `values`: smoothed, in the quantity's unit, NaN where nothing is fresh. `raw`: the newest as read, and
    `age_s`: its age in seconds, NaN where there never was one; `raw` stays when it is no longer fresh, for
    the record, not for a screen. `delay_s`: how far `values` lag behind `raw`, NaN where they are.
    """

    channels: tuple[str, ...]
    values: Floats
    raw: Floats
    age_s: Floats
    delay_s: Floats

    def following(self, limits: Floats) -> Smoothed:
        """The same, but raw where a limit lies between smoothed and raw: a screen never contradicts an alarm.

        `limits`: shape [any number, channel], NaN where a channel has no such limit. Numbers are compared as
        they are printed, rounded to the quantity's decimals: 91.6 prints as 92, which is not below 92.
        """
        scale = _scale(self.channels)
        printed = np.rint(self.values * scale) / scale  # halves to even, as round() does
        # Sign 0, on the limit, differs from both sides: which side it belongs to is the rule's business.
        differs = np.sign(printed - limits) != np.sign(self.raw - limits)
        crossed = (differs & ~np.isnan(limits)).any(axis=0) & ~np.isnan(self.values)
        return replace(
            self,
            values=np.where(crossed, self.raw, self.values),
            delay_s=np.where(crossed, 0.0, self.delay_s),
        )


@cache
def _scale(channels: tuple[str, ...]) -> Floats:
    """10 to the power of each channel's decimals, shape [channel]."""
    return 10.0 ** np.array([QUANTITIES[channel].decimals for channel in channels])


class Smoother:
    """One session's ring of raw values, [window, channel], and the state of its average.

    Values are put in as they come; once a second `tick` filters all channels at once. A new session takes
    a new smoother: no value of one person is ever averaged with another's.
    """

    def __init__(self, channels: Sequence[str], *, window: int = 5, tau_s: float = 3.0) -> None:
        """`channels`: names of quantities. `window`: values in the median. `tau_s`: seconds.

        Raises:
            ValueError: an unknown or repeated channel, a window or time constant that is not above 0.
        """
        unknown = [channel for channel in channels if channel not in QUANTITIES]
        if unknown or len(set(channels)) != len(channels):
            raise ValueError(f"channels must be different names of quantities, not {list(channels)}")
        if window < 1 or not tau_s > 0:
            raise ValueError(f"window and tau_s must be above 0, not {window} and {tau_s}")
        self.channels = tuple(channels)
        self._column = {channel: column for column, channel in enumerate(self.channels)}
        self._window = window
        self._tau_s = tau_s
        self._fresh_s = np.array([QUANTITIES[channel].fresh_s for channel in self.channels])
        self._row = [0] * len(self.channels)
        self._ring = np.full((2, window, len(self.channels)), np.nan)
        self._columns = np.arange(len(self.channels))
        self._newest = np.full((2, len(self.channels)), np.nan)
        self._state = np.full((2, len(self.channels)), np.nan)
        self._state_newest_at = np.full(len(self.channels), np.nan)
        self._state_at = np.full(len(self.channels), np.nan)

    def put(self, channel: str, value: float, at: float) -> None:
        """Take in a valid raw `value`, in the quantity's unit, read `at` (seconds of the session's clock).

        One that is older than the newest is no news and is left out.

        Raises:
            KeyError: no such channel.
            ValueError: not a finite number; whoever has no value puts none.
        """
        if not math.isfinite(value) or not math.isfinite(at):
            raise ValueError(f"{channel}: {value} at {at} s is not a value to smooth")
        column = self._column[channel]
        if at < self._newest[_AT, column]:
            return
        row = self._row[column]
        self._ring[:, row, column] = self._newest[:, column] = (value, at)
        self._row[column] = (row + 1) % self._window

    def tick(self, now: float) -> Smoothed:
        """Filter what is there at `now`, which must not fall from tick to tick.

        A channel whose newest value is older than its `fresh_s` is NaN. When values come again the average
        goes on with the real time that passed, or, if none came for more than three time constants, starts
        anew at the median.
        """
        median = self._median(now)
        # What was never put is NaN: every comparison with it is false, so it counts as a gap.
        gap = ~(self._newest[_AT] - self._state_newest_at <= 3 * self._tau_s)
        alpha = -np.expm1((self._state_at - now) / self._tau_s)
        average = np.where(gap, median, self._state + alpha * (median - self._state))
        here = ~np.isnan(median[_VALUE])
        np.copyto(self._state, average, where=here)
        np.copyto(self._state_newest_at, self._newest[_AT], where=here)
        np.copyto(self._state_at, now, where=here)
        return Smoothed(
            self.channels,
            values=average[_VALUE],
            raw=self._newest[_VALUE].copy(),
            age_s=now - self._newest[_AT],
            delay_s=self._newest[_AT] - average[_AT],
        )

    def _median(self, now: float) -> Floats:
        """Medians of the fresh values and of their times, shape [2, channel], NaN where there are none."""
        fresh = now - self._ring[_AT] <= self._fresh_s
        ordered = np.where(fresh, self._ring, np.nan)
        ordered.sort(axis=1)  # NaN goes to the end
        count = fresh.sum(axis=0)
        # With none, both rows hold NaN only.
        middle = ordered[:, (count - 1) // 2, self._columns] + ordered[:, count // 2, self._columns]
        return np.asarray(middle / 2.0)

"""The display filters: one tick of a session, and one heartbeat, beside doing it the obvious way."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

from kapmonitor.smoothing import RrVariability, Smoother
from kapmonitor.vitals import SMOOTHED
from tests.bench import peers
from tests.bench.options import Options
from tests.bench.report import Report
from tests.bench.timing import Case, compare

_BEATS_A_MINUTE = 70


def smoothing(options: Options, report: Report) -> None:
    """Nanoseconds of CPU a tick of four channels, and a beat."""
    ticks = {"": Case(_tick()), "4 x np.median instead": Case(_medians())}
    for which, ns in compare(ticks, quick=options.quick).items():
        report.add(_named("smoothing tick, 4 channels", which), ns / 1000, "us")
    beats = {"": Case(_beat()), "RMSSD computed anew": Case(partial(_rmssd, _minute()))}
    for package, measures in peers.of_rmssd(report).items():
        beats[package] = Case(partial(measures, _minute()))
    for which, ns in compare(beats, quick=options.quick).items():
        report.add(_named("RR and RMSSD, a beat", which), ns / 1000, "us")


def _named(name: str, which: str) -> str:
    return f"{name}: {which}" if which else name


def _tick() -> Callable[[], object]:
    """A second of a session: a value for each channel, then the tick."""
    smoother = Smoother(SMOOTHED)
    now = 0.0

    def second() -> object:
        nonlocal now
        now += 1.0
        for channel in SMOOTHED:
            smoother.put(channel, 70.0 + now % 3, now)
        return smoother.tick(now)

    return second


def _medians() -> Callable[[], object]:
    windows = np.array([[70.0, 71.0, 70.0, 72.0, 71.0]] * len(SMOOTHED))
    return lambda: [np.median(window) for window in windows]


def _beat() -> Callable[[], object]:
    """A beat of a session that has run for a minute, and the value it makes."""
    variability, intervals, now = RrVariability(), _minute(), 0.0
    number = 0

    def beat() -> object:
        nonlocal now, number
        rr = intervals[number % len(intervals)]
        number += 1
        now += rr / 1000
        variability.add(rr, now)
        return variability.value(now)

    for _ in range(2 * _BEATS_A_MINUTE):
        beat()
    return beat


def _minute() -> list[float]:
    dice = random.Random(1)
    return [round(60_000 / _BEATS_A_MINUTE + dice.gauss(0, 20), 1) for _ in range(_BEATS_A_MINUTE)]


def _rmssd(rr_ms: list[float]) -> float:
    """The same rejection and the same formula over the whole last minute."""
    accepted = [
        index >= 5 and 5 * abs(rr - sorted(rr_ms[index - 5 : index])[2]) <= rr
        for index, rr in enumerate(rr_ms)
    ]
    squares = [
        (one - other) ** 2
        for (one, good), (other, too) in pairwise(zip(rr_ms, accepted, strict=True))
        if good and too
    ]
    return math.sqrt(sum(squares) / len(squares))

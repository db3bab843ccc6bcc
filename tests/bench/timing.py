"""CPU time of small pure functions, cases side by side."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple

ROUNDS, QUICK_ROUNDS = 9, 3
SLICE_S, QUICK_SLICE_S = 0.02, 0.001
_MOST_REPEATS = 1 << 20


class Case(NamedTuple):
    """Something to time: one `run` handles `items` things."""

    run: Callable[[], object]
    items: int = 1


def compare(cases: Mapping[str, Case], *, quick: bool) -> dict[str, float]:
    """Nanoseconds of CPU per item of each case: the median of several rounds.

    Each round times every case once, in another order: what disturbs the machine disturbs all of them alike,
    so that their ratios hold where single figures do not.
    """
    rounds, slice_s = (QUICK_ROUNDS, QUICK_SLICE_S) if quick else (ROUNDS, SLICE_S)
    repeats = {name: _repeats(case, slice_s) for name, case in cases.items()}
    found: dict[str, list[float]] = {name: [] for name in cases}
    dice = random.Random(1)
    for _ in range(rounds):
        for name in dice.sample(list(cases), len(cases)):
            spent = _timed(cases[name], repeats[name])
            found[name].append(spent / repeats[name] / cases[name].items)
    return {name: median(each) for name, each in found.items()}


def _timed(case: Case, repeats: int) -> int:
    run = case.run
    before = time.thread_time_ns()
    for _ in range(repeats):
        run()
    return time.thread_time_ns() - before


def _repeats(case: Case, slice_s: float) -> int:
    """How often `case` has to run to take about `slice_s`; finding out warms it up, too."""
    repeats = 1
    while _timed(case, repeats) < slice_s * 1e9 and repeats < _MOST_REPEATS:
        repeats *= 2
    return repeats

"""One trend's paper: time from left to right, a scale, limits, marks, gaps and curves. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kapmonitor.alarms.shown import Limits
from kapmonitor.report.summary import Span
from kapmonitor.report.svg import Drawing, Look
from kapmonitor.report.times import SECOND_US, Local, from_us

WIDTH, LEFT, RIGHT, FOOT = 700.0, 96.0, 8.0, 14.0
"""Of every drawing, in units; all trends have the same, so that they stand in line below each other."""
MOST_TICKS = 12
TICKS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240)
LEAST_STEP = 5.0

FRAME: Look = {"fill": "none", "stroke": "#333", "stroke-width": "0.7"}
GRID: Look = {"stroke": "#ccc", "stroke-width": "0.4"}
BEYOND: Look = {"fill": "#e6e6e6", "stroke": "none"}
LIMIT: Look = {"stroke": "#000", "stroke-width": "0.8", "stroke-dasharray": "5 2"}
BASELINE: Look = {"stroke": "#333", "stroke-width": "0.7", "stroke-dasharray": "1 2"}
DOSE: Look = {"stroke": "#000", "stroke-width": "1.2"}
MARK: Look = {"stroke": "#555", "stroke-width": "0.5", "stroke-dasharray": "2 2"}
SMALL: Look = {"font-size": "7", "fill": "#000"}
END: Look = {**SMALL, "text-anchor": "end"}
MIDDLE: Look = {**SMALL, "text-anchor": "middle"}
NAME: Look = {"font-size": "9", "font-weight": "bold", "fill": "#000"}


class Mark(NamedTuple):
    """Something that stands as a line in every trend: `number` is its number in the list of events."""

    number: int
    at_us: int
    dose: bool


class Axis:
    """Time from `span.start` at the left to `span.end` at the right edge of the trends."""

    def __init__(self, span: Span, local: Local) -> None:
        """A span of no time at all is drawn as one second."""
        self.span = Span(span.start, max(span.end, span.start + SECOND_US))
        self._local = local

    def x(self, t_us: float) -> float:
        """Where an instant is; what is outside is at the edge."""
        share = (t_us - self.span.start) / (self.span.end - self.span.start)
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Where a time is written, and which."""
        minutes = (self.span.end - self.span.start) / SECOND_US / 60
        every = next((each for each in TICKS_MIN if minutes / each <= MOST_TICKS), TICKS_MIN[-1])
        every_us = every * 60 * SECOND_US
        at = self._local.hour_us(self.span.start, every_us)
        while at <= self.span.end:
            yield self.x(at), self._local.short(from_us(at))
            at += every_us


class Plot:
    """The paper of one trend: `low`..`high` from `top` downwards, `height` units high."""

    def __init__(
        self, drawing: Drawing, axis: Axis, top: float, height: float, scale: tuple[float, float]
    ) -> None:
        """Begin with the grid."""
        self.drawing, self.axis, self.top, self.height = drawing, axis, top, height
        self.low, self.high = scale
        self._grid()

    def y(self, value: float) -> float:
        """Where a value is; what is outside the scale is at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return self.top + self.height * (1 - min(max(share, 0.0), 1.0))

    def _grid(self) -> None:
        drawing, right = self.drawing, WIDTH - RIGHT
        for x, time in self.axis.ticks():
            drawing.line(x, self.top, x, self.top + self.height, GRID)
            drawing.words(x, self.top + self.height + 9, time, MIDDLE)
        for value in _steps(self.low, self.high):
            drawing.line(LEFT, self.y(value), right, self.y(value), GRID)
            drawing.words(LEFT - 4, self.y(value) + 2.5, f"{value:g}", END)
        drawing.box(LEFT, self.top, right - LEFT, self.height, FRAME)

    def limits(self, limits: Limits, what: str = "limit") -> None:
        """Grey beyond the limits, and a line at each with its value."""
        low, high = limits
        right, bottom = WIDTH - RIGHT, self.top + self.height
        if low is not None:
            self.drawing.box(LEFT, self.y(low), right - LEFT, bottom - self.y(low), BEYOND)
            self.level(low, f"{what} {low:g}", LIMIT, below=True)
        if high is not None:
            self.drawing.box(LEFT, self.top, right - LEFT, self.y(high) - self.top, BEYOND)
            self.level(high, f"{what} {high:g}", LIMIT)

    def level(self, value: float, text: str, look: Look, *, below: bool = False) -> None:
        """A line across, with words at its right."""
        self.line(value, look)
        self.drawing.words(WIDTH - RIGHT - 2, self.y(value) + (7.5 if below else -2), text, END)

    def line(self, value: float, look: Look) -> None:
        """A line across."""
        self.drawing.line(LEFT, self.y(value), WIDTH - RIGHT, self.y(value), look)

    def marks(self, marks: Iterable[Mark]) -> None:
        """A line at every dose and event."""
        for mark in marks:
            x = self.axis.x(mark.at_us)
            self.drawing.line(x, self.top, x, self.top + self.height, DOSE if mark.dose else MARK)

    def missing(self, spans: Iterable[Span]) -> None:
        """Hatched, where nothing was measured."""
        for span in spans:
            x = self.axis.x(span.start)
            self.drawing.box(x, self.top, self.axis.x(span.end) - x, self.height, self.drawing.hatched)

    def curve(
        self, t_us: NDArray[np.int64], values: NDArray[np.float64], look: Look, *, apart_us: int
    ) -> None:
        """What was measured; a line never crosses more than `apart_us` without a value."""
        for start, end in _runs(t_us, apart_us):
            self.drawing.way(self._points(t_us[start:end], values[start:end]), look)

    def _points(self, t_us: NDArray[np.int64], values: NDArray[np.float64]) -> Iterator[tuple[float, float]]:
        """First, highest, lowest and last value of each unit of width: no peak is left out."""
        width = (self.axis.span.end - self.axis.span.start) / (WIDTH - LEFT - RIGHT)
        buckets = ((t_us - self.axis.span.start) / width).astype(np.int64)
        for chosen in np.split(np.arange(len(t_us)), np.flatnonzero(np.diff(buckets)) + 1):
            part = values[chosen]
            for at in sorted({0, int(part.argmin()), int(part.argmax()), len(part) - 1}):
                yield self.axis.x(int(t_us[chosen[at]])), self.y(float(part[at]))


def scale(usual: tuple[float, float], values: Iterable[float]) -> tuple[float, float]:
    """The usual scale, made wider in tens where there are values beyond it."""
    found = list(values)
    low = min([usual[0], *found])
    high = max([usual[1], *found])
    return math.floor(low / 10) * 10, math.ceil(high / 10) * 10


def _runs(t_us: NDArray[np.int64], apart_us: int) -> Iterator[tuple[int, int]]:
    edges: Sequence[int] = [0, *(np.flatnonzero(np.diff(t_us) > apart_us) + 1).tolist(), len(t_us)]
    return ((start, end) for start, end in pairwise(edges) if end > start)


def _steps(low: float, high: float) -> Iterator[float]:
    step = LEAST_STEP if high - low <= 6 * LEAST_STEP else 20.0
    value = math.ceil(low / step) * step
    while value <= high:
        yield value
        value += step

"""The trends of a report: course and alarms, SpO2, the rates, the pressures. Pure; the paper is in `plot`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from markupsafe import Markup

from kapmonitor.alarms.shown import NO_LIMITS, Limits
from kapmonitor.alarms.words import Priority
from kapmonitor.model import Origin, Quality
from kapmonitor.quantities import QUANTITIES
from kapmonitor.report.alarms import Episode
from kapmonitor.report.plot import (
    BASELINE,
    END,
    FOOT,
    FRAME,
    LEFT,
    LIMIT,
    MIDDLE,
    NAME,
    SMALL,
    WIDTH,
    Axis,
    Mark,
    Plot,
    scale,
)  # fmt: skip
from kapmonitor.report.summary import HOLD_US, Hole, Span, counting, holes
from kapmonitor.report.svg import Drawing, Look
from kapmonitor.report.times import to_us
from kapmonitor.session import entries
from kapmonitor.session.history import QUALITIES, Series
from kapmonitor.session.record import happened
from kapmonitor.session.session import Session

GAP_S = 10.0
"""A gap that is shorter than this is no longer than what an alarm's delay bridges, and is not drawn."""
LANE = 9.0
NO_READING = "\N{MULTIPLICATION SIGN}"
MEASURED: tuple[Look, ...] = (
    {"fill": "none", "stroke": "#00456b", "stroke-width": "0.9", "stroke-linecap": "round"},
    {"fill": "none", "stroke": "#8a4500", "stroke-width": "0.7", "stroke-dasharray": "2 1"},
)
DOUBTFUL: Look = {"fill": "none", "stroke": "#999", "stroke-width": "1.2", "stroke-linecap": "round"}
PRESSURE: Look = {"stroke": "#000", "stroke-width": "1.4", "fill": "#000"}
DOUBTED: Look = {"stroke": "#888", "stroke-width": "1.4", "stroke-dasharray": "2 2"}
TYPED: Look = {"stroke": "#000", "stroke-width": "0.8", "fill": "#fff"}
BAR: dict[Priority, Look] = {
    Priority.HIGH: {"fill": "#000", "stroke": "#000", "stroke-width": "0.6"},
    Priority.MEDIUM: {"fill": "#999", "stroke": "#000", "stroke-width": "0.6"},
    Priority.LOW: {"fill": "#fff", "stroke": "#000", "stroke-width": "0.6"},
}
_QUESTIONABLE = QUALITIES.index(Quality.QUESTIONABLE)


def course(session: Session, found: Sequence[Episode], axis: Axis, marks: Sequence[Mark]) -> Markup:
    """Phases, the numbers of the events, and each alarm as a bar from its start to its end."""
    names = list(dict.fromkeys(each.name for each in found))
    height = 46 + LANE * max(len(names), 1)
    drawing = Drawing("course", WIDTH, height, "Phases, events and alarms of the session")
    drawing.words(2, 12, "Phase", NAME)
    _phases(drawing, session, axis)
    drawing.words(2, 29, "Events", NAME)
    for mark in marks:
        text = f"{'▼' if mark.dose else ''}{mark.number}"
        drawing.words(axis.x(mark.at_us), 25 + 7 * (mark.number % 2), text, MIDDLE)
    drawing.words(2, 45, "Alarms", NAME)
    for each in found:
        _bar(drawing, each, 38 + LANE * names.index(each.name), axis)
    for lane, name in enumerate(names):
        drawing.words(LEFT - 4, 44.5 + LANE * lane, name, {**END, "font-size": "6"})
    return drawing.drawn()


def _phases(drawing: Drawing, session: Session, axis: Axis) -> None:
    starts = [("screening", axis.span.start)]
    starts += [
        (entry.what.phase.value, to_us(entry.moment.utc))
        for entry in session.entries
        if isinstance(entry.what, entries.PhaseEntered)
    ]
    ends = [*(at for _, at in starts[1:]), axis.span.end]
    for (phase, start), end in zip(starts, ends, strict=True):
        x, right = axis.x(start), axis.x(end)
        drawing.box(x, 3, right - x, 12, FRAME)
        if right - x > 5 * len(phase):
            drawing.words((x + right) / 2, 11.5, phase, MIDDLE)


def _bar(drawing: Drawing, each: Episode, y: float, axis: Axis) -> None:
    x = axis.x(to_us(each.began))
    end = axis.span.end if each.ended is None else to_us(each.ended)
    drawing.box(x, y, max(axis.x(end) - x, 1.5), 6.5, BAR[each.priority])
    if each.seen is not None:
        seen = axis.x(to_us(each.seen))
        drawing.line(seen, y - 1, seen, y + 7.5, {"stroke": "#fff", "stroke-width": "2"})
        drawing.line(seen, y - 1, seen, y + 7.5, {"stroke": "#000", "stroke-width": "0.8"})


def every_second(
    name: str,
    measured: Sequence[Series | None],
    usual: tuple[float, float],
    spans: Sequence[Span],
    axis: Axis,
    marks: Sequence[Mark],
    limits: Limits = NO_LIMITS,
    baseline: float | None = None,
) -> Markup:
    """The trend of what is measured every second; of several sources the gaps are those that all have."""
    there = [series for series in measured if series is not None]
    labels = " and ".join(QUANTITIES[series.quantity].label for series in there) or "No values"
    drawing = Drawing(name, WIDTH, 118 + FOOT, f"{labels} during the session")
    values = [float(value) for series in there for value in series.raw[counting(series)]]
    beyond = [each for each in (*limits, baseline) if each is not None]
    plot = Plot(drawing, axis, 4, 114, scale(usual, [*values, *beyond]))
    plot.limits(limits)
    plot.missing(_nowhere([list(holes(series, spans, GAP_S)) for series in measured]))
    if baseline is not None:
        plot.line(baseline, BASELINE)
        _named_line(drawing, 70, f"baseline {baseline:g}", BASELINE)
    plot.marks(marks)
    for place, series in enumerate(there):
        _curve(plot, series, place)
    return drawing.drawn()


def _curve(plot: Plot, series: Series, place: int) -> None:
    y, row = 14 + 24 * place, QUANTITIES[series.quantity]
    plot.drawing.words(2, y, row.label, NAME)
    look = MEASURED[place]
    _named_line(plot.drawing, y + 9, row.unit, look)
    good = counting(series)
    doubtful = (series.quality == _QUESTIONABLE) & ~np.isnan(series.raw)
    plot.curve(series.t_us[doubtful], series.raw[doubtful], DOUBTFUL, apart_us=2 * HOLD_US)
    plot.curve(series.t_us[good], series.raw[good], look, apart_us=2 * HOLD_US)


def _named_line(drawing: Drawing, y: float, text: str, look: Look) -> None:
    """In the margin: how a line looks, and what it is."""
    drawing.line(2, y - 2.5, 16, y - 2.5, look)
    drawing.words(19, y, text, SMALL)


def _nowhere(each: Sequence[Sequence[Hole]]) -> list[Span]:
    """Where every one of them has a hole."""
    common = [hole.span for hole in each[0]] if each else []
    for others in each[1:]:
        pairs = ((a, hole.span) for a in common for hole in others)
        common = [
            Span(max(a.start, b.start), min(a.end, b.end))
            for a, b in pairs
            if a.start < b.end and b.start < a.end
        ]
    return common


def cuff(
    session: Session,
    axis: Axis,
    marks: Sequence[Mark],
    limits: tuple[Limits, Limits],
    baseline: Sequence[float],
) -> Markup:
    """Each cuff reading as a line from diastolic to systolic; `limits` are (systolic, diastolic)."""
    drawing = Drawing("cuff", WIDTH, 134 + FOOT, "Blood pressure during the session")
    read = [each for _, one in session.measured for each in (one.systolic, one.diastolic) if each is not None]
    systolic, diastolic = limits
    beyond = [each for each in (*systolic, *diastolic) if each is not None]
    plot = Plot(drawing, axis, 4, 130, scale((60, 180), [*read, *beyond, *baseline]))
    drawing.words(2, 14, "Blood pressure", NAME)
    drawing.words(2, 22, "mmHg", SMALL)
    plot.limits(systolic, "systolic")
    for each in diastolic:
        if each is not None:
            plot.level(each, f"diastolic {each:g}", LIMIT)
    for each in baseline:
        plot.line(each, BASELINE)
    if baseline:
        _named_line(drawing, 36, f"baseline {'/'.join(f'{each:g}' for each in baseline)}", BASELINE)
    plot.marks(marks)
    _readings(plot, session.entries)
    return drawing.drawn()


def _readings(plot: Plot, found: Iterable[entries.Entry]) -> None:
    for entry in found:
        match entry.what:
            case entries.Measured() as one:
                _reading(plot, one, plot.axis.x(to_us(happened(one) or entry.moment.utc)))
            case entries.CuffFailed():
                plot.drawing.words(
                    plot.axis.x(to_us(entry.moment.utc)), plot.top + plot.height - 2, NO_READING, NAME
                )
            case _:
                pass


def _reading(plot: Plot, one: entries.Measured, x: float) -> None:
    if one.systolic is None or one.diastolic is None:
        plot.drawing.words(x, plot.top + plot.height - 2, NO_READING, NAME)
        return
    top, bottom = plot.y(one.systolic), plot.y(one.diastolic)
    look = PRESSURE if one.counts else DOUBTED
    plot.drawing.line(x, top, x, bottom, look)
    for y in (top, bottom):
        plot.drawing.line(x - 3, y, x + 3, y, look)
    if one.origin is Origin.MANUAL:
        plot.drawing.box(x - 2.5, top - 2.5, 5, 5, TYPED)
    if one.mean is not None and one.counts:
        plot.drawing.box(x - 1.5, plot.y(one.mean) - 1.5, 3, 3, PRESSURE)

"""The tables of a report, cell by cell: everything here is text already. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import get_args

import msgspec

from kapmonitor.alarms.shown import Limits
from kapmonitor.model import Origin
from kapmonitor.quantities import QUANTITIES
from kapmonitor.report.alarms import Episode
from kapmonitor.report.sentences import said
from kapmonitor.report.summary import Figures, Hole, Pressures
from kapmonitor.report.times import Local, from_us, lasted
from kapmonitor.report.words import number, plain, why
from kapmonitor.session import entries
from kapmonitor.session.discharge import TITLES
from kapmonitor.session.entries import Item
from kapmonitor.session.form import Effect, Form, Pressure
from kapmonitor.session.history import Unrecorded
from kapmonitor.session.record import Line
from kapmonitor.session.session import Session

NONE = "---"
"""What stands where there is no number."""


class Row(msgspec.Struct, frozen=True):
    """One line of a table; `below` are lines of their own below it, over its whole width."""

    cells: tuple[str, ...]
    below: tuple[str, ...] = ()


def of_figures(one: Figures) -> Row:
    """Quantity, lowest, median, highest, baseline, limits, out of limits, no valid value."""
    row = QUANTITIES[one.quantity]
    share = NONE if one.missing is None else f"{one.missing * 100:.1f} % ({lasted(one.missing_s)})"
    doubtful = f", of it doubtful {lasted(one.doubtful_s)}" if one.doubtful_s else ""
    out = NONE if one.out_s is None else lasted(one.out_s)
    return Row((f"{row.label}, {row.unit}", *_range(one), _limits(one.limits), out, share + doubtful))


def of_pressures(one: Pressures, failed: int) -> Row:
    """The same of the cuff, in readings instead of time."""
    row = QUANTITIES[one.quantity]
    out = NONE if one.out is None else f"{one.out} of {one.readings} readings"
    return Row((f"{row.label}, {row.unit}", *_range(one), _limits(one.limits), out, f"{failed} tries failed"))


def _range(one: Figures | Pressures) -> tuple[str, ...]:
    return tuple(
        NONE if each is None else number(each) for each in (one.lowest, one.median, one.highest, one.baseline)
    )


def _limits(limits: Limits) -> str:
    low, high = limits
    known = ("" if low is None else f"low {low:g}", "" if high is None else f"high {high:g}")
    return ", ".join(each for each in known if each) or NONE


def of_hole(quantity: str, hole: Hole, local: Local, unrecorded: Sequence[Unrecorded]) -> Row:
    """What was not measured, or measured and not recorded: from when until when, and why."""
    start, end = (from_us(each) for each in hole.span)
    long = lasted((end - start).total_seconds())
    lost = any(each.since < end and each.until > start for each in unrecorded if each.what == "numeric")
    nothing = "measured, but the disk took nothing" if lost else "nothing was written"
    reason = why(hole.reason) if hole.reason else nothing
    return Row((QUANTITIES[quantity].label, local.time(start), local.time(end), long, reason))


def of_alarm(each: Episode, local: Local) -> Row:
    """Priority, alarm, began, over, acknowledged, by, paged, label; below it each transition."""
    seen = NONE if each.seen is None else f"{local.time(each.seen)} (after {lasted(each.seen_s or 0.0)})"
    ended = "not over" if each.ended is None else local.time(each.ended)
    page, label = "yes" if each.page else "no", each.label or NONE
    marks = {"high": "*** high", "medium": "** medium", "low": "* low"}[each.priority]
    cells = (
        marks,
        f"{each.name}: {each.text}",
        local.time(each.began),
        ended,
        seen,
        each.by or NONE,
        page,
        label,
    )
    return Row(cells, (_transitions(each, local),))


def _transitions(each: Episode, local: Local) -> str:
    return "; ".join(
        f"{local.time(line.t)} {line.event} {line.rule}"
        + ("" if line.value is None else f" {number(line.value)} {line.unit}")
        + (f" by {line.by}" if line.by and line.event == "acknowledge" else "")
        for line in each.lines
    )


def of_line(line: Line, corrected: Mapping[int, Sequence[Line]], local: Local) -> Row:
    """Number, time, minute, who, what; below it what was corrected, by whom and when."""
    late = "" if line.entered == line.ts else f" (entered {local.ts(line.entered)})"
    minute = "" if line.minute is None else f"{line.minute:+.0f}"
    cells = (str(line.entry), local.ts(line.ts) + late, minute, _who(line), said(line.what, local))
    return Row(cells, tuple(_corrections(corrected.get(line.entry, ()), local)))


def _corrections(found: Iterable[Line], local: Local) -> Iterator[str]:
    for line in found:
        if isinstance(line.what, entries.Correction):
            yield f"Corrected by {_who(line)} at {local.ts(line.ts)} (entry {line.entry}): {line.what.text}"


def _who(line: Line) -> str:
    return "kapmonitor" if line.role.value == "service" else f"{line.by} ({line.role.value})"


def of_items(session: Session, local: Local) -> Iterator[Row]:
    """The checklist as it was signed last: item, shown, doubt, said, who, when."""
    for item in get_args(Item):
        if item not in session.signed:
            yield Row((TITLES[item], "", "", "", "not signed", ""))
            continue
        when, by, what = session.signed[item]
        yield Row((TITLES[item], what.shown, what.doubt, what.text, by, local.time(when.utc)))


def of_form(filled: Form, local: Local) -> Iterator[Row]:
    """The programme's form: question and answer."""
    medicines = None if filled.medicines is None else ", ".join(filled.medicines) or "none of those asked for"
    doses = [
        f"{d.drug} {number(d.amount)} {d.unit}, {d.route}, lot {d.lot or NONE}, at {local.ts(d.ts)}"
        for d in filled.doses
    ]
    answers = (
        ("Medicines that bear on sedation or pressure", medicines or "not asked for"),
        ("History", filled.history or NONE),
        ("Monitored by", ", ".join(filled.monitored_by) or NONE),
        ("Doses", "; ".join(doses) or NONE),
        ("From the first dose to the end", _minutes(filled.total_min)),
        ("Ready to leave, after the first dose", _minutes(filled.ready_after_min)),
        ("Ready earlier than the time to observe", _yes(filled.ready_earlier)),
        ("Vital signs acceptable before the dose", _yes(filled.acceptable_before)),
        ("Vital signs acceptable before leaving", _yes(filled.acceptable_after)),
        ("Blood pressure before the dose", _pressure(filled.pressure_before, local)),
        ("Blood pressure 40 min after the last dose", _pressure(filled.pressure_after_40_min, local)),
        ("Blood pressure at the end", _pressure(filled.pressure_at_the_end, local)),
        ("Sedation", _effect(filled.sedation)),
        ("Dissociation", _effect(filled.dissociation)),
        ("Breathing", _effect(filled.breathing)),
        (
            "Serious, to be reported",
            " ".join(said(line.what, local) for line in filled.serious) or "nothing was marked so",
        ),
    )
    return (Row(each) for each in answers)


def _minutes(minutes: float | None) -> str:
    return NONE if minutes is None else f"{minutes:.0f} min"


def _yes(answer: bool | None) -> str:  # noqa: FBT001 - what is asked is whether
    return NONE if answer is None else ("yes" if answer else "NO")


def _pressure(one: Pressure | None, local: Local) -> str:
    if one is None or one.systolic is None or one.diastolic is None:
        return NONE
    return f"{number(one.systolic)}/{number(one.diastolic)} mmHg at {local.ts(one.ts)}"


def _effect(one: Effect) -> str:
    if not one.seen:
        return "not logged"
    until = "still there at the end" if one.until_min is None else f"until {_minutes(one.until_min)}"
    return f"{one.worst or 'logged'}, from {_minutes(one.from_min)} {until} after the first dose"


def origins(origin: Origin, *, drill: bool) -> str:
    """What has to stand across every page: empty where the data are a patient's."""
    data = "" if origin in (Origin.LIVE, Origin.MANUAL) else f"{plain(origin.value)} data".upper()
    return " · ".join(each for each in (data, "DRILL" if drill else "") if each)

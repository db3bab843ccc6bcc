"""The report as a page of HTML: everything that is known of a session, for people and for paper. Pure.

The page has no inline style. As part of the dashboard it links its sheets and the screen's lock; as a file
of its own it has its sheet inside, allowed by its hash, and no script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kapmonitor import __version__
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.shown import NO_LIMITS, Limits, shown_limits
from kapmonitor.report import charts, rows, sheet
from kapmonitor.report.alarms import Episode, episodes
from kapmonitor.report.open_items import open_items
from kapmonitor.report.plot import Axis, Mark
from kapmonitor.report.rows import Row
from kapmonitor.report.summary import Span, figures, holes, monitored, opened, pressures
from kapmonitor.report.times import Local, lasted, to_us
from kapmonitor.report.words import CHAPTER_TITLES
from kapmonitor.session import entries
from kapmonitor.session.form import Form, form
from kapmonitor.session.history import History
from kapmonitor.session.record import Line, Record, lines_of, record
from kapmonitor.session.routes import RouteTable

RATES = ("heart_rate", "pulse_rate")
EVERY_SECOND = ("spo2", *RATES)
EVENTS = (
    entries.Dose, entries.Infusion, entries.Lozenge, entries.Symptom, entries.HelpCalled,
    entries.Intervention, entries.Oxygen, entries.Interrupted, entries.Moved, entries.Gap,
)  # fmt: skip
"""What is marked in the trends."""

_PAGES = Environment(
    loader=PackageLoader("kapmonitor.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """Who prints the report when (UTC), and for which site and time zone.

    `chain`: the head of the record's hash chain, empty where it is not chained.
    """

    by: str
    at: datetime
    site: str
    zone: tzinfo
    chain: str = ""


class _Report:
    """What the page needs, worked out once."""

    def __init__(
        self,
        history: History,
        rules: RuleSet | None,
        table: RouteTable,
        printed: Printed,
        labels: Mapping[str, str],
    ) -> None:
        session = history.session
        self.history, self.session, self.printed = history, session, printed
        self.local = Local(printed.zone, session.started.utc)
        self.baseline: Mapping[str, float] = session.baseline.values if session.baseline else {}
        self.limits = {} if rules is None else shown_limits(rules, self.baseline)
        self.known: Record = record(session, site=printed.site)
        self.lines = lines_of(session)
        self.filled: Form = form(session, table, printed.site)
        self.episodes: tuple[Episode, ...] = episodes(history.alarms, labels)
        self.spans = monitored(session, printed.at)
        open_for = opened(session, printed.at)
        self.axis = Axis(Span(open_for[0].start, open_for[-1].end), self.local)
        self.events = sorted(
            (line for line in self.lines if isinstance(line.what, EVENTS)), key=lambda line: line.ts
        )
        self.mark = rows.origins(history.origin, drill=session.drill)

    def limits_of(self, quantity: str) -> Limits:
        return self.limits.get(quantity, NO_LIMITS)

    def marks(self) -> list[Mark]:
        times = (to_us(datetime.fromisoformat(line.ts)) for line in self.events)
        return [
            Mark(number, at_us, isinstance(line.what, entries.Dose))
            for number, (at_us, line) in enumerate(zip(times, self.events, strict=True), start=1)
        ]


def page(
    history: History,
    *,
    rules: RuleSet | None,
    table: RouteTable,
    printed: Printed,
    labels: Mapping[str, str] | None = None,
    alone: bool = False,
    with_pdf: bool = False,
) -> str:
    """The report of `history` as HTML.

    `rules`: the alarm limits that the session ran with, None where nobody has them any more; `table`: what
    its route asks for; `labels`: per alarm what staff said it was; `alone`: a file of its own, with its
    style; `with_pdf`: leads to the same as a PDF.
    """
    report = _Report(history, rules, table, printed, labels or {})
    style = sheet.style(printed.site, history.session.id, report.mark)
    return _PAGES.get_template("report.html").render(
        report=report,
        session=report.session,
        form=report.filled,
        mark=report.mark,
        style=Markup(style) if alone else "",  # noqa: S704 - ours alone; what is filled in is escaped there
        policy=sheet.policy(style),
        with_pdf=with_pdf,
        facts=list(_facts(report, rules)),
        **_parts(report),
    )


def _parts(report: _Report) -> dict[str, object]:
    """What stands below the facts."""
    local, filled = report.local, report.filled
    return {
        "open": list(dict.fromkeys(open_items(report.session, filled, report.episodes, local))),
        "figures": list(_figures(report)),
        "answers": list(rows.of_form(filled, local)),
        "trends": list(_trends(report)),
        "events": [
            Row((str(n), *rows.of_line(line, {}, local).cells[1:])) for n, line in enumerate(report.events, 1)
        ],
        "alarms": [rows.of_alarm(each, local) for each in report.episodes],
        "items": list(rows.of_items(report.session, local)),
        "holes": list(_holes(report)),
        "chapters": list(_chapters(report)),
    }


def _facts(report: _Report, rules: RuleSet | None) -> Iterator[tuple[str, str]]:
    known, local, printed = report.known, report.local, report.printed
    ended = report.session.ended
    staff = ", ".join(f"{who} ({role.value})" for who, role in known.staff)
    yield (
        "Client",
        " / ".join(each for each in (known.client.code, known.client.number) if each) or "not given",
    )
    yield "Session", known.session
    yield "Site, room, seat", f"{known.site}, {known.room}, {known.seat}"
    yield "Route", known.route.value
    yield "Started", f"{local.full(report.session.started.utc)}, by {report.session.by}"
    yield "Ended", f"{local.full(ended[0].utc)}, by {ended[1]}" if ended else "not yet"
    if report.session.reopened:
        yield "Reopened", f"{report.session.reopened} times"
    yield "Monitored for", lasted(sum(span.end - span.start for span in report.spans) / 1e6)
    yield "Therapist", known.therapist or "not given"
    yield "Staff", staff or "nobody"
    yield "Alarm limits", f"{known.rules[:12] or 'unknown'}{'' if rules else '; they are not known any more'}"
    yield "Data", report.mark or "of live devices"
    yield "Printed", f"{local.full(printed.at)}, by {printed.by}, kapmonitor {__version__}"
    yield "Record", f"chained, head {printed.chain}" if printed.chain else "not chained"


def _figures(report: _Report) -> Iterator[Row]:
    failed = sum(isinstance(line.what, entries.CuffFailed) for line in report.lines)
    for name in EVERY_SECOND:
        series = report.history.numerics.get(name)
        yield rows.of_figures(
            figures(name, series, report.spans, report.limits_of(name), _baseline_of(name, report.baseline))
        )
    for name in ("systolic", "diastolic"):
        found = pressures(name, report.session, report.limits_of(name), report.baseline.get(name))
        yield rows.of_pressures(found, failed)


def _baseline_of(quantity: str, baseline: Mapping[str, float]) -> float | None:
    """Of both rates it is the one heart rate."""
    return baseline.get("heart_rate" if quantity in RATES else quantity)


def _trends(report: _Report) -> Iterator[Markup]:
    numerics, axis, marks = report.history.numerics, report.axis, report.marks()
    yield charts.course(report.session, report.episodes, axis, marks)
    scales: Sequence[tuple[str, tuple[str, ...], tuple[float, float]]] = (
        ("spo2", ("spo2",), (80, 100)), ("rates", RATES, (40, 140))
    )  # fmt: skip
    for name, quantities, usual in scales:
        measured = [numerics.get(each) for each in quantities]
        limits, baseline = report.limits_of(quantities[0]), _baseline_of(quantities[0], report.baseline)
        yield charts.every_second(name, measured, usual, report.spans, axis, marks, limits, baseline)
    both = (report.limits_of("systolic"), report.limits_of("diastolic"))
    base = [report.baseline[name] for name in ("systolic", "diastolic") if name in report.baseline]
    yield charts.cuff(report.session, axis, marks, both, base)


def _holes(report: _Report) -> Iterator[Row]:
    for name in EVERY_SECOND:
        for hole in holes(report.history.numerics.get(name), report.spans, charts.GAP_S):
            yield rows.of_hole(name, hole, report.local, report.history.unrecorded)


def _chapters(report: _Report) -> Iterator[tuple[str, list[Row]]]:
    corrected: dict[int, list[Line]] = {}
    for line in report.lines:
        if isinstance(line.what, entries.Correction):
            corrected.setdefault(line.what.of, []).append(line)
    for name, lines in report.known.chapters.items():
        if lines:
            yield CHAPTER_TITLES[name], [rows.of_line(line, corrected, report.local) for line in lines]

"""A session as CSV (RFC 4180): one tidy table a kind, one row a fact. Pure.

Every row says which session it is of, where its data come from and whether it is an exercise. Times are UTC
to the microsecond, and beside them seconds since the first dose. A missing number is an empty cell, never 0;
`quality` and `reason` say why.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from kapmonitor.exports.course import SECOND_US, first_dose, iso, iso_all, to_us, when
from kapmonitor.exports.share import NOTHING_PERSONAL, Share, details, kind, line, withheld
from kapmonitor.session.entries import Measured
from kapmonitor.session.history import QUALITIES, History, Series

Cell = str | float | bool | None

WHOSE = ("session", "origin", "drill")
TIME = ("utc", "since_first_dose_s")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "numerics": (*WHOSE, *TIME, "quantity", "value", "raw", "unit", "quality", "reason", "device"),
    "pressures": (
        *WHOSE,
        *TIME,
        "id",
        "systolic_mmHg",
        "diastolic_mmHg",
        "mean_mmHg",
        "pulse_per_min",
        "quality",
        "reason",
        "trigger",
        "device",
        "measured_origin",
        "entry",
    ),
    "entries": (
        *WHOSE,
        *TIME,
        "entry",
        "entered_utc",
        "since_opening_s",
        "by",
        "role",
        "kind",
        "text",
        "details",
        "withheld",
    ),
    "alarms": (
        *WHOSE,
        *TIME,
        "alarm",
        "seq",
        "name",
        "rule",
        "priority",
        "kind",
        "event",
        "state",
        "acknowledged",
        "by",
        "value",
        "limit",
        "unit",
        "page",
        "text",
    ),
    "unrecorded": (*WHOSE, *TIME, "until_utc", "what", "rows"),
}
"""Each table and its columns; `docs/exporting.md` explains them."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With these a spreadsheet takes a text for a formula, or for the start of one (OWASP, CSV injection)."""


def export(history: History, share: Share = NOTHING_PERSONAL) -> dict[str, bytes]:
    """The tables as files by name; all of them, also where one has no row but its header."""
    since = _since(first_dose(history))
    rows: Mapping[str, Iterable[Sequence[Cell]]] = {
        "numerics": _numerics(history, since),
        "pressures": _pressures(history, since),
        "entries": _entries(history, since, share),
        "alarms": _alarms(history, since),
        "unrecorded": _unrecorded(history, since),
    }
    session = history.session
    whose = (session.id, history.origin.value, session.drill)
    return {f"{session.id}-{name}.csv": _file(COLUMNS[name], whose, rows[name]) for name in COLUMNS}


def _file(columns: Sequence[str], whose: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    front = [cell(each) for each in whose]
    writer.writerows([*front, *(cell(each) for each in row)] for row in rows)
    return text.getvalue().encode()


def cell(value: Cell) -> str:
    """One cell: a number without needless digits, empty where there is none; text that is never a formula.

    A text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(float(value))
        case _:
            return f"'{value}" if value.startswith(_FORMULA) else value


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value.is_integer() else repr(value)


Since = Callable[[int], float | None]


def _since(dose_us: int | None) -> Since:
    """Seconds from the first dose to an instant; none without a dose."""
    if dose_us is None:
        return lambda _: None
    return lambda us: (us - dose_us) / SECOND_US


def _numerics(history: History, since: Since) -> Iterator[Sequence[Cell]]:
    for series in history.numerics.values():
        yield from _series(series, since)


def _series(series: Series, since: Since) -> Iterator[Sequence[Cell]]:
    devices: list[str] = [series.devices[int(code)] for code in series.device]
    qualities: list[str] = [str(QUALITIES[int(code)]) for code in series.quality]
    reasons: list[str] = [series.reasons[int(code)] for code in series.reason]
    for us, text, value, raw, quality, reason, device in zip(
        series.t_us.tolist(),
        iso_all(np.asarray(series.t_us, np.int64)),
        series.value.tolist(),
        series.raw.tolist(),
        qualities,
        reasons,
        devices,
        strict=True,
    ):
        yield text, since(us), series.quantity, value, raw, series.unit, quality, reason, device


def _pressures(history: History, since: Since) -> Iterator[Sequence[Cell]]:
    for entry in history.session.entries:
        one, us = entry.what, when(entry)
        if isinstance(one, Measured):
            numbers = one.systolic, one.diastolic, one.mean, one.pulse
            said = one.quality.value, one.reason, one.trigger, one.device, one.origin.value
            yield iso(us), since(us), one.id, *numbers, *said, entry.seq


def _entries(history: History, since: Since, share: Share) -> Iterator[Sequence[Cell]]:
    opened = history.session.started.at
    for entry in history.session.entries:
        us, what = when(entry), entry.what
        yield (
            iso(us),
            since(us),
            entry.seq,
            iso(to_us(entry.moment.utc)),
            round(entry.moment.at - opened, 6),
            entry.by,
            entry.role.value,
            kind(what),
            line(what, share),
            msgspec.json.encode(details(what, share)).decode(),
            " ".join(withheld(what, share)),
        )


def _alarms(history: History, since: Since) -> Iterator[Sequence[Cell]]:
    for one in history.alarms:
        us = to_us(one.t)
        yield (
            iso(us),
            since(us),
            *(getattr(one, name) for name in COLUMNS["alarms"][len(WHOSE) + len(TIME) :]),
        )


def _unrecorded(history: History, since: Since) -> Iterator[Sequence[Cell]]:
    for one in history.unrecorded:
        us = to_us(one.since)
        yield iso(us), since(us), iso(to_us(one.until)), one.what, one.rows

"""What is looked at before somebody goes home. The software shows what is missing; people decide. Pure.

Sources: at least two hours of observation and a consistent pressure, no driving until the next day (label of
esketamine); pressures within 20 % of the baseline score full in PADSS, SpO2 of 92 % in room air in the
modified Aldrete score; MOAA/S 5 is alert. The effect on the pressure can last four hours: a doubt asks for a
person's word, it keeps nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import get_args

import msgspec

from kapmonitor.model import Moment
from kapmonitor.session.around import Around
from kapmonitor.session.entries import Item, Measured
from kapmonitor.session.session import Session, measured_at
from kapmonitor.session.timetable import NEAR, final_since, mandatory_missed

MINUTE = 60.0
FINAL_READING_S = 900.0
"""A pressure older than this says nothing about somebody who leaves now."""
SCORE_S = 1800.0
"""The same for a sedation score."""
ALERT = 5
ROOM_AIR_SPO2 = 92.0


class ItemShown(msgspec.Struct, frozen=True, kw_only=True):
    """One item: its `title`, what is known (`shown`), what speaks against it (`doubt`), who signed it when.

    `signed` is a `ts`, empty where nobody has; `text` is what was said with the signature.
    """

    item: Item
    title: str
    shown: str
    doubt: str = ""
    signed_by: str = ""
    signed: str = ""
    text: str = ""


def checklist(session: Session, around: Around, moment: Moment) -> tuple[ItemShown, ...]:
    """Every item as it stands at `moment`."""
    return tuple(_shown(item, session, around, moment) for item in get_args(Item))


def unsigned(session: Session) -> tuple[str, ...]:
    """The items that nobody has signed; none where no dose was given."""
    return tuple(item for item in get_args(Item) if item not in session.signed) if session.doses else ()


def _shown(item: Item, session: Session, around: Around, moment: Moment) -> ItemShown:
    title, look = _ITEMS[item]
    shown, doubt = look(session, around, moment.at)
    if item not in session.signed:
        return ItemShown(item=item, title=title, shown=shown, doubt=doubt)
    when, by, what = session.signed[item]
    return ItemShown(
        item=item, title=title, shown=shown, doubt=doubt, signed_by=by, signed=when.ts, text=what.text
    )


def _observed(session: Session, around: Around, now: float) -> tuple[str, str]:
    first, last = session.first_dose_at, session.last_dose_at
    if first is None or last is None:
        return "No dose was given.", ""
    asked = around.table.observe_min
    since = (now - first) / MINUTE
    shown = f"{since:.0f} min since the first dose"
    if last > first:
        shown += f", {(now - last) / MINUTE:.0f} min since the last"
    if since < asked:
        return shown, f"{asked:g} min are asked for, {asked - since:.0f} min are missing."
    return shown, ""


def _pressure(session: Session, around: Around, now: float) -> tuple[str, str]:
    taken = [(measured_at(entered, one), one) for entered, one in session.measured if one.counts]
    if not taken:
        return "No valid cuff reading.", "There is no valid cuff reading."
    at, one = max(taken, key=lambda each: each[0])
    shown = f"{one.systolic:.0f}/{one.diastolic:.0f} mmHg {_ago(now - at)}{_against_baseline(session, one)}"
    return shown, " ".join(_pressure_doubts(session, around, at, one, now))


def _pressure_doubts(session: Session, around: Around, at: float, one: Measured, now: float) -> Iterator[str]:
    if now - at > FINAL_READING_S or at < final_since(session):
        yield "The last reading before leaving is missing; measure once more."
    changes = _changes(session, one)
    if not changes:
        yield "There is no baseline to compare with."
    elif max(abs(change) for change in changes) > NEAR:
        yield "The pressure is more than 20 % away from the baseline."
    for minute in mandatory_missed(session, around.table):
        yield f"The reading {minute:g} min after the dose is missing."


def _against_baseline(session: Session, one: Measured) -> str:
    changes = _changes(session, one)
    if session.baseline is None or not changes:
        return ""
    base = session.baseline.values
    points = _padss(max(abs(change) for change in changes))
    by = " / ".join(f"{change * 100:+.0f} %" for change in changes)
    return f"; baseline {base['systolic']:.0f}/{base['diastolic']:.0f}: {by} (PADSS {points} of 2)"


def _changes(session: Session, one: Measured) -> tuple[float, ...]:
    """By which shares of the baseline systolic and diastolic have changed; empty without a baseline."""
    base: Mapping[str, float] = session.baseline.values if session.baseline else {}
    pairs = ((one.systolic, base.get("systolic")), (one.diastolic, base.get("diastolic")))
    return tuple(now / then - 1 for now, then in pairs if now is not None and then)


def _padss(change: float) -> int:
    if change <= NEAR:
        return 2
    return 1 if change <= 2 * NEAR else 0


def _spo2(session: Session, around: Around, now: float) -> tuple[str, str]:
    del now
    value = around.valid.get("spo2")
    if value is None:
        return "No valid SpO2 now.", "There is no valid SpO2 now."
    base = session.baseline.values.get("spo2") if session.baseline else None
    shown = f"{value:.0f} %" + (f"; baseline {base:.0f} %" if base is not None else "")
    if session.oxygen:
        return shown, f"Oxygen is given ({session.oxygen:g} l/min): SpO2 does not show breathing."
    if value < ROOM_AIR_SPO2:
        return shown, f"SpO2 is below {ROOM_AIR_SPO2:g} %."
    return shown, ""


def _sedation(session: Session, around: Around, now: float) -> tuple[str, str]:
    del around
    if session.sedation is None:
        return "No MOAA/S score.", "No MOAA/S score was logged."
    when, score = session.sedation
    shown = f"MOAA/S {score} of 5 {_ago(now - when.at)}"
    dosed_at = session.last_dose_at
    if dosed_at is not None and when.at < dosed_at:
        return shown, "No MOAA/S score since the last dose."
    if score < ALERT:
        return shown, "The last MOAA/S score is below 5: not alert."
    if now - when.at > SCORE_S:
        return shown, "The last MOAA/S score is more than 30 minutes old."
    return shown, ""


def _transport(session: Session, around: Around, now: float) -> tuple[str, str]:
    del session, around, now
    return "Does not drive until the next day, after a restful sleep; the way home is arranged.", ""


def _accompanied(session: Session, around: Around, now: float) -> tuple[str, str]:
    del session, around, now
    return "Somebody is with the person on the way and at home, and knows whom to call.", ""


def _ago(seconds: float) -> str:
    return "just now" if seconds < MINUTE else f"{seconds / MINUTE:.0f} min ago"


_ITEMS: Mapping[Item, tuple[str, Callable[[Session, Around, float], tuple[str, str]]]] = {
    "observed": ("Time observed", _observed),
    "pressure": ("Blood pressure against the baseline", _pressure),
    "spo2": ("SpO2", _spo2),
    "sedation": ("Sedation", _sedation),
    "transport": ("Transport", _transport),
    "accompanied": ("Accompanying person", _accompanied),
}
"""One row an item: its title, and what is known and what speaks against it."""

TITLES: Mapping[str, str] = {item: title for item, (title, _) in _ITEMS.items()}

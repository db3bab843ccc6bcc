"""The form of the esketamine programme (REMS), filled from the record: what devices know is not typed. Pure.

Its fields: medicines, who monitored, doses with lot, minutes from the first dose to the end, whether the
person was ready earlier, whether the vital signs were acceptable, the pressure before, 40 min after and at
the end, sedation, dissociation, breathing, and serious events. `None` is what nobody said and nothing shows.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kapmonitor.people import Role
from kapmonitor.session import entries
from kapmonitor.session.entries import Client, Medicine
from kapmonitor.session.fold import ALERT
from kapmonitor.session.record import Line, Record, chapter, lines_of, record
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session

AFTER_MIN, WITHIN_MIN = 40.0, 5.0
"""The reading that the label asks for: so many minutes after the dose, and how exactly."""
VITAL = frozenset({"baseline", "pressure", "signals", "alarms"})
"""The gates that say whether the vital signs were acceptable before the dose."""
WELL = ("pressure", "spo2", "sedation")
"""The items that say that somebody is ready, however long they have to stay."""


class DoseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One dose: `amount` in `unit`, `minute` after the first one."""

    drug: str
    amount: float
    unit: str
    route: str
    lot: str
    ts: str
    minute: float | None


class Pressure(msgspec.Struct, frozen=True, kw_only=True):
    """One cuff reading in mmHg, `minute` after the first dose (negative: before)."""

    systolic: float | None
    diastolic: float | None
    ts: str
    minute: float | None
    unit: str = "mmHg"


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it was seen, and from when until when, in min after the first dose; None: not, or still."""

    seen: bool = False
    from_min: float | None = None
    until_min: float | None = None
    worst: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The form. Minutes count from the first dose; `missing`: what is not there yet, in sentences."""

    session: str
    site: str
    client: Client
    started: str
    monitored_by: tuple[str, ...]
    medicines: tuple[Medicine, ...] | None
    history: str
    doses: tuple[DoseLine, ...]
    total_min: float | None
    ready_after_min: float | None
    ready_earlier: bool | None
    acceptable_before: bool | None
    acceptable_after: bool | None
    pressure_before: Pressure | None
    pressure_after_40_min: Pressure | None
    pressure_at_the_end: Pressure | None
    sedation: Effect
    dissociation: Effect
    breathing: Effect
    serious: tuple[Line, ...]
    missing: tuple[str, ...] = ()


def form(session: Session, table: RouteTable, site: str = "") -> Form:
    """The form as far as it can be filled now."""
    known, lines = record(session, site=site), lines_of(session)
    ready = _ready_after(session)
    filled = Form(
        session=known.session,
        site=site,
        client=known.client,
        started=known.started,
        monitored_by=tuple(who for who, role in known.staff if role in (Role.PRESCRIBER, Role.MEDICAL)),
        medicines=session.screened.medicines if session.screened else None,
        history=session.screened.text if session.screened else "",
        doses=tuple(_doses(lines)),
        total_min=known.total_min,
        ready_after_min=ready,
        ready_earlier=None if ready is None else ready < table.observe_min,
        acceptable_before=not VITAL & set(session.doses[0][1].closed) if session.doses else None,
        acceptable_after=_acceptable_after(session),
        pressure_before=_pressure_before(lines),
        pressure_after_40_min=_pressure_after_40_min(session, lines),
        pressure_at_the_end=_pressure_at_the_end(lines),
        sedation=_effect(lines, "sedation"),
        dissociation=_effect(lines, "dissociation"),
        breathing=_effect(lines, "breathing"),
        serious=tuple(line for line in lines if isinstance(line.what, entries.Symptom) and line.what.serious),
    )
    return msgspec.structs.replace(filled, missing=tuple(_missing(filled, known)))


def _missing(filled: Form, known: Record) -> Iterator[str]:
    for there, text in (
        (filled.medicines is not None, "The medicines were not asked for."),
        (filled.doses, "No dose is recorded."),
        (all(dose.lot for dose in filled.doses), "A dose has no lot."),
        (filled.pressure_before, "There is no pressure before the dose."),
        (filled.pressure_after_40_min, "There is no pressure 40 minutes after the dose."),
        (filled.pressure_at_the_end, "There is no pressure at the end."),
        (filled.acceptable_after is not None, "Pressure and SpO2 are not signed for leaving."),
        (known.ended, "The session has not ended."),
    ):
        if not there:
            yield text


def _doses(lines: tuple[Line, ...]) -> Iterator[DoseLine]:
    for line in chapter(lines, entries.Dose):
        if isinstance(dose := line.what, entries.Dose):
            yield DoseLine(
                drug=dose.drug,
                amount=dose.amount,
                unit=dose.unit,
                route=dose.route,
                lot=dose.lot,
                ts=line.ts,
                minute=line.minute,
            )


def _ready_after(session: Session) -> float | None:
    """Minutes from the first dose until pressure, SpO2 and sedation were all signed."""
    first = session.first_dose_at
    if first is None or any(item not in session.signed for item in WELL):
        return None
    return round((max(session.signed[item][0].at for item in WELL) - first) / 60, 1)


def _acceptable_after(session: Session) -> bool | None:
    """Whether pressure and SpO2 were signed without a doubt; None where they were not signed."""
    signed = [session.signed[item][2] for item in ("pressure", "spo2") if item in session.signed]
    return None if len(signed) < 2 else not any(each.doubt for each in signed)  # noqa: PLR2004 - both of them


def _pressures(lines: tuple[Line, ...]) -> Iterator[Pressure]:
    for line in chapter(lines, entries.Measured):
        if isinstance(one := line.what, entries.Measured) and one.counts:
            yield Pressure(systolic=one.systolic, diastolic=one.diastolic, ts=line.ts, minute=line.minute)


def _pressure_before(lines: tuple[Line, ...]) -> Pressure | None:
    before = [one for one in _pressures(lines) if one.minute is None or one.minute <= 0]
    return before[-1] if before else None


def _pressure_after_40_min(session: Session, lines: tuple[Line, ...]) -> Pressure | None:
    """The reading that is closest to 40 min after the last dose, at most 5 min off."""
    first, last = session.first_dose_at, session.last_dose_at
    if first is None or last is None:
        return None
    aim = (last - first) / 60 + AFTER_MIN
    off = [(abs((one.minute or 0.0) - aim), one) for one in _pressures(lines)]
    best = min(off, key=lambda each: each[0], default=None)
    return best[1] if best and best[0] <= WITHIN_MIN else None


def _pressure_at_the_end(lines: tuple[Line, ...]) -> Pressure | None:
    after = [one for one in _pressures(lines) if one.minute is not None and one.minute > 0]
    return after[-1] if after else None


def _effect(lines: tuple[Line, ...], symptom: str) -> Effect:
    """From the first time it was logged after the first dose until it was over for the last time."""
    found = Effect()
    for line in lines:
        what = line.what
        if isinstance(what, entries.Symptom) and what.symptom == symptom and (line.minute or 0.0) > 0:
            found = _with(found, what, line.minute)
    return found


def _with(found: Effect, what: entries.Symptom, minute: float | None) -> Effect:
    if what.resolved or what.score == ALERT:
        until = minute if found.seen and found.until_min is None else found.until_min
        return msgspec.structs.replace(found, until_min=until)
    start = found.from_min if found.seen else minute
    return Effect(seen=True, from_min=start, until_min=None, worst=_worst(found, what))


def _worst(found: Effect, what: entries.Symptom) -> str:
    """The worst of what was said: the lowest MOAA/S score, else the highest severity."""
    if what.score is not None:
        word = f"MOAA/S {what.score}"
        return min(found.worst, word) if found.worst.startswith("MOAA/S") else word
    order = ("", "mild", "moderate", "severe")
    now = what.severity or ""
    return max(found.worst, now, key=order.index) if found.worst in order else found.worst

"""What was measured, as Observations: vital signs by the minute, every second, each cuff reading. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kapmonitor.exports.course import SECOND_US, iso, when
from kapmonitor.exports.fhir import codes
from kapmonitor.exports.fhir.alarmed import Standing
from kapmonitor.exports.fhir.codes import BP_PANEL, BP_PARTS, VITALS, Vital
from kapmonitor.exports.fhir.maker import (
    Labels,
    Maker,
    Resource,
    absent,
    coded,
    coding,
    concept,
    interpretation,
    period,
    quantity,
    there,
)
from kapmonitor.exports.grid import NOTHING, parts, rows_of
from kapmonitor.model import Origin, Quality
from kapmonitor.session.entries import CuffFailed, Entry, Measured, Typed
from kapmonitor.session.history import QUALITIES, Series

MINUTE_US = 60 * SECOND_US
MEASURED = ("spo2", "pulse_rate", "heart_rate", "perfusion_index")
"""The quantities that have a vital sign a minute."""
_VALUE_AND_BOUNDS = 2
"""So many values have a minimum and a maximum beside their median."""


def measured(make: Maker) -> Iterator[Resource]:
    """Everything that devices measured or people read off, in no order that means anything."""
    standing = Standing(make.history)
    for series in make.history.numerics.values():
        if series.quantity in MEASURED and len(series.t_us):
            for of_device in series.apart():
                yield from _minutes(make, of_device, standing)
                yield from _seconds(make, of_device)
    for entry in make.history.session.entries:
        match entry.what:
            case Measured() as one:
                yield from _pressure(make, entry, one, standing)
            case CuffFailed():
                yield _failed(make, entry)
            case Typed() as one if one.quantity in VITALS:
                yield _typed(make, entry, one)
            case _:
                pass


def _minutes(make: Maker, series: Series, standing: Standing) -> Iterator[Resource]:
    minutes = series.t_us // MINUTE_US
    for minute in np.unique(minutes).tolist():
        rows = np.flatnonzero(minutes == minute)
        yield _minute(make, series, rows, int(minute), standing)


def _minute(
    make: Maker, series: Series, rows: NDArray[np.int64], minute: int, standing: Standing
) -> Resource:
    """The median of what counts; of doubted values where nothing counts; else why there is none."""
    vital = VITALS[series.quantity]
    first, last = int(series.t_us[rows].min()), int(series.t_us[rows].max())
    quality, values = judged(series, rows)
    found = make.observation(
        coded(vital),
        series.quantity,
        *series.devices,
        minute,
        labels=Labels(quality=quality, profile=vital.profile),
    ) | {"category": [_VITAL_SIGNS], "effectivePeriod": period(first, last)}
    found |= _by(make, series.devices[0], first)
    words = [codes.TRUST[quality].status, *standing.words(series.quantity, first, last)]
    found |= interpretation(words)
    if not len(values):
        return found | {"dataAbsentReason": absent(quality)}
    found["valueQuantity"] = quantity(round(float(np.median(values)), 2), vital.ucum)
    return found | {"component": list(_statistics(values, vital))}


def judged(series: Series, rows: NDArray[np.int64]) -> tuple[Quality, NDArray[np.float64]]:
    """The quality of these rows together, and the values as read that have it.

    Values that count go before doubted ones. Where there is none at all it is what most rows say.
    """
    qualities, raw = series.quality[rows], series.raw[rows]
    numbers = np.isfinite(raw)
    for wanted in (Quality.VALID, Quality.ONGOING, Quality.QUESTIONABLE):
        of_it = numbers & (qualities == QUALITIES.index(wanted))
        if wanted is Quality.VALID:  # what is ongoing counts as well
            of_it |= numbers & (qualities == QUALITIES.index(Quality.ONGOING))
        if of_it.any():
            return wanted, raw[of_it]
    without = (Quality.INVALID, Quality.NOT_AVAILABLE)
    most = max(without, key=lambda each: int((qualities == QUALITIES.index(each)).sum()))
    return most, np.empty(0)


def _statistics(values: NDArray[np.float64], vital: Vital) -> Iterator[Resource]:
    """How low and how high it went in the minute, and how many seconds had a value."""
    for name, value in (("minimum", values.min()), ("maximum", values.max())):
        yield {"code": _statistic(name), "valueQuantity": quantity(round(float(value), 2), vital.ucum)}
    yield {"code": _statistic("count"), "valueInteger": len(values)}


def _statistic(name: str) -> Resource:
    return concept(coding(f"{codes.HL7}/observation-statistics", name))


def _seconds(make: Maker, series: Series) -> Iterator[Resource]:
    """Every second as read, a stretch at a time: values that count, `E` for every other second."""
    vital = VITALS[series.quantity]
    counting = np.array([each.counts for each in QUALITIES])[series.quality] & np.isfinite(series.raw)
    for part in parts(np.asarray(series.t_us, np.int64)):
        seconds = -((part.first_us - part.last_us) // SECOND_US) + 1
        rows = rows_of(series, part.first_us, seconds)
        said = [f"{series.raw[row]:g}" if row != NOTHING and counting[row] else "E" for row in rows.tolist()]
        # Without LOINC: who finds one wants the profile of a vital sign, and that has one value.
        code = concept(*([coding(codes.MDC, vital.mdc)] if vital.mdc else []), text=vital.loinc[-1][1])
        yield (
            make.observation(code, series.quantity, *series.devices, "seconds", part.first_us)
            | {
                "effectivePeriod": period(part.first_us, part.last_us),
                "valueSampledData": {
                    "origin": quantity(0, vital.ucum),
                    "period": 1000,
                    "dimensions": 1,
                    "data": " ".join(said),
                },
            }
            | _by(make, series.devices[0], part.first_us)
        )


def _pressure(make: Maker, entry: Entry, one: Measured, standing: Standing) -> Iterator[Resource]:
    us = when(entry)
    origin = one.origin if one.origin is Origin.MANUAL else None
    found = make.observation(
        coded(BP_PANEL),
        "entry",
        entry.seq,
        labels=Labels(quality=one.quality, profile=BP_PANEL.profile, origin=origin),
    ) | {"category": [_VITAL_SIGNS], "effectiveDateTime": iso(us)}
    found |= _by(make, one.device, us)
    words = standing.words("blood_pressure", us, us)
    found |= interpretation([codes.TRUST[one.quality].status, *words])
    numbers = {"systolic": one.systolic, "diastolic": one.diastolic, "mean": one.mean}
    yield found | {"component": list(_components(numbers, one.quality))}
    if one.pulse is not None and there(one.pulse):
        yield _pulse(make, entry, one, one.pulse, origin)


def _components(numbers: dict[str, float | None], quality: Quality) -> Iterator[Resource]:
    """Systolic and diastolic always, with the reason where there is no number; the mean if there is one."""
    for name, value in numbers.items():
        code = {"code": coded(BP_PARTS[name])}
        if value is not None and there(value):
            yield code | {"valueQuantity": quantity(value, "mm[Hg]")}
        elif name != "mean":
            yield code | {"dataAbsentReason": absent(quality)}


def _pulse(make: Maker, entry: Entry, one: Measured, pulse: float, origin: Origin | None) -> Resource:
    vital = VITALS["cuff_pulse"]
    found = make.observation(
        coded(vital),
        "entry",
        entry.seq,
        "pulse",
        labels=Labels(quality=Quality.VALID, profile=vital.profile, origin=origin),
    )
    found |= {"category": [_VITAL_SIGNS], "effectiveDateTime": iso(when(entry))}
    return found | {"valueQuantity": quantity(pulse, vital.ucum)} | _by(make, one.device, when(entry))


def _failed(make: Maker, entry: Entry) -> Resource:
    """A measurement that came to nothing."""
    found = make.observation(
        coded(BP_PANEL), "entry", entry.seq, labels=Labels(quality=Quality.INVALID, profile=BP_PANEL.profile)
    )
    nothing = _components({"systolic": None, "diastolic": None}, Quality.INVALID)
    return found | {
        "category": [_VITAL_SIGNS],
        "effectiveDateTime": iso(when(entry)),
        "dataAbsentReason": absent(Quality.INVALID),
        "component": list(nothing),
    }


def _typed(make: Maker, entry: Entry, one: Typed) -> Resource:
    vital = VITALS[one.quantity]
    found = make.observation(
        coded(vital), "entry", entry.seq, labels=Labels(profile=vital.profile, origin=Origin.MANUAL)
    ) | {"category": [_VITAL_SIGNS], "effectiveDateTime": iso(when(entry))}
    return found | {"valueQuantity": quantity(one.value, vital.ucum)}


def _by(make: Maker, device: str, us: int) -> Resource:
    """Which device measured, where one did."""
    return {"device": make.reference("device", make.device_at(device, us))} if device else {}


_VITAL_SIGNS = concept(coding(f"{codes.HL7}/observation-category", "vital-signs"))

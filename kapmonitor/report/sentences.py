"""Each entry of the record as a sentence that a clinician reads. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from kapmonitor.model import Origin, Quality
from kapmonitor.report.times import Local
from kapmonitor.report.words import baseline, listed, named, number, plain, pressure, why
from kapmonitor.session import entries
from kapmonitor.session.discharge import TITLES
from kapmonitor.session.entries import AnyWhat
from kapmonitor.session.record import UNITS


def said(what: AnyWhat, local: Local) -> str:
    """What the entry says; times in it are in the site's zone."""
    found = [_sentence(part) for part in _PARTS[type(what)](what, local) if part.strip()]
    return " ".join(found) or "(no words)"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _opened(what: entries.Opened, _: Local) -> Iterator[str]:
    yield f"Opened in {what.room}, seat {what.seat}, {what.route.value}{', as a drill' if what.drill else ''}"
    yield f"Cuff timetable: {what.preset}"
    yield _arms(what.arms)


def _arms(arms: entries.Arms) -> str:
    sides = (
        ("cuff", arms.cuff),
        ("oximeter", arms.oximeter),
        ("infusion", arms.infusion),
        ("no cuff on", arms.forbidden),
    )
    known = [f"{name} {side}" for name, side in sides if side not in (None, "unknown")]
    return f"Arms: {', '.join(known)}" if known else ""


def _device(what: entries.DeviceUsed, _: Local) -> Iterator[str]:
    named = (("", what.model), ("serial ", what.serial), ("firmware ", what.firmware))
    yield ", ".join(
        [
            f"{what.device_kind} {what.device} ({what.driver})",
            *(f"{name}{each}" for name, each in named if each),
        ]
    )
    yield "" if what.battery is None else f"Battery {what.battery:.0f} %"
    yield "" if what.origin is Origin.LIVE else f"Its data are {what.origin.value}"
    yield f"Instead of {what.instead_of}" if what.instead_of else ""


def _screened(what: entries.Screened, _: Local) -> Iterator[str]:
    yield f"Medicines: {', '.join(what.medicines) or 'none that bears on sedation or pressure'}"
    yield what.text


def _measured(what: entries.Measured, local: Local) -> Iterator[str]:
    rest = [f"mean {number(what.mean)}"] if what.mean is not None else []
    rest += [f"pulse {number(what.pulse)} /min"] if what.pulse is not None else []
    yield ", ".join([pressure(what), *rest])
    yield "" if what.quality is Quality.VALID else f"{plain(what.quality).capitalize()}: {why(what.reason)}"
    yield "Typed in" if what.origin is Origin.MANUAL else ""
    yield "" if what.trigger == "unknown" else f"Asked for by: {plain(what.trigger)}"
    yield _late(what.measured, "Measured", local)


def _late(when: datetime | None, word: str, local: Local) -> str:
    return "" if when is None else f"{word} at {local.time(when)}, entered later"


def _confirmed(what: entries.BaselineConfirmed, _: Local) -> Iterator[str]:
    yield f"Baseline: {baseline(what.values)}"
    yield f"From {len(what.readings)} cuff readings" if what.readings else ""
    yield f"{what.arm.capitalize()} arm" if what.arm != "unknown" else ""
    yield what.posture
    yield f"Cuff size {what.cuff_size}" if what.cuff_size else ""


def _passed(what: entries.HoldPassed, _: Local) -> Iterator[str]:
    yield f"Let the gate {plain(what.gate)} be passed by the next dose: {what.reason}"
    yield f"Shown then: {what.shown}" if what.shown else ""


def _dose(what: entries.Dose, local: Local) -> Iterator[str]:
    yield f"{what.drug} {number(what.amount)} {what.unit}, {what.route.value}" + _with(", lot ", what.lot)
    yield f"DEVIATION: given with closed gates: {listed(what.closed)}" if what.closed else ""
    yield f"Reason: {what.reason}" if what.reason else ""
    yield _late(what.given, "Given", local)


def _symptom(what: entries.Symptom, _: Local) -> Iterator[str]:
    score = "" if what.score is None else f", MOAA/S {what.score}"
    named = plain(what.symptom).capitalize() + _with(", ", what.severity) + score
    yield f"{named}, over" if what.resolved else named
    yield "SERIOUS: has to be reported" if what.serious else ""
    yield what.text


def _infusion(what: entries.Infusion, _: Local) -> Iterator[str]:
    yield f"Infusion: {what.action}"
    yield "" if what.rate_ml_h is None else f"{number(what.rate_ml_h)} ml/h"


def _ended(what: entries.Ended, _: Local) -> Iterator[str]:
    yield f"Ended{f': {what.reason}' if what.reason else ''}"
    yield f"Not signed: {listed(what.open_items)}" if what.open_items else ""
    yield f"Alarms still open: {listed(what.open_alarms)}" if what.open_alarms else ""


def _signed(what: entries.ItemSigned, _: Local) -> Iterator[str]:
    yield f"{TITLES[what.item]}: signed"
    yield f"Shown then: {what.shown}" if what.shown else ""
    yield f"DOUBT: {what.doubt}" if what.doubt else ""
    yield f"Said: {what.text}" if what.text else ""


def _intervention(what: entries.Intervention, _: Local) -> Iterator[str]:
    yield what.what
    yield f"Look again after {number(what.recheck_min)} min" if what.recheck_min else ""


def _with(before: str, text: str | None) -> str:
    """`text` behind `before`; nothing where there is none."""
    return f"{before}{text}" if text else ""


def _minutes(minutes: float, text: str, none: str) -> str:
    return text.format(number(minutes)) if minutes else none


def _one(text: Callable[[Any, Local], str | None]) -> Callable[[Any, Local], Iterator[str]]:
    """An entry that is said in one sentence."""

    def parts(what: Any, local: Local) -> Iterator[str]:  # noqa: ANN401 - each entry its own kind
        yield text(what, local) or ""

    return parts


_PARTS: Mapping[type, Callable[[Any, Local], Iterator[str]]] = {
    entries.Opened: _opened,
    entries.DeviceUsed: _device,
    entries.Screened: _screened,
    entries.PhaseEntered: _one(lambda e, _: f"Phase {e.phase.value}{f': {e.reason}' if e.reason else ''}"),
    entries.Measured: _measured,
    entries.BaselineConfirmed: _confirmed,
    entries.HoldPassed: _passed,
    entries.Dose: _dose,
    entries.Infusion: _infusion,
    entries.Lozenge: _one(lambda e, _: f"Lozenge: {e.action}"),
    entries.Symptom: _symptom,
    entries.HelpCalled: _one(lambda _e, _: "Called for help"),
    entries.Typed: _one(
        lambda e, local: (
            f"{named(e.quantity)} {number(e.value)} {UNITS.get(e.quantity, '')}. "
            + _late(e.measured, "Measured", local)
        )
    ),
    entries.Oxygen: _one(lambda e, _: _minutes(e.flow_l_min, "Oxygen {} l/min", "Oxygen: no more")),
    entries.Intervention: _intervention,
    entries.Rechecked: _one(lambda e, _: f"Looked again after entry {e.of}{f': {e.text}' if e.text else ''}"),
    entries.Presence: _one(lambda e, _: {"here": "With the patient"}.get(e.action, e.action.capitalize())),
    entries.Note: _one(lambda e, _: e.text),
    entries.Correction: _one(lambda e, _: f"Correction of entry {e.of}: {e.text}"),
    entries.PresetChosen: _one(lambda e, _: f"Cuff timetable: {e.preset}"),
    entries.ArmsSet: _one(lambda e, _: _arms(e.arms) or "Arms: unknown"),
    entries.CuffDeferred: _one(
        lambda e, _: _minutes(e.minutes, "No automatic reading for {} min", "Automatic readings again")
    ),
    entries.CuffSeries: _one(
        lambda e, _: _minutes(e.minutes, "Reading after reading for {} min", "Series ended")
    ),
    entries.CuffAsked: _one(lambda e, _: f"Cuff told to start: {plain(e.trigger)}"),
    entries.CuffStopped: _one(lambda _e, _: "Cuff stopped, pressure let out"),
    entries.CuffFailed: _one(lambda e, _: f"No reading: {why(e.reason)}; {e.tries} in a row"),
    entries.Interrupted: _one(
        lambda e, _: f"Sensors off on purpose for at most {number(e.minutes)} min, with {e.with_whom}"
    ),
    entries.InterruptionOver: _one(lambda e, _: f"Interruption over: {e.reason}"),
    entries.AudioPaused: _one(lambda _e, _: "Sounds off for two minutes"),
    entries.SwitchedOff: _one(
        lambda e, _: f"Rule {e.rule} switched off: {e.reason}" if e.reason else f"Rule {e.rule} on again"
    ),
    entries.LimitMoved: _one(
        lambda e, _: (
            f"{e.column} of rule {e.rule} is the site's again"
            if e.value is None
            else f"{e.column} of rule {e.rule} moved to {number(e.value)}: {e.reason}"
        )
    ),
    entries.Moved: _one(lambda e, _: f"Moved to {e.room}, seat {e.seat}"),
    entries.Answered: _one(lambda e, _: f"{plain(e.question)}: {e.answer}"),
    entries.ItemSigned: _signed,
    entries.Gap: _one(
        lambda e, local: (
            f"Nothing was measured from {local.time(e.since)} to {local.time(e.until)}: {e.reason}"
        )
    ),
    entries.Ended: _ended,
    entries.Reopened: _one(lambda e, _: f"Reopened: {e.reason}"),
    entries.Unreadable: _one(lambda e, _: f"This entry cannot be read (it was: {plain(e.was) or 'lost'})"),
}

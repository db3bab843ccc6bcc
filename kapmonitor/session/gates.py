"""What holds a dose back, and who may pass it. Gates guard the permission, never the record. Pure.

Sources of the numbers: 140/90 is where the esketamine label asks to weigh the risk; 160/100 and the times are
this project's proposals. Table: docs/sessions.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kapmonitor.session.around import Around
from kapmonitor.session.entries import Measured
from kapmonitor.session.session import Session, measured_at

HOLD = (140.0, 90.0)
"""Systolic and diastolic (mmHg) from which a dose is held; medical staff may pass it with one tap."""
HARD_HOLD = (160.0, 100.0)
"""From here only a prescriber may pass it."""
FIRST_WITHIN_S = 960.0
"""A reading for the first dose: at most 15 min old, and one more minute for the cuff's own time."""
FURTHER_WITHIN_S = 600.0
"""A reading for a further dose: at most 10 min old."""
LATE_S = 60.0
"""A dose that was given longer ago is entered late."""
OF_THE_RECORD = ("baseline", "pressure")
PRESET_REASON = "pressure is usual for this person, seen by medical staff"
"""What one tap enters as the reason for passing the soft hold."""


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """One gate before a dose. `text`: what is so, in plain words, and what opens it.

    `holds`: a closed one holds the dose back; `hard`: only a prescriber may pass it. `because`: what holds
    it, one word each; a passing covers these and nothing that came after it. `preset`: the reason that one
    tap may give. `passed_by`, `reason`: who has passed it for the next dose, and why.
    """

    name: str
    open: bool
    text: str
    holds: bool = True
    hard: bool = False
    because: tuple[str, ...] = ()
    preset: str = ""
    passed_by: str = ""
    reason: str = ""


def gates(session: Session, around: Around, now: float) -> tuple[Gate, ...]:
    """All gates as they stand at `now` (monotonic s), in the order in which they are shown."""
    found = (
        _baseline(session),
        _pressure(session, now),
        _signals(around),
        _alarms(around),
        _pagers(around),
    )
    return tuple(_with_passing(session, gate) for gate in found)


def closed(session: Session, around: Around, now: float) -> list[Gate]:
    """The gates that hold a dose back now: closed, and not passed."""
    return [each for each in gates(session, around, now) if each.holds and not each.open and not each.reason]


def closed_at_dose(session: Session, around: Around, given: float, now: float) -> tuple[str, ...]:
    """The names of the gates that were closed when a dose was given (monotonic s) that is entered now.

    Of a dose that is entered late only what the record shows is judged: what signals and alarms are now, with
    the drug, says nothing about them then.
    """
    names = [gate.name for gate in closed(session, around, given)]
    late = now - given > LATE_S
    return tuple(name for name in names if not late or name in OF_THE_RECORD)


def _with_passing(session: Session, gate: Gate) -> Gate:
    """With who has passed it, if what holds it now is what held it then."""
    passing = session.passed.get(gate.name)
    if gate.open or passing is None:
        return gate
    _, by, what = passing
    if not set(gate.because) <= set(what.because):
        return gate
    return msgspec.structs.replace(gate, passed_by=by, reason=what.reason)


def _closed(name: str, because: Sequence[str], text: str) -> Gate:
    return Gate(name=name, open=False, because=tuple(because), text=text)


def _baseline(session: Session) -> Gate:
    if session.baseline is not None:
        return Gate(name="baseline", open=True, text="The baseline is confirmed.")
    return _closed("baseline", ["none"], "No baseline is confirmed. Take it and confirm it.")


def _pressure(session: Session, now: float) -> Gate:
    within = FURTHER_WITHIN_S if session.doses else FIRST_WITHIN_S
    taken = [(measured_at(entered, one), one) for entered, one in session.measured if one.counts]
    recent = [one for at, one in sorted(taken, key=lambda each: each[0]) if 0 <= now - at <= within]
    if not recent:
        minutes = 10 if session.doses else 15
        text = f"No valid cuff reading of the last {minutes} minutes. Take one."
        return _closed("pressure", ["no-reading"], text)
    return _by_level(*_mean(recent[-1:] if session.doses else recent[-2:]))


def _mean(readings: Sequence[Measured]) -> tuple[float, float]:
    systolic = sum(one.systolic or 0.0 for one in readings) / len(readings)
    diastolic = sum(one.diastolic or 0.0 for one in readings) / len(readings)
    return systolic, diastolic


def _by_level(systolic: float, diastolic: float) -> Gate:
    now = f"Blood pressure {systolic:.0f}/{diastolic:.0f} mmHg"
    if systolic >= HARD_HOLD[0] or diastolic >= HARD_HOLD[1]:
        text = (
            f"{now}: 160/100 or above. Wait and measure again; only a prescriber may let the dose be given."
        )
        return msgspec.structs.replace(_closed("pressure", ["hold", "hard-hold"], text), hard=True)
    if systolic >= HOLD[0] or diastolic >= HOLD[1]:
        text = f"{now}: 140/90 or above. Wait and measure again, or medical staff say why it is all right."
        return msgspec.structs.replace(_closed("pressure", ["hold"], text), preset=PRESET_REASON)
    return Gate(name="pressure", open=True, text=f"{now}: below 140/90.")


def _signals(around: Around) -> Gate:
    heart = "heart_rate" in around.valid or "pulse_rate" in around.valid
    lacking = [
        *([] if "spo2" in around.valid else [("spo2", "SpO2")]),
        *([] if heart else [("heart_rate", "heart rate")]),
    ]
    if not lacking:
        return Gate(name="signals", open=True, text="SpO2 and heart rate are there.")
    names = " and ".join(name for _, name in lacking)
    return _closed("signals", [word for word, _ in lacking], f"No valid {names} now. Look at the sensors.")


def _alarms(around: Around) -> Gate:
    high = [each for each in around.alarms if each.priority == "high"]
    if not high:
        return Gate(name="alarms", open=True, text="There is no high alarm.")
    names = ", ".join(each.text or each.name for each in high)
    return _closed(
        "alarms", [each.alarm for each in high], f"High alarm: {names}. Look at the patient first."
    )


def _pagers(around: Around) -> Gate:
    if around.reachable is None:
        return Gate(name="pagers", open=False, holds=False, text="No pagers are set up: alarms call nobody.")
    if around.reachable:
        return Gate(name="pagers", open=True, text="Somebody has answered this shift's test page.")
    words = (
        "No pager has answered this shift's test page; a phone does not count alone. Send it and answer it."
    )
    return _closed("pagers", ["nobody"], words)

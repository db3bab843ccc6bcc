"""What an entry of a session means to its alarms: where the record's words become theirs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kapmonitor.alarms.inputs import (
    BackAgain,
    BaselineConfirmed,
    Here,
    Input,
    Interrupt,
    PauseAudio,
    PhaseSet,
    SwitchOff,
)
from kapmonitor.model import (
    BloodPressure,
    Happened,
    Quality,
    Reading,
    blood_pressure,
    missing,
    no_pressure,
)
from kapmonitor.session import entries
from kapmonitor.session.entries import Entry


def inputs(entry: Entry) -> list[Input]:
    """What the alarms are told of an entry, in order."""
    say = _MEANING.get(type(entry.what))
    return [] if say is None else say(entry, entry.what)


def pressure(what: entries.Measured, age_s: float = 0.0) -> BloodPressure:
    """A measurement of the record as a device would have said it, `age_s` seconds after it was taken."""
    systolic, diastolic, mean = (
        Reading(name, value, what.quality, what.reason) if value is not None else missing(name, _why(what))
        for name, value in (
            ("systolic", what.systolic),
            ("diastolic", what.diastolic),
            ("mean_pressure", what.mean),
        )
    )
    pulse = None if what.pulse is None else Reading("pulse_rate", what.pulse, Quality.VALID)
    return blood_pressure(systolic, diastolic, mean, pulse, trigger=what.trigger, age_s=age_s)


def _why(what: entries.Measured) -> str:
    return what.reason or "not_available"


def _measured(entry: Entry, what: entries.Measured) -> list[Input]:
    taken = what.measured or entry.moment.utc
    return [pressure(what, (entry.moment.utc - taken).total_seconds())]


def _presence(entry: Entry, what: entries.Presence) -> list[Input]:
    return [Here(entry.by)] if what.action == "here" else []


_MEANING: Mapping[type, Callable[[Entry, Any], list[Input]]] = {
    entries.PhaseEntered: lambda _, what: [PhaseSet(what.phase)],
    entries.BaselineConfirmed: lambda _, what: [BaselineConfirmed(what.values)],
    entries.Measured: _measured,
    entries.CuffFailed: lambda _, what: [no_pressure(what.reason)],
    entries.Dose: lambda _, __: [Happened("dose")],
    entries.HelpCalled: lambda _, __: [Happened("help")],
    entries.Symptom: lambda _, what: [Happened(what.symptom, what.severity, what.score, what.resolved)],
    entries.Presence: _presence,
    entries.Interrupted: lambda entry, what: [Interrupt(entry.by, what.minutes)],
    entries.InterruptionOver: lambda _, __: [BackAgain()],
    entries.AudioPaused: lambda entry, _: [PauseAudio(entry.by)],
    entries.SwitchedOff: lambda entry, what: [SwitchOff(what.rule, entry.by, what.reason)],
}
"""Everything else means nothing to them."""

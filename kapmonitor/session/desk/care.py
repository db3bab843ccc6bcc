"""What was seen and done: events, typed readings, oxygen, interventions, presence, notes, corrections."""

from __future__ import annotations

from datetime import datetime

from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment, Origin, Quality, blood_pressure, missing, reading
from kapmonitor.people import Person, Task
from kapmonitor.quantities import QUANTITIES
from kapmonitor.session import commands, entries
from kapmonitor.session.around import Around
from kapmonitor.session.desk.times import past
from kapmonitor.session.entries import AnyWhat
from kapmonitor.session.questions import asked
from kapmonitor.session.session import Session

TYPED: dict[str, tuple[float, float, str]] = {
    "respiratory_rate": (1, 70, "/min"),
    "temperature": (25, 45, "degrees Celsius"),
}
"""What is possible, and the unit, of quantities that no device measures here."""


def log_event(
    session: Session, what: commands.LogEvent, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Something was seen, or is over. Anybody may call help; the rest is for staff in the room."""
    del moment, around
    if what.kind == "help" and not what.resolved:
        return [entries.HelpCalled()]
    by.must_be_allowed(Task.LOG)
    if what.kind == "help":
        raise RefusedError("A call for help ends when somebody says that they are with the patient.")
    if what.kind == "dose":
        raise RefusedError("A dose has an amount; log it as a dose.")
    if what.kind == "sedation" and what.score is None and not what.resolved:
        raise RefusedError("Say how sedated: the MOAA/S score, 5 (alert) to 0 (no response).")
    if what.resolved and what.kind not in session.symptoms:
        raise RefusedError(f"There is no open {what.kind.replace('_', ' ')} to be over.")
    return [
        entries.Symptom(
            symptom=what.kind,
            severity=what.severity,
            score=what.score,
            resolved=what.resolved,
            serious=what.serious,
            text=what.text,
        )
    ]


def type_pressure(
    session: Session, what: commands.TypePressure, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """A pressure from a cuff without a cable; impossible ones are refused, as somebody can look again."""
    del by, around
    when = past(what.measured_at, moment, "The time of the measurement")
    for name, value in (("systolic", what.systolic), ("diastolic", what.diastolic)):
        _possible(name, value)
    mean = missing("mean_pressure", "not_available")
    if what.mean is not None:
        _possible("mean_pressure", what.mean)
        mean = reading("mean_pressure", what.mean)
    if what.pulse is not None:
        _possible("pulse_rate", what.pulse)
    one = blood_pressure(reading("systolic", what.systolic), reading("diastolic", what.diastolic), mean)
    if one.quality is not Quality.VALID:
        both = f"{what.systolic:g}/{what.diastolic:g}"
        raise RefusedError(f"{both} mmHg do not fit each other; read the cuff again.")
    return [
        entries.Measured(
            id=measurement_id(session, when or moment.utc),
            systolic=one.systolic.value,
            diastolic=one.diastolic.value,
            mean=mean.value,
            pulse=what.pulse,
            trigger="manual",
            origin=Origin.MANUAL,
            measured=when,
        )
    ]


def measurement_id(session: Session, when: datetime) -> str:
    """An id for a cuff measurement, unique in its session."""
    return f"{session.id}-nibp-{when:%H%M%S%f}-{len(session.measured) + 1}"


def type_value(
    session: Session, what: commands.TypeValue, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """A number that somebody counted or read off."""
    del session, by, around
    _possible(what.quantity, what.value)
    when = past(what.measured_at, moment, "The time of the measurement")
    return [entries.Typed(quantity=what.quantity, value=what.value, measured=when)]


def _possible(quantity: str, value: float) -> None:
    row = QUANTITIES.get(quantity)
    low, high, unit = (row.low, row.high, row.unit) if row else TYPED[quantity]
    if not low <= value <= high:
        name = quantity.replace("_", " ")
        raise RefusedError(
            f"{value:g} {unit} is no possible {name} ({low:g} to {high:g}); look again and correct it."
        )


def give_oxygen(
    session: Session, what: commands.GiveOxygen, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Oxygen, or no more of it."""
    del by, moment, around
    if what.flow_l_min == 0 and session.oxygen == 0:
        raise RefusedError("No oxygen is given that could be ended.")
    return [entries.Oxygen(flow_l_min=what.flow_l_min)]


def intervene(
    session: Session, what: commands.Intervene, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Something was done for the patient."""
    del session, by, moment, around
    return [entries.Intervention(what=what.what, recheck_min=what.recheck_min)]


def recheck(
    session: Session, what: commands.Recheck, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Somebody looked again."""
    del by, moment, around
    if what.of not in {each.of for each in session.rechecks}:
        waiting = ", ".join(f"{each.of} ({each.what})" for each in session.rechecks) or "none"
        raise RefusedError(f"Entry {what.of} waits for no second look; waiting: {waiting}.")
    return [entries.Rechecked(of=what.of, text=what.text)]


def say_here(
    session: Session, what: commands.SayHere, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Medical staff are with the patient."""
    del session, what, by, moment, around
    return [entries.Presence(action="here")]


def say_present(
    session: Session, what: commands.SayPresent, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Somebody of the staff came or went."""
    del moment, around
    if what.action == "left" and by.id not in session.present:
        raise RefusedError("You have not said that you are in the room.")
    return [entries.Presence(action=what.action)]


def write_note(
    session: Session, what: commands.WriteNote, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Free words."""
    del session, by, moment, around
    return [entries.Note(text=what.text)]


def correct(
    session: Session, what: commands.Correct, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """An earlier entry was wrong."""
    del by, moment, around
    if what.of > len(session.entries):
        raise RefusedError(f"There is no entry {what.of}; the last one is {len(session.entries)}.")
    return [entries.Correction(of=what.of, text=what.text)]


def answer(
    session: Session, what: commands.Answer, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """An answer to a question that the software asks now."""
    del by, around
    now = asked(session, moment.at)
    question = next((each for each in now if each.name == what.question), None)
    if question is None:
        names = ", ".join(each.name for each in now) or "nothing"
        raise RefusedError(f"Nothing asks {what.question!r} now; asked is {names}.")
    if question.answers and what.answer not in question.answers:
        raise RefusedError(f"{question.text} Answer {' or '.join(question.answers)}.")
    return [entries.Answered(question=what.question, answer=what.answer)]

"""What leads a session on, phase by phase: one row a phase. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kapmonitor.model import Phase
from kapmonitor.session.around import Around
from kapmonitor.session.baseline import proposal
from kapmonitor.session.clockwork import MINUTE
from kapmonitor.session.discharge import TITLES, unsigned
from kapmonitor.session.gates import closed
from kapmonitor.session.session import Session
from kapmonitor.session.thing import NextThing, Rule
from kapmonitor.session.timetable import Due


def _screening(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del around, due, now
    if session.screened is None:
        yield NextThing(text="Ask for medicines and history, and log them.")
    else:
        yield NextThing(text="Put the sensors on and begin the baseline.")


def _baseline(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del due
    missing = proposal(session, around, now).missing
    if missing:
        yield NextThing(text="The baseline is being taken.", holds=missing)
    else:
        yield NextThing(text="Confirm the baseline.")


def _ready(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del due
    holding = closed(session, around, now)
    if session.baseline is None and not proposal(session, around, now).missing:
        yield NextThing(text="Confirm the baseline.")
    elif holding:
        yield NextThing(text="The dose is held.", holds=tuple(gate.text for gate in holding))
    else:
        yield NextThing(text="Give the dose and log it.")


def _under_the_drug(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    """Nothing of its own: the cuff and the phase ahead are what comes; and nobody is left alone."""
    del session, around, due, now
    yield NextThing(text="Somebody stays with the patient all the time.", note=True)


def _recovery(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del due
    dosed_at = session.first_dose_at
    if dosed_at is None:
        yield NextThing(text="No dose was given: end the session, or go on to discharge.")
        return
    left = dosed_at + around.table.observe_min * MINUTE - now
    if left > 0:
        yield NextThing(text="The time to observe is over", in_s=left)
    else:
        yield NextThing(text="The time to observe is over: go on to discharge if the person is well.")


def _discharge(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del around, due, now
    if items := unsigned(session):
        yield NextThing(text=f"Sign the checklist: {', '.join(TITLES[item] for item in items)}.")
    else:
        yield NextThing(text="End the session.")


def _aborted(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del session, around, due, now
    yield NextThing(text="Aborted: stay with the patient; go on to recovery or discharge when it is safe.")


STAGES: Mapping[Phase, Rule] = {
    Phase.SCREENING: _screening,
    Phase.BASELINE: _baseline,
    Phase.READY: _ready,
    Phase.ONSET: _under_the_drug,
    Phase.PEAK: _under_the_drug,
    Phase.RECOVERY: _recovery,
    Phase.DISCHARGE: _discharge,
    Phase.ABORTED: _aborted,
}

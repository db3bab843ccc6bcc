"""What the software asks people, as a record that is silent on a dose would be wrong. Pure.

Whoever logs dissociation or sedation in `ready`, or stays there for 20 minutes, is asked whether a dose was
given; a dose with closed gates and no reason is asked for one.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kapmonitor.model import Phase
from kapmonitor.session.session import Session

DOSE_GIVEN = "dose-given"
DOSE_REASON = "dose-reason-"
"""With the number of the dose behind it, from 1."""
AGAIN_S = 1200.0
"""So long after the beginning of `ready`, or after a "no", it is asked (again)."""
OF_THE_DRUG = ("dissociation", "sedation")


class Question(msgspec.Struct, frozen=True):
    """One question: its `name` for `Answer`, its `text`, and the `answers` it takes (none: free words)."""

    name: str
    text: str
    answers: tuple[str, ...] = ()


def asked(session: Session, now: float) -> tuple[Question, ...]:
    """What is asked at `now` (monotonic s)."""
    return (*_dose_given(session, now), *_dose_reasons(session))


def dose_missing(session: Session) -> bool:
    """Whether somebody said that a dose was given which is not recorded yet."""
    given = session.answers.get(DOSE_GIVEN)
    return given is not None and given[1] == "yes" and not session.doses


def reason_of(session: Session, number: int) -> str:
    """Why dose `number` (from 1) was given with gates closed: said with it, or asked for later."""
    later = session.answers.get(f"{DOSE_REASON}{number}")
    return session.doses[number - 1][1].reason or (later[1] if later else "")


def _dose_given(session: Session, now: float) -> Iterator[Question]:
    if dose_missing(session):
        yield Question(DOSE_GIVEN, "A dose was given and is not recorded: record it with its time.", ("no",))
        return
    if session.phase is not Phase.READY:
        return
    said_no = session.answers.get(DOSE_GIVEN)
    since = max(session.phase_at, said_no[0].at if said_no else session.phase_at)
    seen = [session.symptoms[kind][0].at for kind in OF_THE_DRUG if kind in session.symptoms]
    if any(at > since for at in seen):
        yield Question(DOSE_GIVEN, "Dissociation or sedation was logged: was a dose given?", ("yes", "no"))
    elif now - since >= AGAIN_S:
        yield Question(DOSE_GIVEN, "Ready for more than 20 minutes: was a dose given?", ("yes", "no"))


def _dose_reasons(session: Session) -> Iterator[Question]:
    for number, (_, dose) in enumerate(session.doses, start=1):
        if dose.closed and not reason_of(session, number):
            what = f"{dose.amount:g} {dose.unit}, held by {', '.join(dose.closed)}"
            yield Question(f"{DOSE_REASON}{number}", f"Dose {number} ({what}) has no reason: say why.")

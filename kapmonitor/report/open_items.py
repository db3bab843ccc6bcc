"""What of a session is still open when its report is printed, one plain sentence each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kapmonitor.alarms.words import Priority
from kapmonitor.report.alarms import Episode
from kapmonitor.report.times import Local
from kapmonitor.report.words import plain
from kapmonitor.session import entries
from kapmonitor.session.discharge import TITLES, unsigned
from kapmonitor.session.form import Form
from kapmonitor.session.session import Session


def open_items(session: Session, filled: Form, found: Sequence[Episode], local: Local) -> Iterator[str]:
    """Of the form, the checklist, the alarms, the doses, the patient and the record."""
    yield from filled.missing
    yield from (f"Not signed: {TITLES[item]}." for item in unsigned(session))
    yield from _alarms(found, local)
    yield from _doses(session, local)
    for symptom, (since, _) in session.symptoms.items():
        yield f"{plain(symptom).capitalize()}, logged at {local.time(since.utc)}, was never said to be over."
    for each in session.rechecks:
        yield f"Nobody looked again after: {each.what} (entry {each.of})."
    if session.oxygen:
        yield f"Oxygen ({session.oxygen:g} l/min) was never said to have ended."
    for rule, (since, by, _) in session.off.items():
        when = local.time(since.utc)
        yield f"The alarm rule {rule} was switched off at {when} by {by}, and not switched on again."
    yield from _unreadable(session.entries)


def _alarms(found: Iterable[Episode], local: Local) -> Iterator[str]:
    for each in found:
        if each.priority is Priority.HIGH and each.seen is None:
            yield f"The high alarm {each.name} of {local.time(each.began)} was never acknowledged."
        if each.ended is None:
            yield f"The alarm {each.name} of {local.time(each.began)} was not over."


def _doses(session: Session, local: Local) -> Iterator[str]:
    answered = {question for question, (_, answer) in session.answers.items() if answer}
    for number, (when, dose) in enumerate(session.doses, start=1):
        if dose.closed and not dose.reason and f"dose-reason-{number}" not in answered:
            yield f"Dose {number}, entered at {local.time(when.utc)} with closed gates, has no reason."


def _unreadable(found: Iterable[entries.Entry]) -> Iterator[str]:
    for entry in found:
        if isinstance(entry.what, entries.Unreadable):
            yield f"Entry {entry.seq} of the record cannot be read."

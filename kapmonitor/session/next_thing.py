"""The next thing to do: what is due, in how long, and what holds it up. Pure.

One rule a row: each is a small function that says its thing, or nothing. Overdue things come first, then what
waits for a person now, then what has a time, the nearest first, and last what is only to be known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from kapmonitor.model import Phase
from kapmonitor.session.around import Around, CuffDoing
from kapmonitor.session.baseline import minutes, proposal
from kapmonitor.session.clockwork import MINUTE, peak_ends_at
from kapmonitor.session.discharge import TITLES, unsigned
from kapmonitor.session.gates import closed
from kapmonitor.session.questions import asked
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import Due


class NextThing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is due: `in_s` seconds from now (negative: overdue; None: as soon as somebody can).

    `holds`: what holds it up, in sentences. `question`: the name of a question that it asks, for `Answer`;
    empty where it asks none. `note`: only to be known, nothing is to be done.
    """

    text: str
    in_s: float | None = None
    holds: tuple[str, ...] = ()
    question: str = ""
    note: bool = False


Rule = Callable[[Session, Around, Due | None, float], Iterator[NextThing]]


def next_things(session: Session, around: Around, due: Due | None, now: float) -> tuple[NextThing, ...]:
    """What is to be done, the most pressing first; never empty while the session is open."""
    if not session.open:
        return ()
    found = [thing for rule in RULES for thing in rule(session, around, due, now)]
    return tuple(sorted(found, key=_pressing))


def in_words(thing: NextThing) -> str:
    """One line to read out: the text with its time as `m:ss`."""
    if thing.in_s is None:
        return thing.text
    if thing.in_s < 0:
        return f"{thing.text} {minutes(thing.in_s)} overdue."
    return f"{thing.text} in {minutes(thing.in_s)}."


def _pressing(thing: NextThing) -> tuple[int, float]:
    if thing.note:
        return 3, 0.0
    if thing.in_s is None:
        return 1, 0.0
    return (0 if thing.in_s <= 0 else 2), thing.in_s


# The rules, in the order in which they are shown where they press alike.


def _interruption(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del around, due
    if session.interruption is not None:
        who = session.interruption.with_whom
        yield NextThing(
            text=f"Sensors are off, {who} is with the patient: put them back on",
            in_s=session.interruption.until - now,
        )


def _questions(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del around, due
    for question in asked(session, now):
        yield NextThing(text=question.text, question=question.name)


def _stage(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    """Where the session stands, and what leads on."""
    yield from _STAGES[session.phase](session, around, due, now)


def _rechecks(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del around, due
    for each in session.rechecks:
        yield NextThing(text=f"Look again after: {each.what}", in_s=each.at - now)


def _infusion(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del around, due, now
    if session.infusion in ("", "stop"):
        return
    if not session.doses:
        yield NextThing(text="The infusion was started and no dose is recorded: record the dose.")
    elif session.phase is Phase.PEAK:
        yield NextThing(text="Recovery begins after the infusion: say when it has ended.", note=True)
    elif session.phase is not Phase.ONSET:
        yield NextThing(text="The infusion is not ended: end it, or say that it has ended.")


def _cuff(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    """The next reading, if anybody is to wait for it or has to do something for it."""
    if session.series_until is not None and session.series_until > now:
        yield NextThing(text="Cuff reading after reading ends", in_s=session.series_until - now)
    elif around.cuff is CuffDoing.MEASURING:
        yield NextThing(text="The cuff is measuring.", note=True)
    elif due is not None and not _taken_with_the_baseline(session, around):
        what = "" if due.why == "timetable" else f" ({due.why})"
        yield NextThing(
            text=_CUFF_TEXTS[around.cuff].format(what=what) + _put_off(session, now), in_s=due.at - now
        )


def _taken_with_the_baseline(session: Session, around: Around) -> bool:
    """Whether the row about the baseline says it already: the cuff measures by itself then."""
    return session.phase is Phase.BASELINE and around.cuff is CuffDoing.IDLE


def _put_off(session: Session, now: float) -> str:
    deferred = session.deferred_until is not None and session.deferred_until > now
    return ", put off," if deferred else ""


_CUFF_TEXTS: Mapping[CuffDoing, str] = {
    CuffDoing.IDLE: "Next cuff reading{what}",
    CuffDoing.BY_HAND: "Press the cuff's button: next reading{what}",
    CuffDoing.AWAY: "The cuff is not connected: look at it. Next reading{what}",
    CuffDoing.NONE: "Measure the pressure and type it in: next reading{what}",
}


def _phase_ahead(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    """Which phase comes by itself, and when."""
    del due
    dosed_at, table = session.last_dose_at, around.table
    if dosed_at is None:
        return
    if session.phase is Phase.ONSET:
        yield NextThing(text="Peak begins", in_s=max(dosed_at + table.onset_min * MINUTE - now, 0.0))
    if session.phase is Phase.PEAK and (ends := peak_ends_at(session, table, dosed_at)) < float("inf"):
        yield NextThing(text="Recovery begins", in_s=max(ends - now, 0.0))


def _oxygen(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del around, due, now
    if session.oxygen:
        text = f"Oxygen is given ({session.oxygen:g} l/min): SpO2 does not show breathing. Count the breaths."
        yield NextThing(text=text, note=True)


def _forgotten(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del due
    longest = around.table.longest_min
    if now - session.started.at > longest * MINUTE:
        yield NextThing(text=f"Open for more than {longest / 60:g} hours: end the session if it is over.")


# The stages: one row a phase.


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


_STAGES: Mapping[Phase, Rule] = {
    Phase.SCREENING: _screening,
    Phase.BASELINE: _baseline,
    Phase.READY: _ready,
    Phase.ONSET: _under_the_drug,
    Phase.PEAK: _under_the_drug,
    Phase.RECOVERY: _recovery,
    Phase.DISCHARGE: _discharge,
    Phase.ABORTED: _aborted,
}

RULES: tuple[Rule, ...] = (
    _interruption,
    _questions,
    _stage,
    _rechecks,
    _infusion,
    _cuff,
    _phase_ahead,
    _oxygen,
    _forgotten,
)

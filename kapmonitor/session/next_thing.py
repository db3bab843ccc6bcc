"""The next thing to do: what is due, in how long, and what holds it up. Pure.

One rule a row: each is a small function that says its thing, or nothing. Overdue things come first, then what
waits for a person now, then what has a time, the nearest first, and last what is only to be known. What
people wrote is never repeated here: it stays in the record, and these texts go to the broker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kapmonitor.model import Phase
from kapmonitor.session.arms import kept_from
from kapmonitor.session.around import Around, CuffDoing
from kapmonitor.session.clockwork import MINUTE, peak_ends_at
from kapmonitor.session.questions import asked
from kapmonitor.session.repeats import REPEAT, repeat
from kapmonitor.session.session import Session
from kapmonitor.session.stages import STAGES
from kapmonitor.session.thing import NextThing, Rule
from kapmonitor.session.timetable import Due


def next_things(session: Session, around: Around, due: Due | None, now: float) -> tuple[NextThing, ...]:
    """What is to be done, the most pressing first; never empty while the session is open."""
    if not session.open:
        return ()
    found = [thing for rule in RULES for thing in rule(session, around, due, now)]
    return tuple(sorted(found, key=_pressing))


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
        in_s = session.interruption.until - now
        yield NextThing(text="Sensors are off on purpose: put them back on", in_s=in_s)


def _questions(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del around, due
    for question in asked(session, now):
        yield NextThing(text=question.text, question=question.name)


def _stage(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    """Where the session stands, and what leads on."""
    yield from STAGES[session.phase](session, around, due, now)


def _rechecks(session: Session, around: Around, due: Due | None, now: float) -> Iterator[NextThing]:
    del around, due
    for each in session.rechecks:
        yield NextThing(text="Look again after what was done", in_s=each.at - now)


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
    elif (wanted := _wanted(session, around, due)) and not _taken_with_the_baseline(session, around):
        text = _CUFF_TEXTS[around.cuff].format(what=_what_for(wanted))
        if around.cuff is CuffDoing.IDLE and (why := kept_from(session, around)):
            text = f"{why} Next reading{_what_for(wanted)}"
        yield NextThing(text=text + _put_off(session, now), in_s=wanted.at - now)


def _wanted(session: Session, around: Around, due: Due | None) -> Due | None:
    """The timetable's reading, or the repeat of the last one that comes before it."""
    return min(
        (each for each in (repeat(session, around.repeats), due) if each),
        key=lambda each: each.at,
        default=None,
    )


def _what_for(wanted: Due) -> str:
    words = {"timetable": "", REPEAT: " (the last one again, to be sure)"}
    return words.get(wanted.why, f" ({wanted.why})")


def _taken_with_the_baseline(session: Session, around: Around) -> bool:
    """Whether the row about the baseline says it already: the cuff measures by itself then."""
    itself = around.cuff is CuffDoing.IDLE and not kept_from(session, around)
    return session.phase is Phase.BASELINE and itself


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

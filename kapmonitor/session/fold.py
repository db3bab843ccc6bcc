"""From entries to what a session is now: how each kind of entry changes it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kapmonitor.model import Moment, Phase
from kapmonitor.people import Person
from kapmonitor.session import entries
from kapmonitor.session.entries import AnyWhat, Entry
from kapmonitor.session.session import Interruption, Recheck, Session


def apply(session: Session, entry: Entry) -> None:
    """Take one more entry into `session`; the next one in order.

    Raises:
        ValueError: an entry is missing before it, or it stands here already.
    """
    if entry.seq != len(session.entries) + 1:
        raise ValueError(f"{session.id}: entry {entry.seq} does not follow entry {len(session.entries)}")
    session.entries.append(entry)
    _FOLD.get(type(entry.what), _only_kept)(session, entry, entry.what)


def begun(identity: str, opened: entries.Opened, by: Person, moment: Moment, key: str = "") -> Session:
    """A session that was opened just now."""
    session = Session(identity, moment, by.id)
    apply(session, session.next_entry(opened, by, moment, key))
    return session


def folded(identity: str, lines: Iterable[Entry]) -> Session:
    """The session that these entries make, the first of them `Opened`.

    Raises:
        ValueError: there is none, or one is missing in between.
    """
    session: Session | None = None
    for entry in lines:
        if session is None:
            session = Session(identity, entry.moment, entry.by)
        apply(session, entry)
    if session is None or not isinstance(session.entries[0].what, entries.Opened):
        raise ValueError(f"{identity}: its record does not begin with its opening")
    return session


ALERT = 5
"""The MOAA/S score of somebody who is not sedated: sedation that is over is this."""

# How each kind of entry changes the session.


def _only_kept(session: Session, entry: Entry, what: AnyWhat) -> None:
    """Notes and the like change nothing but the record."""


def _opened(session: Session, entry: Entry, what: entries.Opened) -> None:
    session.room, session.seat, session.route, session.drill = what.room, what.seat, what.route, what.drill
    session.preset, session.arms, session.client = what.preset, what.arms, what.client
    session.therapist, session.rules = what.therapist, what.rules
    session.phase_at = entry.moment.at


def _device(session: Session, _: Entry, what: entries.DeviceUsed) -> None:
    session.devices.pop(what.instead_of, None)
    session.devices[what.device] = what


def _phase(session: Session, entry: Entry, what: entries.PhaseEntered) -> None:
    session.phase_before, session.phase, session.phase_at = session.phase, what.phase, entry.moment.at
    if what.phase is not Phase.DISCHARGE:
        session.signed.clear()  # signatures are for one leaving; whoever goes back signs anew


def _measured(session: Session, entry: Entry, what: entries.Measured) -> None:
    session.measured.append((entry.moment, what))
    if what.counts:
        session.deferred_until = None


def _screened(session: Session, _: Entry, what: entries.Screened) -> None:
    session.screened = what


def _baseline(session: Session, _: Entry, what: entries.BaselineConfirmed) -> None:
    session.baseline = what


def _hold_passed(session: Session, entry: Entry, what: entries.HoldPassed) -> None:
    session.passed[what.gate] = (entry.moment, entry.by, what)


def _dose(session: Session, entry: Entry, what: entries.Dose) -> None:
    session.doses.append((entry.moment, what))
    session.passed.clear()  # each permission is for one dose


def _infusion(session: Session, entry: Entry, what: entries.Infusion) -> None:
    session.infusion = what.action
    session.infusion_ended_at = entry.moment.at if what.action == "stop" else None


def _symptom(session: Session, entry: Entry, what: entries.Symptom) -> None:
    over = what.resolved or what.score == ALERT
    if what.symptom == "sedation":
        score = ALERT if what.resolved else what.score
        session.sedation = session.sedation if score is None else (entry.moment, score)
    if over:
        session.symptoms.pop(what.symptom, None)
    else:
        session.symptoms[what.symptom] = (entry.moment, what)


def _oxygen(session: Session, _: Entry, what: entries.Oxygen) -> None:
    session.oxygen = what.flow_l_min


def _intervention(session: Session, entry: Entry, what: entries.Intervention) -> None:
    if what.recheck_min > 0:
        session.rechecks.append(Recheck(entry.seq, what.what, entry.moment.at + what.recheck_min * 60))


def _rechecked(session: Session, _: Entry, what: entries.Rechecked) -> None:
    session.rechecks = [each for each in session.rechecks if each.of != what.of]


def _presence(session: Session, entry: Entry, what: entries.Presence) -> None:
    if what.action == "left":
        session.present.pop(entry.by, None)
        return
    session.present[entry.by] = entry.moment
    if what.action == "here":
        session.here_at = entry.moment.at


def _preset(session: Session, _: Entry, what: entries.PresetChosen) -> None:
    session.preset = what.preset


def _arms(session: Session, _: Entry, what: entries.ArmsSet) -> None:
    session.arms = what.arms


def _deferred(session: Session, entry: Entry, what: entries.CuffDeferred) -> None:
    session.deferred_until = entry.moment.at + what.minutes * 60 if what.minutes else None


def _series(session: Session, entry: Entry, what: entries.CuffSeries) -> None:
    session.series_until = entry.moment.at + what.minutes * 60 if what.minutes else None
    session.deferred_until = None if what.minutes else session.deferred_until


def _stopped(session: Session, _: Entry, __: entries.CuffStopped) -> None:
    session.series_until = None


def _interrupted(session: Session, entry: Entry, what: entries.Interrupted) -> None:
    session.interruption = Interruption(what.with_whom, entry.moment.at + what.minutes * 60)
    session.interrupted_at = entry.moment.at


def _interruption_over(session: Session, _: Entry, __: entries.InterruptionOver) -> None:
    session.interruption = None


def _switched_off(session: Session, entry: Entry, what: entries.SwitchedOff) -> None:
    if what.reason:
        session.off[what.rule] = (entry.moment, entry.by, what.reason)
    else:
        session.off.pop(what.rule, None)


def _limit_moved(session: Session, entry: Entry, what: entries.LimitMoved) -> None:
    if what.value is None:
        session.moved.pop((what.rule, what.column), None)
    else:
        session.moved[what.rule, what.column] = (entry.moment, entry.by, what)


def _moved(session: Session, _: Entry, what: entries.Moved) -> None:
    session.room, session.seat = what.room, what.seat


def _answered(session: Session, entry: Entry, what: entries.Answered) -> None:
    session.answers[what.question] = (entry.moment, what.answer)


def _signed(session: Session, entry: Entry, what: entries.ItemSigned) -> None:
    session.signed[what.item] = (entry.moment, entry.by, what)


def _ended(session: Session, entry: Entry, what: entries.Ended) -> None:
    session.ended = (entry.moment, entry.by, what)


def _reopened(session: Session, _: Entry, __: entries.Reopened) -> None:
    session.ended = None
    session.reopened += 1


_FOLD: Mapping[type, Callable[[Session, Entry, Any], None]] = {
    entries.Opened: _opened,
    entries.DeviceUsed: _device,
    entries.Screened: _screened,
    entries.PhaseEntered: _phase,
    entries.Measured: _measured,
    entries.BaselineConfirmed: _baseline,
    entries.HoldPassed: _hold_passed,
    entries.Dose: _dose,
    entries.Infusion: _infusion,
    entries.Symptom: _symptom,
    entries.Oxygen: _oxygen,
    entries.Intervention: _intervention,
    entries.Rechecked: _rechecked,
    entries.Presence: _presence,
    entries.PresetChosen: _preset,
    entries.ArmsSet: _arms,
    entries.CuffDeferred: _deferred,
    entries.CuffSeries: _series,
    entries.CuffStopped: _stopped,
    entries.Interrupted: _interrupted,
    entries.InterruptionOver: _interruption_over,
    entries.SwitchedOff: _switched_off,
    entries.LimitMoved: _limit_moved,
    entries.Moved: _moved,
    entries.Answered: _answered,
    entries.ItemSigned: _signed,
    entries.Ended: _ended,
    entries.Reopened: _reopened,
}

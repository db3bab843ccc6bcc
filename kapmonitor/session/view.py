"""A session as whoever works on it sees it: one struct with everything that is known and due. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kapmonitor.documents import GateState, OpenSymptom, ToDo, Work
from kapmonitor.model import Moment, Phase, rfc3339
from kapmonitor.session import entries
from kapmonitor.session.around import Around
from kapmonitor.session.baseline import Proposal, proposal
from kapmonitor.session.discharge import ItemShown, checklist
from kapmonitor.session.entries import Arms, Client
from kapmonitor.session.gates import Gate, gates
from kapmonitor.session.next_thing import next_things
from kapmonitor.session.phases import BY_HAND
from kapmonitor.session.questions import Question, asked, reason_of
from kapmonitor.session.session import Session, given_at
from kapmonitor.session.timetable import Due


class MovedLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that somebody has moved in this session."""

    rule: str
    column: str
    value: float
    since: str
    by: str
    reason: str


class DoseGiven(msgspec.Struct, frozen=True, kw_only=True):
    """One dose: when, what, and (`closed`) which gates were closed then."""

    at: str
    by: str
    drug: str
    amount: float
    unit: str
    lot: str = ""
    closed: tuple[str, ...] = ()
    reason: str = ""


class OffRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that somebody has switched off."""

    rule: str
    since: str
    by: str
    reason: str


class LookAgain(msgspec.Struct, frozen=True, kw_only=True):
    """After the intervention at entry `of` somebody is to look again, `at` then."""

    of: int
    what: str
    at: str


class LimitStep(msgspec.Struct, frozen=True, kw_only=True):
    """From `since` on these limits alarmed first: by quantity the low and the high one, each or None."""

    since: str
    limits: Mapping[str, tuple[float | None, float | None]]


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one session now. Times are RFC 3339; None where there is no such time.

    `client` stays in the record, the report and here; no document that is published has it. `next_phases`:
    where staff may lead it from here. `sedation`: the last MOAA/S score. `limit_steps`: where a limit was
    moved, what held from when on.
    """

    id: str
    room: str
    seat: str
    route: str
    drill: bool
    phase: str
    phase_since: str
    next_phases: tuple[Phase, ...]
    started: str
    started_by: str
    therapist: str
    client: Client
    preset: str
    arms: Arms
    cuff: str
    cuff_due: str | None
    cuff_due_why: str
    deferred_until: str | None
    series_until: str | None
    baseline: Mapping[str, float] | None
    proposal: Proposal
    gates: tuple[Gate, ...]
    doses: tuple[DoseGiven, ...]
    infusion: str
    symptoms: tuple[OpenSymptom, ...]
    sedation: int | None
    rechecks: tuple[LookAgain, ...]
    questions: tuple[Question, ...]
    screened: bool
    oxygen_l_min: float
    interruption_until: str | None
    interruption_with: str
    off: tuple[OffRule, ...]
    moved: tuple[MovedLimit, ...]
    checklist: tuple[ItemShown, ...]
    to_do: tuple[ToDo, ...]
    present: tuple[str, ...]
    entries: int
    ended: str | None
    limit_steps: tuple[LimitStep, ...] = ()


def view(session: Session, around: Around, due: Due | None, moment: Moment) -> SessionView:
    """The session as it is at `moment`."""
    off = session.interruption
    return SessionView(
        id=session.id,
        room=session.room,
        seat=session.seat,
        route=session.route,
        drill=session.drill,
        phase=session.phase,
        phase_since=moment.earlier(session.phase_at),
        next_phases=BY_HAND[session.phase] if session.open else (),
        started=session.started.ts,
        started_by=session.by,
        therapist=session.therapist,
        client=session.client,
        preset=session.preset,
        arms=session.arms,
        cuff=around.cuff,
        cuff_due=None if due is None else moment.earlier(due.at),
        cuff_due_why="" if due is None else due.why,
        deferred_until=_at(moment, moment.at, session.deferred_until),
        series_until=_at(moment, moment.at, session.series_until),
        baseline=None if session.baseline is None else session.baseline.values,
        proposal=proposal(session, around, moment.at),
        gates=gates(session, around, moment.at),
        doses=tuple(_dose(session, number) for number in range(len(session.doses))),
        infusion=session.infusion,
        symptoms=tuple(_symptom(at, one) for at, one in session.symptoms.values()),
        sedation=None if session.sedation is None else session.sedation[1],
        rechecks=tuple(
            LookAgain(of=each.of, what=each.what, at=moment.earlier(each.at)) for each in session.rechecks
        ),
        questions=asked(session, moment.at) if session.open else (),
        screened=session.screened is not None,
        oxygen_l_min=session.oxygen,
        interruption_until=None if off is None else moment.earlier(off.until),
        interruption_with="" if off is None else off.with_whom,
        off=off_rules(session),
        moved=moved_limits(session),
        checklist=checklist(session, around, moment),
        to_do=to_do(session, around, due, moment.at, moment),
        present=tuple(session.present),
        entries=len(session.entries),
        ended=None if session.ended is None else session.ended[0].ts,
    )


def work(session: Session, around: Around, due: Due | None, now: float, anchor: Moment) -> Work:
    """Where it stands and what is to be done at `now`, for everybody who watches: without free words.

    `anchor` says what UTC belongs to monotonic times: the same one for as long as the clocks agree, so that
    nothing changes while nothing happens.
    """
    return Work(
        route=session.route,
        phase_since=anchor.earlier(session.phase_at),
        first_dose=_ever(anchor, session.first_dose_at),
        last_dose=_ever(anchor, session.last_dose_at),
        doses=len(session.doses),
        baseline=None if session.baseline is None else session.baseline.values,
        preset=session.preset,
        cuff=around.cuff,
        cuff_due=None if due is None else anchor.earlier(due.at),
        cuff_due_why="" if due is None else due.why,
        deferred_until=_at(anchor, now, session.deferred_until),
        series_until=_at(anchor, now, session.series_until),
        oxygen_l_min=session.oxygen,
        symptoms=tuple(_symptom(at, one) for at, one in session.symptoms.values()),
        gates=tuple(_gate(gate) for gate in gates(session, around, now)),
        to_do=to_do(session, around, due, now, anchor),
        present=tuple(session.present),
    )


def to_do(session: Session, around: Around, due: Due | None, now: float, anchor: Moment) -> tuple[ToDo, ...]:
    """What is due, the most pressing first; its times do not move while nothing changes."""
    return tuple(
        ToDo(
            text=each.text,
            at=None if each.in_s is None else anchor.earlier(now + each.in_s),
            holds=each.holds,
            question=each.question,
            note=each.note,
        )
        for each in next_things(session, around, due, now)
    )


def off_rules(session: Session) -> tuple[OffRule, ...]:
    """What is switched off: shown for as long as it is."""
    return tuple(
        OffRule(rule=rule, since=at.ts, by=by, reason=reason)
        for rule, (at, by, reason) in session.off.items()
    )


def moved_limits(session: Session) -> tuple[MovedLimit, ...]:
    """The limits of this session that are not the site's."""
    return tuple(
        MovedLimit(rule=rule, column=column, value=what.value, since=at.ts, by=by, reason=what.reason)
        for (rule, column), (at, by, what) in session.moved.items()
        if what.value is not None
    )


def _dose(session: Session, number: int) -> DoseGiven:
    entered, dose = session.doses[number]
    by = next(each.by for each in session.entries if each.what is dose)
    return DoseGiven(
        at=entered.earlier(given_at(entered, dose)),
        by=by,
        drug=dose.drug,
        amount=dose.amount,
        unit=dose.unit,
        lot=dose.lot,
        closed=dose.closed,
        reason=reason_of(session, number + 1),
    )


def _symptom(at: Moment, one: entries.Symptom) -> OpenSymptom:
    return OpenSymptom(symptom=one.symptom, since=rfc3339(at.utc), severity=one.severity, score=one.score)


def _gate(gate: Gate) -> GateState:
    return GateState(
        name=gate.name, open=gate.open, passed=bool(gate.passed_by), hard=gate.hard, text=gate.text
    )


def _ever(anchor: Moment, at: float | None) -> str | None:
    return None if at is None else anchor.earlier(at)


def _at(anchor: Moment, now: float, at: float | None) -> str | None:
    return None if at is None or at <= now else anchor.earlier(at)

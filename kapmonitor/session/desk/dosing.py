"""Doses, infusions and lozenges. A dose that was given is always recorded: gates guard the permission."""

from __future__ import annotations

from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment, Phase, Route
from kapmonitor.people import Person
from kapmonitor.session import commands, entries
from kapmonitor.session.around import Around
from kapmonitor.session.desk.times import past
from kapmonitor.session.entries import AnyWhat, PhaseEntered
from kapmonitor.session.gates import closed_at_dose
from kapmonitor.session.session import Session


def give_dose(
    session: Session, what: commands.GiveDose, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Keep the dose, marked with the gates that were closed; onset begins, whatever was before."""
    del by
    given = past(what.given, moment, "The time of the dose")
    given_at = moment.at if given is None else moment.at + (given - moment.utc).total_seconds()
    dose = entries.Dose(
        drug=what.drug,
        amount=what.amount,
        unit=what.unit,
        route=what.route or session.route,
        lot=what.lot,
        reason=what.reason,
        closed=closed_at_dose(session, around, given_at, moment.at),
        given=given,
    )
    again = "a further dose" if session.doses else "the dose"
    return [dose, PhaseEntered(phase=Phase.ONSET, reason=again)]


_AFTER: dict[str, tuple[str, ...]] = {
    "start": ("", "stop"),
    "rate": ("start", "rate", "resume"),
    "pause": ("start", "rate", "resume"),
    "resume": ("pause",),
    "stop": ("start", "rate", "resume", "pause"),
}
"""What may be done with an infusion after what was done last."""


def do_infusion(
    session: Session, what: commands.DoInfusion, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Keep what was done with the infusion, if it can be so."""
    del by, moment, around
    if session.route is not Route.INTRAVENOUS:
        raise RefusedError(f"This is an {session.route} session; it has no infusion.")
    if session.infusion not in _AFTER[what.action]:
        state = {"": "has not been started", "stop": "has ended", "pause": "is paused"}
        now = state.get(session.infusion, "is running")
        raise RefusedError(f"The infusion {now}; it cannot {what.action}.")
    if what.action == "rate" and what.rate_ml_h is None:
        raise RefusedError("Say the new rate in ml/h.")
    return [entries.Infusion(action=what.action, rate_ml_h=what.rate_ml_h)]


def do_lozenge(
    session: Session, what: commands.DoLozenge, by: Person, moment: Moment, around: Around
) -> list[AnyWhat]:
    """Keep what was done with the lozenge."""
    del by, moment, around
    if session.route is not Route.SUBLINGUAL:
        raise RefusedError(f"This is an {session.route} session; it has no lozenge.")
    return [entries.Lozenge(action=what.action)]

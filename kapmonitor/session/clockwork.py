"""What time alone does to a session: one phase follows another without anybody's hand. Pure."""

from __future__ import annotations

from kapmonitor.model import Phase, Route
from kapmonitor.session.entries import AnyWhat, PhaseEntered
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session

MINUTE = 60.0


def time_does(session: Session, table: RouteTable, now: float) -> list[AnyWhat]:
    """The entries that are due at `now` (monotonic s); each follows from the ones before it."""
    dosed_at = session.last_dose_at
    if dosed_at is None or not session.open:
        return []
    if session.phase is Phase.ONSET and now >= dosed_at + table.onset_min * MINUTE:
        return [PhaseEntered(phase=Phase.PEAK, reason=f"{table.onset_min:g} min since the dose")]
    if session.phase is Phase.PEAK and now >= peak_ends_at(session, table, dosed_at):
        return [PhaseEntered(phase=Phase.RECOVERY, reason=_why(session, table, dosed_at))]
    return []


def peak_ends_at(session: Session, table: RouteTable, dosed_at: float) -> float:
    """When recovery begins by itself (monotonic s); never while an infusion runs."""
    if not _by_infusion(session, dosed_at):
        return dosed_at + table.peak_min * MINUTE
    if session.infusion_ended_at is None:
        return float("inf")
    return session.infusion_ended_at + table.peak_after_infusion_min * MINUTE


def _by_infusion(session: Session, dosed_at: float) -> bool:
    """Whether the infusion decides: not where the last dose was given after its end."""
    if session.route is not Route.INTRAVENOUS or not session.infusion:
        return False
    return session.infusion_ended_at is None or session.infusion_ended_at >= dosed_at


def _why(session: Session, table: RouteTable, dosed_at: float) -> str:
    if _by_infusion(session, dosed_at):
        return f"{table.peak_after_infusion_min:g} min since the infusion ended"
    return f"{table.peak_min:g} min since the dose"

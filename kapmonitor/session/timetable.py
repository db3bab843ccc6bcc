"""When the next cuff reading is due: a pure function of the record. Times are monotonic seconds."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import msgspec

from kapmonitor.model import Phase
from kapmonitor.session.baseline import two_readings
from kapmonitor.session.clockwork import MINUTE
from kapmonitor.session.entries import Measured
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session, measured_at

MONITORED = (Phase.READY, Phase.ONSET, Phase.PEAK, Phase.RECOVERY, Phase.ABORTED)
BASELINE_EVERY_S = 120.0
"""Two baseline readings lie 1 to 5 minutes apart: so long after the first the second is taken."""
BASELINE_AGAIN_S = 900.0
"""Enough was measured and nobody confirmed it: so long after the last reading the next one is taken."""
NEAR = 0.20
"""Within so much of the baseline a pressure is near it (the share that PADSS scores full)."""
FINAL_WITHIN_S = 300.0
"""A reading so shortly before discharge is its final one."""


class Due(msgspec.Struct, frozen=True):
    """One reading that is asked for: at `at`, the usual interval then, and why."""

    at: float
    interval_s: float
    why: str


def due(session: Session, table: RouteTable) -> Due | None:
    """The next reading; None where none is asked for now.

    "Not now" and a planned interruption put it off; neither makes it go away.
    """
    wanted = min(_wanted(session, table), key=lambda each: each.at, default=None)
    if wanted is None:
        return None
    return msgspec.structs.replace(wanted, at=max(wanted.at, put_off_until(session)))


def put_off_until(session: Session) -> float:
    """Until when "not now" and a planned interruption put automatic readings off; -inf without either."""
    times = [session.deferred_until, session.interruption.until if session.interruption else None]
    return max((at for at in times if at is not None), default=-inf)


def last_measured_at(session: Session) -> float | None:
    """When a pressure was last measured that has numbers."""
    times = [measured_at(entered, one) for entered, one in session.measured if one.systolic is not None]
    return max(times, default=None)


def _wanted(session: Session, table: RouteTable) -> Iterator[Due]:
    if session.phase is Phase.BASELINE:
        yield from _for_baseline(session)
    elif session.phase is Phase.DISCHARGE:
        yield from _final(session)
    elif session.phase in MONITORED:
        yield from _mandatory(session, table)
        if session.preset == "standard" or session.phase is Phase.ABORTED:
            yield from _by_interval(session, table)
        elif session.preset == "quiet":
            yield from _quiet(session, table)


BY_ITSELF = ((Phase.ONSET, Phase.PEAK), (Phase.PEAK, Phase.RECOVERY))
"""Changes that the clock makes: a reading that was due by then stays due, the others go on from the last."""


def _for_baseline(session: Session) -> Iterator[Due]:
    if session.baseline is not None:
        return
    taken = [measured_at(entered, one) for entered, one in session.measured if one.counts]
    mine = [at for at in taken if at >= session.phase_at]
    every_s = BASELINE_AGAIN_S if mine and two_readings(session) else BASELINE_EVERY_S
    yield Due(max(mine) + every_s if mine else session.phase_at, every_s, "baseline")


def _by_interval(session: Session, table: RouteTable) -> Iterator[Due]:
    interval_s = table.interval_s(session.phase)
    if interval_s is None:
        return
    if session.phase is Phase.RECOVERY and _calm(session):
        interval_s = max(interval_s, table.calm_every_min * MINUTE)
    since = _since(session)
    yield Due(_still_due(session, table, since) or since + interval_s, interval_s, "timetable")


def _since(session: Session) -> float:
    """What the interval is counted from (monotonic s): the last reading, or what began later."""
    last, begun = last_measured_at(session), session.phase_at
    if last is None:
        return begun
    if session.phase is Phase.READY:
        return last  # of the baseline: the gate asks how old it is, whenever it was confirmed
    if (session.phase_before, session.phase) in BY_ITSELF:
        begun = session.last_dose_at or begun
    return max(begun, last)


def _still_due(session: Session, table: RouteTable, since: float) -> float | None:
    """When a reading was due that the phase before still owes (monotonic s)."""
    before_s = table.interval_s(session.phase_before)
    if before_s is None or since + before_s > session.phase_at:
        return None
    return since + before_s


def _quiet(session: Session, table: RouteTable) -> Iterator[Due]:
    dosed_at = session.last_dose_at
    if dosed_at is None:
        yield from _by_interval(session, table)
        return
    interval_s = table.interval_s(session.phase) or table.calm_every_min * MINUTE
    since = last_measured_at(session) or dosed_at
    for minutes in table.quiet_at_min:
        if dosed_at + minutes * MINUTE > since:
            yield Due(dosed_at + minutes * MINUTE, interval_s, "quiet timetable")
            return


def _mandatory(session: Session, table: RouteTable) -> Iterator[Due]:
    dosed_at = session.last_dose_at
    if dosed_at is None:
        return
    latest = max(
        (measured_at(entered, one) for entered, one in session.measured if one.counts), default=dosed_at
    )
    within = table.mandatory_within_min * MINUTE
    for minutes in mandatory_missed(session, table):
        at = dosed_at + minutes * MINUTE
        if latest <= at:
            yield Due(at, within, f"the reading {minutes:g} min after the dose")


def mandatory_missed(session: Session, table: RouteTable) -> tuple[float, ...]:
    """Which mandatory readings (minutes after the last dose) were not taken, or not in their time."""
    dosed_at = session.last_dose_at
    if dosed_at is None:
        return ()
    within = table.mandatory_within_min * MINUTE
    taken = [measured_at(entered, one) - dosed_at for entered, one in session.measured if one.counts]
    wanted = table.mandatory_at_min
    return tuple(each for each in wanted if not any(abs(at - each * MINUTE) <= within for at in taken))


def _final(session: Session) -> Iterator[Due]:
    taken = [measured_at(entered, one) for entered, one in session.measured if one.counts]
    if max(taken, default=float("-inf")) < final_since(session):
        yield Due(session.phase_at, FINAL_WITHIN_S, "the last reading before leaving")


def final_since(session: Session) -> float:
    """From when on a reading is the last one before leaving (monotonic s); any, before somebody leaves."""
    return session.phase_at - FINAL_WITHIN_S if session.phase is Phase.DISCHARGE else float("-inf")


def _calm(session: Session) -> bool:
    """Whether the last two readings of recovery are near the baseline."""
    taken = [one for entered, one in session.measured if measured_at(entered, one) >= session.phase_at]
    last = taken[-2:]
    return len(last) == 2 and all(near_baseline(session, one) for one in last)  # noqa: PLR2004 - two readings


def near_baseline(session: Session, one: Measured) -> bool:
    """Whether a measurement counts and both its pressures are within a fifth of the baseline."""
    if session.baseline is None or not one.counts:
        return False
    base = session.baseline.values
    pairs = ((one.systolic, base.get("systolic")), (one.diastolic, base.get("diastolic")))
    return all(now is not None and then is not None and abs(now - then) <= NEAR * then for now, then in pairs)

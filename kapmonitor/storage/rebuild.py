"""What was in force, pieced together from the transitions where the engine's own state cannot be read.

That is so on a damaged page, and where another version of the software cannot read its predecessor's state.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import RowMapping

from kapmonitor.alarms.state import Condition, EngineState, Hazard
from kapmonitor.alarms.words import Priority
from kapmonitor.model import Moment, Phase
from kapmonitor.storage.instants import from_us


def rebuilt(session: str, phase: Phase, transitions: Iterable[RowMapping], moment: Moment) -> EngineState:
    """A state with every alarm whose newest transition does not say that it is over; rows in their order.

    All of them come back unacknowledged and below any tier, so that the engine announces what still holds as
    an escalation with its next step. Running delays, the baseline and what was logged are lost.
    """
    newest = {row["alarm"]: row for row in transitions}
    state = EngineState(session, phase=phase, instances=len(newest))
    for row in newest.values():
        at = moment.at - max(0.0, (moment.utc - from_us(row["t_us"])).total_seconds())
        if row["state"] == "active":
            state.conditions[row["rule"]] = Condition(
                raised=True,
                priority=Priority(row["priority"]),
                since=at,
                value=row["value"],
                limit=row["limit"],
            )
        if row["state"] != "inactive":
            state.hazards[row["name"]] = _hazard(row, at)
    return state


def _hazard(row: RowMapping, at: float) -> Hazard:
    return Hazard(
        row["name"],
        instance=row["alarm"],
        rule=row["rule"],
        priority=Priority(row["priority"]),
        holding=row["state"] == "active",
        latched=row["state"] == "latched",
        seq=row["seq"],
        worse_seq=row["seq"],
        since=at,
        unattended_since=at,
    )

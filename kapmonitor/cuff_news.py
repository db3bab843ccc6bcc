"""What the alarms have to know of a session's cuff: when it is due, and that it squeezes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kapmonitor.alarms.inputs import CuffDue, CuffInflating
from kapmonitor.alarms.state import EngineState
from kapmonitor.keeper import Keeper
from kapmonitor.session.arms import on_oximeter_arm

INFLATED_MMHG = 15.0
"""Above this a cuff counts as inflated (IEC 80601-2-30 counts its longest cycle so)."""


class CuffNews:
    """What was told of it last, so that only news are told."""

    def __init__(self) -> None:
        """Nothing is due, and nothing squeezes."""
        self._due = CuffDue(None, 0.0)
        self._squeezes = False

    def since(self, keeper: Keeper, state: EngineState, now: float) -> Iterator[CuffDue | CuffInflating]:
        """What is another than it was told last; each is to be taken in before the next is asked for."""
        due, trying = keeper.due, keeper.control.trying(now)
        is_due = CuffDue(None, 0.0) if due is None else CuffDue(due.at, due.interval_s, trying)
        if is_due != self._due:
            self._due = is_due
            yield is_due
        squeezes = _inflated(keeper, state, now) and on_oximeter_arm(keeper.session.arms)
        if squeezes is not self._squeezes:
            self._squeezes = squeezes
            yield CuffInflating(squeezes)


def _inflated(keeper: Keeper, state: EngineState, now: float) -> bool:
    """Whether the cuff is under pressure: it was started, or says so itself."""
    pressure = state.signals.get("cuff_pressure")
    under = pressure is not None and pressure.fresh(now) and (pressure.value or 0.0) > INFLATED_MMHG
    return under or keeper.control.running

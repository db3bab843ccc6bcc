"""A call for help from a room in which no session is open: an alarm of that seat, with its own place.

It is the alarm `help` of a session in everything that people meet: high, at once on the pagers, kept until
somebody says to be there. What it is remembered by stands beside the service's alarms, so that a restart
forgets no call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from kapmonitor.alarms import hazard as tiers
from kapmonitor.alarms.engine import Transition, without_value
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.rules import Row
from kapmonitor.alarms.state import Condition, EngineState, Hazard
from kapmonitor.alarms.words import Priority
from kapmonitor.documents import AlarmKind
from kapmonitor.errors import RefusedError

PREFIX = "help/"
"""Of the names under which these calls are remembered: `help/room-3/a`."""


class HelpRule(Row, frozen=True, kw_only=True, tag="room-help"):
    """Held from the call until somebody is there."""

    of: ClassVar[AlarmKind] = "physiological"


HELP = HelpRule(
    alarm="help",
    rule="help",
    tier=1,
    priority=Priority.HIGH,
    text="Somebody calls for help",
    advice='Go in now. Say "here" when you are with the patient.',
    latch=True,
    needs_here=True,
    page="at-once",
    source="Never left alone: also before the session and after it",
)


class HelpCalls:
    """The calls of all rooms; they live in `state`, which is the service's."""

    def __init__(self, state: EngineState) -> None:
        """Calls that are in `state` already are announced again in the next second: a restart was between."""
        self.state = state
        self._again = {key for key, hazard in self._known() if hazard.open}

    def call(self, room: str, seat: str, now: float) -> list[Transition]:
        """Somebody calls; who calls again is not covered by what was acknowledged before."""
        key = f"{PREFIX}{room}/{seat}"
        hazard = self.state.hazards.setdefault(key, Hazard(HELP.alarm))
        condition = self.state.conditions.setdefault(key, Condition(priority=HELP.priority))
        condition.raised, condition.since = True, now
        if not hazard.open:
            self.state.instances += 1
            hazard.instance = f"{self.state.session}-help-{room}-{seat}-{self.state.instances}"
        step = tiers.settle(hazard, (HELP,), {HELP.rule: condition}, now)
        if step is None and hazard.acknowledged is not None:
            step = tiers.announce_again(hazard, (HELP,), now)
        return [] if step is None else [_describe(hazard, step, now)]

    def here(self, room: str, seat: str, now: float) -> list[Transition]:
        """Somebody is there: the call is over. Nothing, where nobody calls."""
        key = f"{PREFIX}{room}/{seat}"
        hazard = self.state.hazards.get(key)
        if hazard is None or not hazard.open:
            return []
        condition = self.state.conditions[key]
        condition.raised, condition.since = False, None
        self._again.discard(key)
        step = tiers.settle(hazard, (HELP,), {HELP.rule: condition}, now)
        if hazard.latched:  # nobody had seen it before: who is there has
            step = tiers.let_go(hazard)
        return [] if step is None else [_describe(hazard, step, now)]

    def acknowledge(self, what: Acknowledge, now: float) -> list[Transition]:
        """Somebody has seen it; it goes on until somebody is there.

        Raises:
            RefusedError: it is over, or somebody has called again since it was seen.
        """
        found = [(key, hazard) for key, hazard in self._known() if hazard.instance == what.alarm]
        if not found or not found[0][1].open:
            raise RefusedError(f"The alarm {what.alarm} is over; there is nothing to acknowledge.")
        key, hazard = found[0]
        if what.seq < hazard.worse_seq:
            raise RefusedError("The alarm got worse since you saw it; look at it again, then acknowledge.")
        if hazard.acknowledged is not None:
            return []
        steps = tiers.acknowledge(hazard, (HELP,), {HELP.rule: self.state.conditions[key]}, what.by, now)
        return [_describe(hazard, step, now) for step in steps]

    def second(self, now: float) -> Iterator[Transition]:
        """What time alone does: after a restart it is announced again, an acknowledgement runs out."""
        for key, hazard in self._known():
            if not hazard.open:
                continue
            if key in self._again:
                self._again.discard(key)
                yield _describe(hazard, tiers.announce_again(hazard, (HELP,), now), now)
            elif (step := tiers.remind(hazard, (HELP,), self.state, now)) is not None:
                yield _describe(hazard, step, now)

    def open_alarms(self, now: float) -> list[Transition]:
        """Every call that nobody has answered in person, as it is now."""
        step = tiers.Step(tiers.Event.UPDATE)
        return [_describe(hazard, step, now) for _, hazard in self._known() if hazard.open]

    def place_of(self, alarm: str) -> tuple[str, str] | None:
        """Room and seat of such an alarm; None where it is another one."""
        for key, hazard in self._known():
            if hazard.instance == alarm:
                room, _, seat = key.removeprefix(PREFIX).partition("/")
                return room, seat
        return None

    def _known(self) -> list[tuple[str, Hazard]]:
        return [(key, hazard) for key, hazard in self.state.hazards.items() if key.startswith(PREFIX)]


def _describe(hazard: Hazard, step: tiers.Step, now: float) -> Transition:
    return without_value(hazard, step, now, kind=HELP.of, text=HELP.text, advice=HELP.advice)

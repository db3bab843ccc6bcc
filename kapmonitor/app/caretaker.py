"""The service looks after itself: each second it judges what troubles all rooms, and says it as alarms do."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kapmonitor import documents
from kapmonitor.alarms.announce import Whose
from kapmonitor.alarms.announced import Announced
from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.hazard import Event
from kapmonitor.alarms.help import HelpCalls
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.selfcheck import ClockWatch, LoadWatch
from kapmonitor.alarms.service import Problem, Rooms, ServiceAlarms
from kapmonitor.alarms.state import EngineState
from kapmonitor.documents import Message
from kapmonitor.model import Moment
from kapmonitor.session.session import session_id


class Caretaker:
    """Service-wide alarms and their documents: at every event, again every 30 s, and taken away."""

    def __init__(self, site: str, whose: Whose, started: Moment) -> None:
        """`whose`: origin and drill of the site; site and start make the alarms' ids unique."""
        self._alarms = ServiceAlarms(EngineState(session_id(site, "service", started)))
        self._help = HelpCalls(self._alarms.state)
        self._whose = whose
        self._clock = ClockWatch()
        self._load = LoadWatch()
        self._announced = Announced(started.at)
        self._changed = True  # its name is kept before the first alarm

    def resume(self, state: EngineState, moment: Moment) -> list[Message]:
        """Go on with the alarms of an earlier run; of those that were over nothing stays on the broker."""
        self._alarms = ServiceAlarms.resumed(state)
        self._help = HelpCalls(state)
        self._announced = Announced(moment.at)
        return [documents.alarm_cleared(alarm) for alarm in self._alarms.over()]

    def to_keep(self) -> EngineState | None:
        """What a restart has to know; None while that is what it was at the last call."""
        state = self._alarms.state
        if not (self._changed or any(hazard.open for hazard in state.hazards.values())):
            return None
        self._changed = False
        return state

    def second(
        self, moment: Moment, late_s: float, troubles: Iterable[Problem], rooms: Rooms
    ) -> list[Message]:
        """One second, judged `late_s` real seconds after it was due; `troubles` are those of other parts."""
        own = (self._clock.tick(moment), self._load.tick(late_s, moment.at))
        problems = [*troubles, *(each for each in own if each is not None)]
        came = self._say(self._alarms.step(problems, rooms, moment.at), moment)
        came += self._say(self._help.second(moment.at), moment)
        return came + self._announced.second(lambda: self._open(moment.at), self._whose_is, moment)

    def owns(self, alarm: str) -> bool:
        """Whether an alarm is one of these, and not a session's."""
        return self._alarms.owns(alarm)

    def acknowledge(self, alarm: str, seq: int, moment: Moment, *, by: str) -> list[Message]:
        """Somebody has seen it as it was at `seq` (`RefusedError` where it is over, or got worse)."""
        of = self._alarms if self._help.place_of(alarm) is None else self._help
        return self._say(of.acknowledge(Acknowledge(alarm, seq, by), moment.at), moment)

    def call_help(self, room: str, seat: str, moment: Moment) -> list[Message]:
        """Somebody calls from a seat without a session."""
        return self._say(self._help.call(room, seat, moment.at), moment)

    def somebody_is_there(self, room: str, seat: str, moment: Moment) -> list[Message]:
        """Such a call is over; nothing where there is none."""
        return self._say(self._help.here(room, seat, moment.at), moment)

    def _open(self, now: float) -> Iterable[Transition]:
        return (*self._alarms.open_alarms(now), *self._help.open_alarms(now))

    def _whose_is(self, transition: Transition) -> Whose:
        place = self._help.place_of(transition.alarm)
        if place is None:
            return self._whose
        return msgspec.structs.replace(self._whose, room=place[0], seat=place[1])

    def _say(self, transitions: Iterable[Transition], moment: Moment) -> list[Message]:
        came: list[Message] = []
        for transition in transitions:
            self._changed = True
            if transition.event == Event.START:
                came += self._announced.replace(transition.alarm)
            came += self._announced.event(transition, self._whose_is(transition), moment)
        return came

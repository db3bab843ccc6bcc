"""The service looks after itself: each second it judges what troubles all rooms, and says it as alarms do."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kapmonitor import documents
from kapmonitor.alarms.announce import Whose, announce, standing
from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.hazard import Event
from kapmonitor.alarms.help import HelpCalls
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.selfcheck import ClockWatch, LoadWatch
from kapmonitor.alarms.service import Problem, Rooms, ServiceAlarms
from kapmonitor.alarms.state import EngineState
from kapmonitor.documents import Message
from kapmonitor.model import Moment
from kapmonitor.monitor import KEEP_ALARMS_S, REPEAT_ALARMS_EVERY_S
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
        self._repeated_at = started.at
        self._over: dict[str, float] = {}
        self._changed = True  # its name is kept before the first alarm

    def resume(self, state: EngineState, moment: Moment) -> list[Message]:
        """Go on with the alarms of an earlier run; of those that were over nothing stays on the broker."""
        self._alarms = ServiceAlarms.resumed(state)
        self._help = HelpCalls(state)
        self._repeated_at = moment.at
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
        if moment.at - self._repeated_at >= REPEAT_ALARMS_EVERY_S:
            self._repeated_at = moment.at
            there = (*self._alarms.open_alarms(moment.at), *self._help.open_alarms(moment.at))
            came += [standing(each, self._whose_is(each), moment) for each in there]
        return came + self._forget(moment.at)

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
                came += self._replace(transition.alarm)
            if transition.state == "inactive":
                self._over[transition.alarm] = moment.at
            came += announce(transition, self._whose_is(transition), moment)
        return came

    def _replace(self, alarm: str) -> list[Message]:
        """The one before it of the same name goes: after a restart nobody would know of it."""
        name = alarm.rpartition("-")[0]
        gone = [old for old in self._over if old.rpartition("-")[0] == name]
        for old in gone:
            del self._over[old]
        return [documents.alarm_cleared(old) for old in gone]

    def _forget(self, now: float) -> list[Message]:
        gone = [alarm for alarm, over_at in self._over.items() if now - over_at >= KEEP_ALARMS_S]
        for alarm in gone:
            del self._over[alarm]
        return [documents.alarm_cleared(alarm) for alarm in gone]

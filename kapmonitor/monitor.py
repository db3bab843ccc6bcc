"""One session's monitor, pure: what devices say and moments go in, documents come out.

Live service, rehearsal, replay and tests run this same code. A reading takes two ways: to the alarms as it
is, and to the display through smoothing. Everything that is said about the session leaves as a `Message`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from kapmonitor import documents
from kapmonitor.alarms.announce import announce, standing
from kapmonitor.alarms.beats import FrozenBeats
from kapmonitor.alarms.engine import Engine, Transition
from kapmonitor.alarms.gate import RateGate
from kapmonitor.alarms.inputs import (
    BaselineConfirmed,
    Battery,
    Command,
    CuffDue,
    Input,
    PhaseSet,
    Tick,
    refused,
)
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.state import EngineState
from kapmonitor.documents import Message
from kapmonitor.model import (
    BloodPressure,
    DeviceData,
    DeviceReport,
    Happened,
    Moment,
    Origin,
    Phase,
    Reading,
    Waveform,
)
from kapmonitor.scribe import Scribe
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import RouteTable, Timetable
from kapmonitor.vitals import Vitals
from kapmonitor.waves import Blocks

SNAPSHOT_EVERY_S = 5.0
REPEAT_ALARMS_EVERY_S = 30.0
KEEP_ALARMS_S = 600.0
"""How long the document of an alarm that is over stays on the broker."""


class Monitor:
    """Everything the software knows and says about one session.

    `origin` is what its devices are: one simulated device makes the session's documents simulated.
    """

    def __init__(
        self,
        session: Session,
        rules: RuleSet,
        origin: Origin,
        *,
        table: RouteTable | None = None,
        publish_waves: bool = False,
        gated: bool = True,
    ) -> None:
        """Start with nothing of an earlier session. `table`: when cuff readings are due.

        `gated`: an SpO2 that falls as no body can is doubted at first; a rehearsal says itself what is valid.
        """
        self._gate = RateGate() if gated else None
        self._beats = FrozenBeats()
        self._timetable = None if table is None else Timetable(table)
        self._blocks = Blocks() if publish_waves else None
        self.session = session
        self.engine = Engine(rules, EngineState(session.id))
        self._vitals = Vitals(rules.limits)
        self._scribe = Scribe(session, origin)
        self._last_vitals: documents.Vitals | None = None
        self._last_nibp: documents.Nibp | None = None
        self._snapshot_at = float("-inf")
        self._repeated_at = float("-inf")
        self._over: dict[str, float] = {}
        self._transitions: list[Transition] = []

    @classmethod
    def restored(
        cls,
        session: Session,
        state: EngineState,
        rules: RuleSet,
        origin: Origin,
        *,
        table: RouteTable | None = None,
        publish_waves: bool = False,
    ) -> Self:
        """The monitor of a session that was open when the service went away; `resume` it."""
        monitor = cls(session, rules, origin, table=table, publish_waves=publish_waves)
        monitor.engine = Engine(rules, state)
        return monitor

    def resume(self, moment: Moment) -> list[Message]:
        """Go on after a restart: the session is there, and what was in force is announced again."""
        transitions = self.engine.resume(moment.at)
        came = [self._scribe.meta(), *self._state(moment), *self._announced(transitions, moment)]
        if self._timetable is not None:
            self._timetable.resume(self.session.phase, self.engine.state.due, moment.at)
        return [*came, *self._due(moment)]

    def drain(self) -> list[Transition]:
        """The transitions since the last call, for the record."""
        came, self._transitions = self._transitions, []
        return came

    def begin(self, moment: Moment) -> list[Message]:
        """The session is there."""
        return [*self.enter(self.session.phase, moment), *self._state(moment)]

    def enter(self, phase: Phase, moment: Moment) -> list[Message]:
        """The session is in `phase`, however it came there."""
        self.session.phase = phase
        if self._timetable is not None:
            self._timetable.enter(phase, moment.at)
        return [self._scribe.meta(), *self._step(PhaseSet(phase), moment), *self._due(moment)]

    def accepts(self, data: DeviceData) -> bool:
        """Whether these data may be used here: simulated ones only in a drill."""
        return self.session.drill or data.origin is not Origin.SIMULATED

    def take(self, data: DeviceData, moment: Moment) -> list[Message]:
        """What a device of this seat said; alarms that come of it leave at once."""
        observations = data.observations if self.accepts(data) else refused(data.observations)
        readings = [one for one in observations if isinstance(one, Reading) and one.quantity != "battery"]
        came = self._read(readings, data.device, moment)
        for one in observations:
            match one:
                case Reading(quantity="battery", value=float() | int() as left):
                    came += self._step(Battery(data.device, left), moment)
                case Reading():
                    pass  # judged already, with all others of this instant
                case BloodPressure():
                    came += self._measured(one, moment)
                case Waveform():
                    came += self._drawn(one, moment)
        return came

    def report(self, report: DeviceReport, moment: Moment) -> list[Message]:
        """A device's supervisor says how it stands."""
        return self._step(report, moment)

    def set_phase(self, phase: Phase, moment: Moment) -> list[Message]:
        """Staff move the session on (`RefusedError` where that makes no sense)."""
        self.session.move_to(phase)
        return self.enter(phase, moment)

    def do(self, what: Command | Happened | BaselineConfirmed | CuffDue, moment: Moment) -> list[Message]:
        """What people did or saw (`RefusedError` where it makes no sense)."""
        return [*self._step(what, moment), *self._state(moment)]

    def tick(self, moment: Moment, *, show: bool = True) -> list[Message]:
        """Once a second: vitals, what time alone does to alarms, and what is published again.

        Without `show` nobody is looking: only the alarms go on, which is what a rehearsal needs.
        """
        came = self._step(Tick(), moment)
        if not show:
            return came
        came += self._state(moment)
        came.append(documents.session_vitals(self.session.id, self._second(moment)))
        if moment.at - self._snapshot_at >= SNAPSHOT_EVERY_S:
            came.append(self._snapshot(moment))
        if moment.at - self._repeated_at >= REPEAT_ALARMS_EVERY_S:
            self._repeated_at = moment.at
            there = self.engine.open_alarms(moment.at)
            came += [standing(transition, self._scribe.whose, moment) for transition in there]
        return came + self._forget(moment.at)

    def end(self) -> list[Message]:
        """The session is over: nothing of it stays on the broker."""
        alarms = dict.fromkeys([*self._over, *(t.alarm for t in self.engine.open_alarms(0.0))])
        session = self.session.id
        return [
            documents.session_meta(session, None),
            documents.session_state(session, None),
            documents.session_snapshot(session, None),
            *(documents.alarm_cleared(alarm) for alarm in alarms),
        ]

    def _read(self, readings: Sequence[Reading], device: str, moment: Moment) -> list[Message]:
        """Readings of one instant: to the display, and through the gate to the alarms, there together."""
        gate, seen = self._gate, [self._beats.judge(one, moment.at) for one in readings]
        for one in seen:
            self._vitals.put(one, device, moment.at)
        judged = seen if gate is None else [gate.judge(one, moment.at) for one in seen]
        return self._announced(self.engine.step_together(judged, moment.at), moment)

    def _step(self, what: Input, moment: Moment) -> list[Message]:
        return self._announced(self.engine.step(what, moment.at), moment)

    def _announced(self, transitions: Iterable[Transition], moment: Moment) -> list[Message]:
        came = [message for each in transitions for message in self._announce(each, moment)]
        return [*came, *self._state(moment)] if came else came  # what is new breaks a pause of sounds

    def _state(self, moment: Moment) -> list[Message]:
        return self._scribe.state(self.engine.state, moment)

    def _announce(self, transition: Transition, moment: Moment) -> list[Message]:
        if transition.state == "inactive":
            self._over[transition.alarm] = moment.at
        self._transitions.append(transition)
        self._snapshot_at = float("-inf")  # a late joiner sees what has just changed
        return announce(transition, self._scribe.whose, moment)

    def _measured(self, one: BloodPressure, moment: Moment) -> list[Message]:
        if not one.live:
            return []
        self._last_nibp = self._scribe.nibp(one, moment)
        self._snapshot_at = float("-inf")
        if self._timetable is not None and one.systolic.value is not None:
            self._timetable.measured(moment.at)
        nibp = documents.session_nibp(self.session.id, self._last_nibp)
        return [nibp, *self._step(one, moment), *self._due(moment)]

    def _due(self, moment: Moment) -> list[Message]:
        timetable = self._timetable
        if timetable is None:
            return []
        return self._step(CuffDue(timetable.due, timetable.interval_s), moment)

    def _drawn(self, piece: Waveform, moment: Moment) -> list[Message]:
        block = None if self._blocks is None else self._blocks.add(piece, moment.at)
        return [] if block is None else [self._scribe.wave(block, moment)]

    def _second(self, moment: Moment) -> documents.Vitals:
        self._last_vitals = self._scribe.vitals(*self._vitals.second(moment.at), moment)
        return self._last_vitals

    def _snapshot(self, moment: Moment) -> Message:
        self._snapshot_at = moment.at
        return self._scribe.snapshot(self._last_vitals, self._last_nibp, moment)

    def _forget(self, now: float) -> list[Message]:
        gone = [alarm for alarm, over_at in self._over.items() if now - over_at >= KEEP_ALARMS_S]
        for alarm in gone:
            del self._over[alarm]
        return [documents.alarm_cleared(alarm) for alarm in gone]

"""One session's monitor, pure: what devices say and moments go in, documents come out.

Live service, rehearsal, replay and tests run this same code. A reading takes two ways: to the alarms as it
is, and to the display through smoothing. Everything that is said about the session leaves as a `Message`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from kapmonitor import documents
from kapmonitor.alarms.announced import Announced
from kapmonitor.alarms.beats import FrozenBeats
from kapmonitor.alarms.engine import Engine, Transition
from kapmonitor.alarms.gate import RateGate
from kapmonitor.alarms.inputs import (
    BaselineConfirmed,
    Battery,
    CuffDue,
    DevicesMatch,
    Input,
    PhaseSet,
    Tick,
    refused,
)
from kapmonitor.alarms.inputs import Command as AlarmCommand
from kapmonitor.alarms.moving import in_force
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.shown import shown_limits
from kapmonitor.alarms.state import EngineState
from kapmonitor.cuff_news import CuffNews
from kapmonitor.documents import Message
from kapmonitor.keeper import Keeper, repeats_of
from kapmonitor.meaning import inputs
from kapmonitor.model import (
    BloodPressure,
    DeviceData,
    DeviceKind,
    DeviceReport,
    DeviceState,
    Happened,
    Moment,
    Origin,
    Reading,
    Waveform,
)
from kapmonitor.people import SERVICE, Person
from kapmonitor.readout import Readout
from kapmonitor.scribe import Scribe
from kapmonitor.session.around import Around, CuffDoing
from kapmonitor.session.commands import Command
from kapmonitor.session.cuff import Start, Stop
from kapmonitor.session.entries import (
    AnyWhat,
    Entry,
    InterruptionOver,
    LimitMoved,
    Measured,
    Moved,
    PhaseEntered,
)
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session
from kapmonitor.session.view import work

CLOCKS_APART_S = 0.5
"""Wall clock and monotonic clock that went apart by so much: times are told anew (s)."""


class Monitor:
    """Everything the software knows and says about one session.

    `origin` is what its devices are: one simulated device makes the session's documents simulated.
    """

    def __init__(
        self,
        session: Session,
        rules: RuleSet,
        origin: Origin,
        table: RouteTable,
        *,
        cuff: CuffDoing = CuffDoing.NONE,
        publish_waves: bool = False,
        gated: bool = True,
        shown: bool = True,
    ) -> None:
        """Start with nothing of an earlier session; `session` has its opening entry.

        `table`: what its route asks for; `cuff`: what the seat's cuff is, before anything is heard of it.
        `gated`: an SpO2 that falls as no body can is doubted at first; a rehearsal says itself what is valid.
        Without `shown` nobody is looking: only session and alarms go on, which is what a rehearsal needs.
        """
        self._gate = RateGate() if gated else None
        self._beats = FrozenBeats()
        self.session = session
        self._site_rules = rules
        rules = in_force(rules, session.limits)
        self._own_limits = shown_limits(rules) if session.limits else {}
        self.keeper = Keeper(session, table, cuff, repeats_of(rules))
        self.engine = Engine(rules, EngineState(session.id))
        self._shown = shown
        self._scribe = Scribe(session, origin)
        self._readout = Readout(session.id, self._scribe, rules if shown else None, waves=publish_waves)
        self._announced = Announced()
        self._cuff = CuffNews()
        self._texts: dict[str, str] = {}
        self._anchor = session.started
        self._transitions: list[Transition] = []

    @classmethod
    def restored(
        cls,
        session: Session,
        state: EngineState,
        rules: RuleSet,
        origin: Origin,
        table: RouteTable,
        *,
        cuff: CuffDoing = CuffDoing.NONE,
        publish_waves: bool = False,
    ) -> Self:
        """The monitor of a session that was open when the service went away; `resume` it."""
        monitor = cls(session, rules, origin, table, cuff=cuff, publish_waves=publish_waves)
        monitor.engine = Engine(monitor.engine.rules, state)
        monitor.keeper.kept()
        return monitor

    def resume(self, gap: AnyWhat | None, moment: Moment) -> list[Message]:
        """Go on after a restart: the session is there, and what was in force is announced again."""
        transitions = self.engine.resume(moment.at)
        hazards = self.engine.state.hazards.values()
        over = (each.instance for each in hazards if each.instance and not each.open)
        self._announced.were_over(over, moment.at)
        came = [self._scribe.meta(), *self._state(moment), *self._said(transitions, moment)]
        if gap is not None:
            came += self.enter(gap, SERVICE, moment)
        return [*came, *self._due(moment)]

    @property
    def values(self) -> Mapping[str, documents.Value]:
        """The numbers of the last second, as they were shown."""
        return self._readout.values

    def drain(self) -> list[Transition]:
        """The transitions since the last call, for the record."""
        came, self._transitions = self._transitions, []
        return came

    def begin(self, moment: Moment) -> list[Message]:
        """The session is there."""
        return [
            self._scribe.meta(),
            *self._step(PhaseSet(self.session.phase), moment),
            *self._due(moment),
            *self._state(moment),
        ]

    def enter(self, what: AnyWhat, by: Person, moment: Moment) -> list[Message]:
        """Enter one fact as it is, without asking whether it makes sense: a rehearsal has no gates."""
        return self._entered(self.keeper.add(what, by, moment), moment)

    def command(self, command: Command, by: Person, moment: Moment, key: str = "") -> list[Message]:
        """Carry out what somebody asked for; the same `key` twice is done once.

        Raises:
            RefusedError: it cannot be done now, or not by this role; nothing was done then.
        """
        if self.keeper.known(key):
            return []
        entries = self.keeper.command(command, by, moment, self.around(moment.at), key)
        return [message for entry in entries for message in self._entered(entry, moment)]

    def around(self, now: float) -> Around:
        """What decisions about the session need from beyond it."""
        return self.keeper.around(self.engine.state, self._texts, now)

    def orders(self) -> list[Start | Stop]:
        """What the cuff is to be told since the last call."""
        came, self.keeper.orders = self.keeper.orders, []
        return came

    def cuff_failed(self, reason: str, moment: Moment) -> list[Message]:
        """The cuff could not be started."""
        return [
            message
            for entry in self.keeper.failed(reason, moment)
            for message in self._entered(entry, moment)
        ]

    def stand_at(self, cuff: CuffDoing) -> None:
        """The session went to a seat with such a cuff."""
        self.keeper.cuff = cuff

    def accepts(self, data: DeviceData) -> bool:
        """Whether these data may be used here: simulated ones only in a drill."""
        return self.session.drill or data.origin is not Origin.SIMULATED

    def take(self, data: DeviceData, moment: Moment) -> list[Message]:
        """What a device of this seat said; alarms that come of it leave at once."""
        observations = data.observations if self.accepts(data) else refused(data.observations)
        readings = [one for one in observations if isinstance(one, Reading) and one.quantity != "battery"]
        came = self._read(readings, data.device, moment) if readings else []
        if len(readings) == len(observations):
            return came
        for one in observations:
            match one:
                case Waveform():  # by far the most: a piece of one comes sixty times a second
                    came += self._readout.wave(one, moment)
                case Reading(quantity="battery", value=float() | int() as left):
                    came += self._step(Battery(data.device, left), moment)
                case Reading():
                    pass  # judged already, with all others of this instant
                case BloodPressure():
                    came += self._measured(one, data, moment)
        return came

    def report(self, report: DeviceReport, moment: Moment) -> list[Message]:
        """A device's supervisor says how it stands."""
        if report.kind is DeviceKind.CUFF and self.keeper.cuff in (CuffDoing.AWAY, CuffDoing.IDLE):
            there = report.state is DeviceState.LIVE
            self.keeper.cuff = CuffDoing.IDLE if there else CuffDoing.AWAY
        return self._step(report, moment)

    def compared(self, same: bool, moment: Moment) -> list[Message]:  # noqa: FBT001 - that is all it says
        """Strap and oximeter were compared: whether they are on one person."""
        return self._step(DevicesMatch(same), moment)

    def do(
        self, what: AlarmCommand | Happened | BaselineConfirmed | CuffDue, moment: Moment
    ) -> list[Message]:
        """What people did about alarms (`RefusedError` where it makes no sense)."""
        return [*self._step(what, moment), *self._state(moment)]

    def tick(self, moment: Moment) -> list[Message]:
        """Once a second: vitals, what time alone does to alarms, and what is published again."""
        came = self._step(Tick(), moment)
        came += self._time(moment)
        if not self._shown:
            return came
        came += self._state(moment)
        came += self._readout.second(moment)
        whose = self._scribe.whose
        return came + self._announced.second(
            lambda: self.engine.open_alarms(moment.at), lambda _: whose, moment
        )

    def end(self) -> list[Message]:
        """The session is over: nothing of it stays on the broker."""
        session = self.session.id
        return [
            documents.session_meta(session, None),
            documents.session_state(session, None),
            documents.session_snapshot(session, None),
            *self._announced.clear(self.engine.open_alarms(0.0)),
        ]

    def _read(self, readings: Sequence[Reading], device: str, moment: Moment) -> list[Message]:
        """Readings of one instant: to the display, and through the gate to the alarms, there together."""
        gate, seen = self._gate, [self._beats.judge(one, moment.at) for one in readings]
        self._readout.put(seen, device, self.engine.state, moment.at)
        judged = seen if gate is None else [gate.judge(one, moment.at) for one in seen]
        return self._said(self.engine.step_together(judged, moment.at), moment)

    def _step(self, what: Input, moment: Moment) -> list[Message]:
        return self._said(self.engine.step(what, moment.at), moment)

    def _said(self, transitions: list[Transition], moment: Moment) -> list[Message]:
        if not transitions:
            return []
        came = [message for each in transitions for message in self._announce(each, moment)]
        return [*came, *self._state(moment)]  # what is new breaks a pause of sounds

    def _state(self, moment: Moment) -> list[Message]:
        apart_s = (moment.utc - self._anchor.utc).total_seconds() - (moment.at - self._anchor.at)
        if abs(apart_s) > CLOCKS_APART_S:
            self._anchor = moment
        around = self.around(moment.at)
        now = work(self.session, around, self.keeper.due, moment.at, self._anchor)
        return self._scribe.state(self.engine.state, now, moment, self._own_limits)

    def _announce(self, transition: Transition, moment: Moment) -> list[Message]:
        self._texts[transition.alarm] = transition.text
        if transition.state == "inactive":
            self._texts.pop(transition.alarm, None)
        self._transitions.append(transition)
        self._readout.changed()
        return self._announced.event(transition, self._scribe.whose, moment)

    def _time(self, moment: Moment) -> list[Message]:
        """What time alone does to the session, and what the alarms saw first: an interruption is over."""
        state, keeper = self.engine.state, self.keeper
        came: list[Message] = []
        if self.session.interruption is not None and state.interruption is None:
            ran_out = state.interrupted_at == moment.at
            reason = "its time ran out" if ran_out else "the sensors measure again"
            came += self.enter(InterruptionOver(reason=reason), SERVICE, moment)
        keeper.steady(state, moment.at)
        for entry in keeper.second(lambda: self.around(moment.at), moment):
            came += self._entered(entry, moment)
        return [*came, *self._due(moment)]

    def _entered(self, entry: Entry, moment: Moment) -> list[Message]:
        """What an entry means to the outside and to the alarms."""
        what = entry.what
        came: list[Message] = []
        if isinstance(what, LimitMoved):
            self._use(in_force(self._site_rules, self.session.limits))
        if isinstance(what, Moved):
            self._scribe.moved()
        if isinstance(what, PhaseEntered | Moved):
            came.append(self._scribe.meta())
        if isinstance(what, Measured):
            came.append(self._readout.pressure(what, moment))
        for each in inputs(entry):
            came += self._step(each, moment)
        return [*came, *self._due(moment), *self._state(moment)]

    def _use(self, rules: RuleSet) -> None:
        """Other limits from now on. What the engine remembers stays: alarms end by the new ones."""
        self.engine = Engine(rules, self.engine.state)
        self._own_limits = shown_limits(rules) if self.session.limits else {}
        self._readout.keep_sharp(rules)
        self.keeper.repeat_by(repeats_of(rules))

    def _measured(self, one: BloodPressure, data: DeviceData, moment: Moment) -> list[Message]:
        if not one.live:
            return []
        entries = self.keeper.measured(one, data.device, data.origin, moment)
        return [message for entry in entries for message in self._entered(entry, moment)]

    def _due(self, moment: Moment) -> list[Message]:
        """The alarms hear what is new about the cuff."""
        news = self._cuff.since(self.keeper, self.engine.state, moment.at)
        return [message for each in news for message in self._step(each, moment)]

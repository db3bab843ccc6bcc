"""A shell around the pure monitors: gives them moments, hands on what they say, and lets people command.

It knows nothing of where what is said goes. Commands come from known people and take effect at once, or are
refused whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.moving import Changes
from kapmonitor.alarms.nuisance import Label, Nuisance
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.service import Rooms, rooms_of
from kapmonitor.alarms.shown import ShownRule, shown_rules
from kapmonitor.alarms.state import EngineState
from kapmonitor.clinic import places
from kapmonitor.clinic.books import Books
from kapmonitor.clinic.comparing import Comparing
from kapmonitor.clinic.monitors import Monitors
from kapmonitor.clinic.seating import Seating
from kapmonitor.clinic.seats import Installed, Seat, Seats
from kapmonitor.clinic.steps import LimitSteps
from kapmonitor.clinic.voice import OnEntry, Voice, nobody_asks
from kapmonitor.clinic.what_if import Trying, allowed
from kapmonitor.clock import Clock
from kapmonitor.documents import Message
from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.model import DeviceData, DeviceReport, Moment, Origin, Route, Waveform
from kapmonitor.monitor import Monitor
from kapmonitor.people import Person, Task
from kapmonitor.ports import ANSWERED_WITHIN_S, Past, Publish, Record
from kapmonitor.session import commands
from kapmonitor.session.commands import Command, StartSession
from kapmonitor.session.entries import Entry
from kapmonitor.session.form import Form
from kapmonitor.session.past import Earlier, WhatIf
from kapmonitor.session.record import Record as SessionRecord
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session
from kapmonitor.session.view import SessionView, view
from kapmonitor.standing import DeviceLine

logger = logging.getLogger(__name__)

OnWave = Callable[[str, Waveform, float], None]
"""Takes a session, samples and the time of arrival (monotonic s), for eyes only; never blocks."""


class Clinic:
    """All seats of a site. Implements `kapmonitor.ports.Commands`."""

    def __init__(
        self,
        seats: Iterable[tuple[str, str]],
        devices: Iterable[Installed],
        rules: RuleSet,
        routes: Mapping[Route, RouteTable],
        clock: Clock,
        publish: Publish,
        on_wave: OnWave,
        *,
        record: Record | None = None,
        past: Past | None = None,
        site: str = "",
        rules_hash: str = "",
        publish_waves: bool = False,
        acknowledge_other: Callable[[str, int, str], bool] | None = None,
        monitors: type[Monitor] = Monitor,
        on_entry: OnEntry = nobody_asks,
    ) -> None:
        """`seats` are (room, seat) in the order of the configuration; every device's seat is one of them.

        `acknowledge_other` takes (alarm, seq, by) of an alarm of no session, and says whether it has it.
        `monitors` is the class of the sessions' monitors: one that is recorded, or the plain one.
        """
        self._seats = Seats(seats, devices)
        self._rules = rules
        self._clock = clock
        self._on_wave = on_wave
        self._record = record
        self._acknowledge_other = acknowledge_other
        self._monitors = Monitors(rules, routes, monitors, publish_waves)
        self._voice = Voice(self._seats, clock, publish, record, on_entry)
        self._seating = Seating(self._seats, self._monitors, self._voice, clock, record, rules_hash)
        self._trying = Trying(past, clock)
        self._books = Books(self._seating.known, past, routes, clock, site)
        self._comparing = Comparing()
        self._steps = LimitSteps(rules)
        self.cuffs = self._voice.cuffs
        self.failing: set[str] = set()

    # What devices say

    def take(self, data: DeviceData) -> None:
        """A device's observations go to the session on its seat; without one they go nowhere."""
        seat, moment = self._seats.of(data.device), self._clock.moment()
        self._seats.devices[data.device].heard_at = moment.at
        monitor = seat.monitor
        if monitor is None:
            places.pulse_seen(seat, data, moment.at)
            return
        self._voice.say(monitor, monitor.take(data, moment), moment)
        if monitor.accepts(data):
            self._comparing.take(monitor.session.id, data, moment.at)
            for one in data.observations:
                if isinstance(one, Waveform):
                    self._on_wave(monitor.session.id, one, moment.at)
                    if self._record is not None:
                        self._record.wave(monitor.session.id, data.device, one, moment)

    def report(self, report: DeviceReport) -> None:
        """A supervisor's word about its device."""
        device = self._seats.devices[report.device]
        device.report = report
        self._voice.publish([places.status(report)])
        self._voice.publish_info(device)
        monitor = self._seats.of(report.device).monitor
        if monitor is not None and not device.sleeps_between:
            moment = self._clock.moment()
            self._voice.say(monitor, monitor.report(report, moment), moment)

    async def tick(self) -> None:
        """One second of every open session. What fails in one never costs another its second.

        Between two sessions the loop gets its turn: no alarm waits for the display work of all rooms. So each
        has a moment of its own, since its readings may have come meanwhile, and one that ended is left out.
        """
        for seat in list(self._seats):
            await asyncio.sleep(0)
            moment = self._clock.moment()
            if seat.monitor is None:
                self._voice.publish(places.question(seat, moment))
                continue
            monitor = seat.monitor
            try:
                self._voice.say(monitor, self._second(monitor, moment), moment, keep=True)
                if self._record is not None:
                    self._record.vitals(monitor.session.id, monitor.values, moment)
                self._seating.use(seat, monitor, moment)
                self.failing.discard(monitor.session.room)
            except Exception:
                self.failing.add(monitor.session.room)
                logger.exception("%s: the monitor failed", monitor.session.id)
        for device in self._seats.devices.values():
            self._voice.publish_info(device)
        self._seating.forget(self._clock.now())
        sessions = [each.session.id for each in self._seats.monitors()]
        self._comparing.keep(sessions)
        self._steps.keep(sessions)

    # What people have done (ports.Commands)

    def start(self, what: StartSession, *, by: Person, key: str = "") -> str:
        """Open a session on a seat that has none."""
        return self._seating.start(what, by, key)

    async def do(self, session: str, command: Command, *, by: Person, key: str = "") -> None:
        """Carry out what somebody asked of a session; the same `key` twice is done once."""
        match command:
            case commands.EndSession():
                self._seating.end(session, command, by, key)
            case commands.Reopen():
                self._seating.reopen(session, command, by, key)
            case commands.Move():
                self._seating.move(session, command, by, key)
            case commands.SwapDevice():
                self._seating.swap(session, command, by)
            case commands.SwitchOff():
                by.must_be_allowed(Task.SWITCH_OFF)
                self._rules.may_be_off(command.rule)
                self._command(session, command, by, key)
            case commands.MoveLimit():
                by.must_be_allowed(Task.MOVE_LIMIT)
                self._may_be_moved(session, command)
                self._command(session, command, by, key)
            case _:
                seat = self._command(session, command, by, key)
                await self.cuffs.answered(seat)

    def acknowledge(self, alarm: str, seq: int, *, by: Person) -> None:
        """Acknowledge an alarm as it was at `seq`."""
        by.must_be_allowed(Task.ACKNOWLEDGE)
        for monitor in self._seats.monitors():
            if alarm.startswith(f"{monitor.session.id}-"):
                moment = self._clock.moment()
                self._voice.say(
                    monitor, monitor.do(Acknowledge(alarm, seq, by.id), moment), moment, keep=True
                )
                return
        other = self._acknowledge_other
        if other is None or not other(alarm, seq, by.id):
            raise UnknownError(f"The alarm {alarm} belongs to no open session.")

    async def label(self, alarm: str, label: Label, *, by: Person) -> None:
        """What an alarm was, of an open or an ended session."""
        by.must_be_allowed(Task.LABEL)
        record = self._kept()
        if not await record.knows(alarm):
            raise UnknownError(f"The record has no alarm {alarm}.")
        record.label(alarm, label, by.id, self._clock.moment())

    async def nuisance(self, days: int) -> Nuisance:
        """What the alarms of the last `days` were worth."""
        return await self._kept().nuisance(days, self._clock.utc())

    def view(self, session: str) -> SessionView:
        """Everything about an open session, or one that ended within the last minutes."""
        monitor = self._seating.monitor(session)
        moment = self._clock.moment()
        shown = view(monitor.session, monitor.around(moment.at), monitor.keeper.due, moment)
        return msgspec.structs.replace(shown, limit_steps=self._steps.of(monitor.session))

    def entries(self, session: str) -> Sequence[Entry]:
        """The record of such a session, in order."""
        monitor = self._seating.monitor(session)
        return monitor.session.entries

    def limits(self, session: str) -> Sequence[ShownRule]:
        """The alarm rules of such a session."""
        return shown_rules(self._seating.monitor(session).engine.rules)

    async def what_if(self, session: str, changes: Changes) -> WhatIf:
        """The last hour of an open session once more, with these limits."""
        monitor = self._seats.with_session(session)[1]
        return await self._trying.hour(session, monitor.engine.rules, monitor.keeper.table, changes)

    async def record(self, session: str) -> SessionRecord:
        """The record of a session, open or ended."""
        return await self._books.record(session)

    async def form(self, session: str) -> Form:
        """Its form."""
        return await self._books.form(session)

    async def earlier(self, session: str) -> Sequence[Earlier]:
        """Earlier sessions of the same client."""
        return await self._books.earlier(session)

    async def settled(self) -> bool:
        """Wait until what was just done is durable, at most 5 s; whether it is, or nothing is kept."""
        return self._record is None or await self._record.durable(ANSWERED_WITHIN_S)

    # What the rest of the service wants to know

    def session_of(self, device: str) -> str | None:
        """The session that a device measures in now, if there is one."""
        monitor = self._seats.of(device).monitor
        return None if monitor is None else monitor.session.id

    def rooms(self) -> Rooms:
        """The rooms with a session, and where somebody is in danger."""
        return rooms_of((each.session.room, each.engine.state) for each in self._seats.monitors())

    def devices(self) -> list[DeviceLine]:
        """Every configured device as it stands, where it is now."""
        now = self._clock.now()
        return [places.line(each, now) for each in self._seats.devices.values()]

    def somebody_answers(self, reachable: bool | None) -> None:  # noqa: FBT001 - that is all it says
        """Whether somebody answers this shift's pages; None: there are no pagers."""
        self._monitors.reachable = reachable
        for monitor in self._seats.monitors():
            monitor.keeper.reachable = reachable

    def here(self) -> dict[str, float]:
        """By open session, how long ago (s of the clinic's clock) somebody last said to be there."""
        now = self._clock.now()
        found = ((each.session.id, each.engine.state.here_at) for each in self._seats.monitors())
        return {session: now - at for session, at in found if at is not None}

    def problems(self) -> list[str]:
        """What staff should know of sessions that cannot go on, one or two plain sentences each."""
        return list(self._seating.homeless)

    def restore(self, session: Session, state: EngineState, origin: Origin, away_since: datetime) -> None:
        """Go on with a session that was open when the service went away at `away_since`."""
        self._seating.restore(session, state, origin, away_since)

    def bring_swapped(self, sessions: Iterable[Session]) -> None:
        """Devices that were swapped in these sessions, that are about to go on, are in place again."""
        self._seating.bring_swapped(sessions)

    def can_be_reopened(self, session: Session, state: EngineState, origin: Origin) -> None:
        """A session ended within the last minutes before the service went away."""
        self._seating.can_be_reopened(session, state, origin)

    # How

    def _second(self, monitor: Monitor, moment: Moment) -> list[Message]:
        same = self._comparing.same(monitor.session.id, moment.at)
        compared = [] if same is None else monitor.compared(same, moment)
        return [*compared, *monitor.tick(moment)]

    def _kept(self) -> Record:
        if self._record is None:
            raise RefusedError("Nothing is being recorded here.")
        return self._record

    def _may_be_moved(self, session: str, command: commands.MoveLimit) -> None:
        """Nothing, if the site's rules with all that is moved in this session, and this, make sense."""
        limits = {
            rule: dict(columns)
            for rule, columns in self._seats.with_session(session)[1].session.limits.items()
        }
        columns = limits.setdefault(command.rule, {})
        if command.value is None:
            columns.pop(command.column, None)
        else:
            columns[command.column] = command.value
        allowed(self._rules, limits)

    def _command(self, session: str, command: Command, by: Person, key: str) -> Seat:
        if not isinstance(command, commands.LogEvent):  # anybody may call help; the desk asks for the rest
            places.allowed(command, by)
        seat, monitor = self._seats.with_session(session)
        moment = self._clock.moment()
        self._voice.say(monitor, monitor.command(command, by, moment, key), moment, keep=True)
        return seat

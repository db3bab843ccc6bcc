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

from kapmonitor import documents
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.nuisance import Label, Nuisance
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.service import Rooms, rooms_of
from kapmonitor.alarms.state import EngineState
from kapmonitor.clinic import places, swaps
from kapmonitor.clinic.books import Books
from kapmonitor.clinic.cuffs import Cuffs
from kapmonitor.clinic.seats import Installed, Seat, Seats
from kapmonitor.clock import Clock
from kapmonitor.documents import Message
from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.model import DeviceData, DeviceReport, Moment, Origin, Route, Waveform
from kapmonitor.monitor import Monitor
from kapmonitor.people import SERVICE, Person, Task
from kapmonitor.ports import Past, Publish, Record
from kapmonitor.session import commands
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.commands import Command, StartSession
from kapmonitor.session.entries import DeviceUsed, Entry, Gap, Opened
from kapmonitor.session.fold import begun
from kapmonitor.session.form import Form
from kapmonitor.session.past import Earlier
from kapmonitor.session.record import Record as SessionRecord
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session, session_id
from kapmonitor.session.view import SessionView, view

logger = logging.getLogger(__name__)

KEPT_S = 600.0
"""For so long after its end a session can be reopened (s)."""

OnEntry = Callable[[Session, Entry], None]
"""Takes each entry of a session as it is made; never blocks."""


def nobody_asks(_session: Session, _entry: Entry) -> None:
    """Where nobody else wants to know of entries."""


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
        self._routes = routes
        self._clock = clock
        self._publish = publish
        self._on_wave = on_wave
        self._publish_waves = publish_waves
        self._record = record
        self._rules_hash = rules_hash
        self._acknowledge_other = acknowledge_other
        self._monitors = monitors
        self._on_entry = on_entry
        self._ended: dict[str, Monitor] = {}
        self._started: dict[str, str] = {}
        self._books = Books(self._known, past, routes, clock, site)
        self._homeless: list[str] = []
        self.cuffs = Cuffs(self._cuff_failed)
        self.failing: set[str] = set()
        self._reachable: bool | None = None

    # What devices say

    def take(self, data: DeviceData) -> None:
        """A device's observations go to the session on its seat; without one they go nowhere."""
        seat, moment = self._seats.of(data.device), self._clock.moment()
        monitor = seat.monitor
        if monitor is None:
            places.pulse_seen(seat, data, moment.at)
            return
        self._say(monitor, monitor.take(data, moment), moment)
        if monitor.accepts(data):
            for one in data.observations:
                if isinstance(one, Waveform):
                    self._on_wave(monitor.session.id, one, moment.at)
                    if self._record is not None:
                        self._record.wave(monitor.session.id, data.device, one, moment)

    def report(self, report: DeviceReport) -> None:
        """A supervisor's word about its device."""
        device = self._seats.devices[report.device]
        device.report = report
        self._publish(places.status(report))
        self._publish_info(device)
        monitor = self._seats.of(report.device).monitor
        if monitor is not None and not device.sleeps_between:
            moment = self._clock.moment()
            self._say(monitor, monitor.report(report, moment), moment)

    async def tick(self) -> None:
        """One second of every open session. What fails in one never costs another its second.

        Between two sessions the loop gets its turn: no alarm waits for the display work of all rooms. So each
        has a moment of its own, since its readings may have come meanwhile, and one that ended is left out.
        """
        for seat in list(self._seats):
            await asyncio.sleep(0)
            moment = self._clock.moment()
            if seat.monitor is None:
                self._all(places.question(seat, moment))
                continue
            monitor = seat.monitor
            try:
                self._say(monitor, monitor.tick(moment), moment, keep=True)
                if self._record is not None:
                    self._record.vitals(monitor.session.id, monitor.values, moment)
                self._use(seat, monitor, moment)
                self.failing.discard(monitor.session.room)
            except Exception:
                self.failing.add(monitor.session.room)
                logger.exception("%s: the monitor failed", monitor.session.id)
        for device in self._seats.devices.values():
            self._publish_info(device)
        self._forget(self._clock.now())

    # What people have done (ports.Commands)

    def start(self, what: StartSession, *, by: Person, key: str = "") -> str:
        """Open a session on a seat that has none."""
        by.must_be_allowed(Task.RUN_SESSION)
        if key and key in self._started:
            return self._started[key]
        seat, moment = self._seats.free(what.room, what.seat), self._clock.moment()
        opened = Opened(
            room=what.room,
            seat=what.seat,
            route=what.route,
            drill=what.drill,
            preset=what.preset,
            arms=what.arms,
            client=what.client,
            therapist=what.therapist,
            rules=self._rules_hash,
        )
        identity = self._unused(session_id(what.room, what.seat, moment))
        session = begun(identity, opened, by, moment, key)
        seat.monitor = self._monitor_of(session, seat)
        if self._record is not None:
            self._record.begin(session, seat.origin)
        self._say(seat.monitor, seat.monitor.begin(moment), moment, keep=True)
        self._all(places.answered(seat))
        self._use(seat, seat.monitor, moment)
        self._tell_reports(seat, seat.monitor, moment)
        if key:
            self._started[key] = identity
        return identity

    async def do(self, session: str, command: Command, *, by: Person, key: str = "") -> None:
        """Carry out what somebody asked of a session; the same `key` twice is done once."""
        match command:
            case commands.EndSession():
                self._end(session, command, by, key)
            case commands.Reopen():
                self._reopen(session, command, by, key)
            case commands.Move():
                self._move(session, command, by, key)
            case commands.SwapDevice():
                self._swap(session, command, by)
            case commands.SwitchOff():
                by.must_be_allowed(Task.SWITCH_OFF)
                self._rules.may_be_off(command.rule)
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
                self._say(monitor, monitor.do(Acknowledge(alarm, seq, by.id), moment), moment, keep=True)
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
        monitor = self._ended.get(session) or self._seats.with_session(session)[1]
        moment = self._clock.moment()
        return view(monitor.session, monitor.around(moment.at), monitor.keeper.due, moment)

    def entries(self, session: str) -> Sequence[Entry]:
        """The record of such a session, in order."""
        monitor = self._ended.get(session) or self._seats.with_session(session)[1]
        return monitor.session.entries

    async def record(self, session: str) -> SessionRecord:
        """The record of a session, open or ended."""
        return await self._books.record(session)

    async def form(self, session: str) -> Form:
        """Its form."""
        return await self._books.form(session)

    async def earlier(self, session: str) -> Sequence[Earlier]:
        """Earlier sessions of the same client."""
        return await self._books.earlier(session)

    async def settled(self) -> None:
        """Wait until what was just done is durable, at most 100 ms."""
        if self._record is not None:
            await self._record.durable()

    # What the rest of the service wants to know

    def session_of(self, device: str) -> str | None:
        """The session that a device measures in now, if there is one."""
        monitor = self._seats.of(device).monitor
        return None if monitor is None else monitor.session.id

    def rooms(self) -> Rooms:
        """The rooms with a session, and where somebody is in danger."""
        return rooms_of((each.session.room, each.engine.state) for each in self._seats.monitors())

    def somebody_answers(self, reachable: bool | None) -> None:  # noqa: FBT001 - that is all it says
        """Whether somebody answers this shift's pages; None: there are no pagers."""
        self._reachable = reachable
        for monitor in self._seats.monitors():
            monitor.keeper.reachable = reachable

    def here(self) -> dict[str, float]:
        """By open session, how long ago (s of the clinic's clock) somebody last said to be there."""
        now = self._clock.now()
        found = ((each.session.id, each.engine.state.here_at) for each in self._seats.monitors())
        return {session: now - at for session, at in found if at is not None}

    def problems(self) -> list[str]:
        """What staff should know of sessions that cannot go on, one or two plain sentences each."""
        return list(self._homeless)

    def restore(self, session: Session, state: EngineState, origin: Origin, away_since: datetime) -> None:
        """Go on with a session that was open when the service went away at `away_since`."""
        seat = self._seats.get(session.room, session.seat)
        if seat is None or seat.monitor is not None:
            self._homeless.append(places.without_seat(session, gone=seat is None))
            logger.error("%s", self._homeless[-1])
            return
        moment = self._clock.moment()
        seat.monitor = self._restored(session, state, origin)
        seat.monitor.keeper.reachable = self._reachable
        gap = Gap(since=away_since, until=moment.utc)
        self._say(seat.monitor, seat.monitor.resume(gap, moment), moment, keep=True)

    def bring_swapped(self, sessions: Iterable[Session]) -> None:
        """Devices that were swapped in these sessions, that are about to go on, are in place again."""
        swaps.bring_again(self._seats, sessions)

    def can_be_reopened(self, session: Session, state: EngineState, origin: Origin) -> None:
        """A session ended within the last minutes before the service went away."""
        self._ended[session.id] = self._restored(session, state, origin)

    # How

    def _restored(self, session: Session, state: EngineState, origin: Origin) -> Monitor:
        key = session.entries[0].key
        if key:
            self._started[key] = session.id
        seat = self._seats.get(session.room, session.seat)
        return self._monitors.restored(
            session,
            state,
            self._rules,
            origin,
            self._routes[session.route],
            cuff=CuffDoing.NONE if seat is None else seat.cuff_doing,
            publish_waves=self._publish_waves,
        )

    def _known(self, session: str) -> Session | None:
        found = [*self._seats.monitors(), *self._ended.values()]
        return next((each.session for each in found if each.session.id == session), None)

    def _kept(self) -> Record:
        if self._record is None:
            raise RefusedError("Nothing is being recorded here.")
        return self._record

    def _command(self, session: str, command: Command, by: Person, key: str) -> Seat:
        if not isinstance(command, commands.LogEvent):  # anybody may call help; the desk asks for the rest
            places.allowed(command, by)
        seat, monitor = self._seats.with_session(session)
        moment = self._clock.moment()
        self._say(monitor, monitor.command(command, by, moment, key), moment, keep=True)
        return seat

    def _end(self, session: str, command: commands.EndSession, by: Person, key: str) -> None:
        by.must_be_allowed(Task.RUN_SESSION)
        if session in self._ended and key and self._ended[session].keeper.known(key):
            return
        seat, monitor = self._seats.with_session(session)
        moment = self._clock.moment()
        self._say(monitor, monitor.command(command, by, moment, key), moment, keep=True)
        seat.monitor = None
        self._ended[session] = monitor
        self._say(monitor, monitor.end(), moment)
        self.cuffs.leave(seat)
        if self._record is not None:
            self._record.end(monitor.session, moment, by.id)

    def _reopen(self, session: str, command: commands.Reopen, by: Person, key: str) -> None:
        by.must_be_allowed(Task.RUN_SESSION)
        monitor = self._ended.get(session)
        if monitor is None:
            raise UnknownError(f"The session {session} is open, or ended more than 10 minutes ago.")
        seat, moment = self._seats.free(monitor.session.room, monitor.session.seat), self._clock.moment()
        messages = monitor.command(command, by, moment, key)
        del self._ended[session]
        seat.monitor = monitor
        if self._record is not None:
            self._record.begin(monitor.session, seat.origin)
        self._say(monitor, [*messages, *monitor.resume(None, moment)], moment, keep=True)
        self._tell_reports(seat, monitor, moment)

    def _move(self, session: str, command: commands.Move, by: Person, key: str) -> None:
        by.must_be_allowed(Task.RUN_SESSION)
        old, monitor = self._seats.with_session(session)
        if monitor.keeper.known(key):
            return
        new = old if (command.room, command.seat) == (old.room, old.name) else None
        new = new or self._seats.free(command.room, command.seat)
        moment = self._clock.moment()
        messages = monitor.command(command, by, moment, key)
        self.cuffs.leave(old)
        old.monitor, new.monitor = None, monitor
        monitor.stand_at(new.cuff_doing)
        self._say(monitor, messages, moment, keep=True)
        self._use(new, monitor, moment)
        self._tell_reports(new, monitor, moment)

    def _swap(self, session: str, command: commands.SwapDevice, by: Person) -> None:
        by.must_be_allowed(Task.RUN_SESSION)
        seat, monitor = self._seats.with_session(session)
        old, new = places.swappable(self._seats, seat, command)
        self._seats.swap(old, new)
        moment = self._clock.moment()
        self._say(monitor, monitor.enter(_used(new, instead_of=old.id), by, moment), moment, keep=True)
        self._tell_reports(seat, monitor, moment)
        for device in (old, new):
            self._publish_info(device)

    def _use(self, seat: Seat, monitor: Monitor, moment: Moment) -> None:
        """Keep which devices measure in this session, and what they turned out to be."""
        for device in seat.devices:
            known = monitor.session.devices.get(device.id)
            used = _used(device, instead_of=known.instead_of if known else "")
            if known is None or _tells_more(used, known):
                self._say(monitor, monitor.enter(used, SERVICE, moment), moment, keep=True)

    def _tell_reports(self, seat: Seat, monitor: Monitor, moment: Moment) -> None:
        for device in seat.devices:
            if device.report is not None and not device.sleeps_between:
                self._say(monitor, monitor.report(device.report, moment), moment)

    def _monitor_of(self, session: Session, seat: Seat) -> Monitor:
        monitor = self._monitors(
            session,
            self._rules,
            seat.origin,
            self._routes[session.route],
            cuff=seat.cuff_doing,
            publish_waves=self._publish_waves,
        )
        monitor.keeper.reachable = self._reachable
        return monitor

    def _cuff_failed(self, seat: Seat, reason: str) -> None:
        if seat.monitor is not None:
            moment = self._clock.moment()
            self._say(seat.monitor, seat.monitor.cuff_failed(reason, moment), moment, keep=True)

    def _say(
        self, monitor: Monitor, messages: Iterable[Message], moment: Moment, *, keep: bool = False
    ) -> None:
        """Publish, then keep: an alarm does not wait for a disk. `keep`: the state too has changed."""
        self._all(messages)
        transitions, entries = monitor.drain(), monitor.keeper.drain()
        if self._record is not None and (transitions or entries or keep):
            self._record.save(monitor.session, monitor.engine.state, transitions, entries, moment)
        for entry in entries:
            self._on_entry(monitor.session, entry)
        orders = monitor.orders()
        seat = self._seats.get(monitor.session.room, monitor.session.seat)
        if orders and seat is not None:
            self.cuffs.give(seat, orders)

    def _all(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._publish(message)

    def _forget(self, now: float) -> None:
        over = [
            name
            for name, each in self._ended.items()
            if each.session.ended and now - each.session.ended[0].at > KEPT_S
        ]
        for name in over:
            del self._ended[name]
            if self._record is not None:
                self._record.forget(name)

    def _unused(self, identity: str) -> str:
        taken = {monitor.session.id for monitor in self._seats.monitors()} | set(self._ended)
        number = 2
        found = identity
        while found in taken:
            found, number = f"{identity}-{number}", number + 1
        return found

    def _publish_info(self, device: Installed) -> None:
        info = places.info(device)
        if info != device.published:
            device.published = info
            self._publish(documents.device_info(device.id, info))


def _tells_more(used: DeviceUsed, known: DeviceUsed) -> bool:
    """Whether something is known now that the record does not have; of the battery, the first charge only."""
    battery = used.battery if known.battery is None else known.battery
    return msgspec.structs.replace(used, battery=battery) != known


def _used(device: Installed, instead_of: str = "") -> DeviceUsed:
    return DeviceUsed(
        device=device.id,
        device_kind=device.driver.kind,
        driver=device.driver_name,
        model=device.driver.model,
        serial=device.driver.serial_number,
        firmware=device.driver.firmware,
        battery=device.driver.battery,
        origin=device.origin(),
        instead_of=instead_of,
    )

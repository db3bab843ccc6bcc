"""The clinic as it runs: seats, their devices, the monitors of open sessions, and what people may have done.

A shell around the pure monitors: it gives them moments, hands on what they say, and knows nothing of where
that goes. Commands come from known people and take effect at once, or are refused whole.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from kapmonitor import documents
from kapmonitor.alarms.inputs import Acknowledge, Command, Here, Interrupt, PauseAudio, SwitchOff
from kapmonitor.alarms.nuisance import Label, Nuisance
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.service import Rooms, rooms_of
from kapmonitor.alarms.state import EngineState
from kapmonitor.clock import Clock
from kapmonitor.device import AnyDriver, CuffDriver
from kapmonitor.documents import Message
from kapmonitor.errors import RefusedError
from kapmonitor.model import (
    DeviceData,
    DeviceKind,
    DeviceReport,
    DeviceState,
    Happened,
    Moment,
    Origin,
    Phase,
    Route,
    Waveform,
)
from kapmonitor.monitor import Monitor
from kapmonitor.people import Person, Task
from kapmonitor.ports import Publish, Record
from kapmonitor.session.session import Session, session_id
from kapmonitor.session.timetable import RouteTable

logger = logging.getLogger(__name__)

LONGEST_INTERRUPTION_MIN = 10

OnWave = Callable[[str, Waveform, float], None]
"""Takes a session, samples and the time of arrival (monotonic s), for eyes only; never blocks."""

_LOGS = {"help": Task.CALL_HELP, "dose": Task.DOSE}
_EARLY = frozenset({Phase.ONSET, Phase.PEAK})

_STATUS: dict[DeviceState, documents.Status] = {
    DeviceState.LIVE: documents.STATUS_ONLINE,
    DeviceState.STALE: documents.STATUS_DEGRADED,
}


@dataclass(slots=True)
class Installed:
    """One configured device: where it belongs, its driver, and what its supervisor said last."""

    id: str
    room: str
    seat: str
    driver_name: str
    driver: AnyDriver
    origin: Callable[[], Origin]
    report: DeviceReport | None = None
    published: documents.DeviceInfo | None = None


@dataclass(slots=True)
class Seat:
    """One place where a session can be: its devices, and the monitor of its open session."""

    room: str
    name: str
    devices: list[Installed] = field(default_factory=list[Installed])
    monitor: Monitor | None = None


class Clinic:
    """All seats of a site. Implements `kapmonitor.ports.Commands`."""

    def __init__(
        self,
        seats: Iterable[tuple[str, str]],
        devices: Iterable[Installed],
        rules: RuleSet,
        clock: Clock,
        publish: Publish,
        on_wave: OnWave,
        *,
        record: Record | None = None,
        rules_hash: str = "",
        routes: Mapping[Route, RouteTable] | None = None,
        publish_waves: bool = False,
        acknowledge_other: Callable[[str, int, str], bool] | None = None,
    ) -> None:
        """`seats` are (room, seat) in the order of the configuration; every device's seat is one of them.

        `acknowledge_other` takes (alarm, seq, by) of an alarm of no session, and says whether it has it.
        """
        self._seats = {(room, name): Seat(room, name) for room, name in seats}
        self._devices = {device.id: device for device in devices}
        for device in self._devices.values():
            self._seats[device.room, device.seat].devices.append(device)
        self._rules = rules
        self._clock = clock
        self._publish = publish
        self._on_wave = on_wave
        self._publish_waves = publish_waves
        self._routes = routes or {}
        self._record = record
        self._rules_hash = rules_hash
        self._acknowledge_other = acknowledge_other
        self.failing: set[str] = set()

    # What devices say

    def take(self, data: DeviceData) -> None:
        """A device's observations go to the session on its seat; without one they go nowhere."""
        monitor = self._seat_of(data.device).monitor
        if monitor is None:
            return
        moment = self._clock.moment()
        self._say(monitor, monitor.take(data, moment), moment)
        if monitor.accepts(data):
            for one in data.observations:
                if isinstance(one, Waveform):
                    self._on_wave(monitor.session.id, one, moment.at)

    def report(self, report: DeviceReport) -> None:
        """A supervisor's word about its device."""
        self._devices[report.device].report = report
        self._publish(
            documents.device_status(report.device, _STATUS.get(report.state, documents.STATUS_OFFLINE))
        )
        self._publish_info(self._devices[report.device])
        monitor = self._seat_of(report.device).monitor
        if monitor is not None and not _sleeps_between(self._devices[report.device].driver):
            moment = self._clock.moment()
            self._say(monitor, monitor.report(report, moment), moment)

    async def tick(self) -> None:
        """One second of every open session. What fails in one never costs another its second.

        Between two sessions the loop gets its turn: no alarm waits for the display work of all rooms. So each
        has a moment of its own, since its readings may have come meanwhile, and one that ended is left out.
        """
        for monitor in self._monitors():
            await asyncio.sleep(0)
            if self._seats[monitor.session.room, monitor.session.seat].monitor is not monitor:
                continue
            moment = self._clock.moment()
            try:
                self._say(monitor, monitor.tick(moment), moment, keep=True)
                self.failing.discard(monitor.session.room)
            except Exception:
                self.failing.add(monitor.session.room)
                logger.exception("%s: the monitor failed", monitor.session.id)
        for device in self._devices.values():
            self._publish_info(device)

    # What people have done (ports.Commands)

    def start_session(self, room: str, seat: str, route: Route, *, drill: bool, by: Person) -> str:
        """Open a session on a seat that has none."""
        by.must_be_allowed(Task.RUN_SESSION)
        place = self._seats.get((room, seat))
        if place is None:
            raise RefusedError(f"There is no seat {seat} in {room}; choose one of {self._places()}.")
        if place.monitor is not None:
            raise RefusedError(f"{room} has an open session, {place.monitor.session.id}; end that one first.")
        moment = self._clock.moment()
        # Screening and baseline come with the session workflow; until then monitoring starts at once.
        session = Session(
            session_id(room, seat, moment), room, seat, route, drill, moment, by.id, Phase.READY
        )
        place.monitor = Monitor(
            session,
            self._rules,
            _origin(place.devices),
            table=self._routes.get(route),
            publish_waves=self._publish_waves,
        )
        if self._record is not None:
            self._record.begin(session, _origin(place.devices), self._rules_hash)
        self._say(place.monitor, place.monitor.begin(moment), moment, keep=True)
        for device in place.devices:
            if device.report is not None and not _sleeps_between(device.driver):
                self._say(place.monitor, place.monitor.report(device.report, moment), moment)
        return session.id

    def restore(self, session: Session, state: EngineState, origin: Origin) -> None:
        """Go on with a session that was open when the service went away."""
        place = self._seats.get((session.room, session.seat))
        if place is None or place.monitor is not None:
            logger.error("%s: its seat is gone or taken; it cannot go on", session.id)
            return
        moment = self._clock.moment()
        place.monitor = Monitor.restored(
            session,
            state,
            self._rules,
            origin,
            table=self._routes.get(session.route),
            publish_waves=self._publish_waves,
        )
        self._say(place.monitor, place.monitor.resume(moment), moment, keep=True)

    def set_phase(self, session: str, phase: Phase, *, by: Person) -> None:
        """Move a session on."""
        by.must_be_allowed(Task.RUN_SESSION)
        monitor, moment = self._monitor(session), self._clock.moment()
        self._say(monitor, monitor.set_phase(phase, moment), moment, keep=True)

    def end_session(self, session: str, *, by: Person) -> None:
        """Close a session; its seat is free."""
        by.must_be_allowed(Task.RUN_SESSION)
        monitor, moment = self._monitor(session), self._clock.moment()
        self._seats[monitor.session.room, monitor.session.seat].monitor = None
        self._say(monitor, monitor.end(), moment)
        if self._record is not None:
            self._record.end(monitor.session, moment, by.id)

    def acknowledge(self, alarm: str, seq: int, *, by: Person) -> None:
        """Acknowledge an alarm as it was at `seq`."""
        by.must_be_allowed(Task.ACKNOWLEDGE)
        for monitor in self._monitors():
            if alarm.startswith(f"{monitor.session.id}-"):
                self._do(monitor.session.id, Acknowledge(alarm, seq, by.id))
                return
        other = self._acknowledge_other
        if other is None or not other(alarm, seq, by.id):
            raise RefusedError(f"The alarm {alarm} belongs to no open session.")

    async def label(self, alarm: str, label: Label, *, by: Person) -> None:
        """What an alarm was, of an open or an ended session."""
        by.must_be_allowed(Task.LABEL)
        record = self._kept()
        if not await record.knows(alarm):
            raise RefusedError(f"The record has no alarm {alarm}.")
        record.label(alarm, label, by.id, self._clock.moment())

    async def nuisance(self, days: int) -> Nuisance:
        """What the alarms of the last `days` were worth."""
        return await self._kept().nuisance(days, self._clock.utc())

    def _kept(self) -> Record:
        if self._record is None:
            raise RefusedError("Nothing is being recorded here.")
        return self._record

    def rooms(self) -> Rooms:
        """The rooms with a session, and where somebody is in danger."""
        return rooms_of((each.session.room, each.engine.state) for each in self._monitors())

    def here(self, session: str, *, by: Person) -> None:
        """Somebody is with the patient."""
        by.must_be_allowed(Task.ATTEND)
        self._do(session, Here(by.id))

    def log(self, session: str, happened: Happened, *, by: Person) -> None:
        """Something happened, or is over."""
        by.must_be_allowed(_LOGS.get(happened.kind, Task.LOG))
        self._do(session, happened)

    def pause_audio(self, session: str, *, by: Person) -> None:
        """Sounds off for two minutes, or until something new."""
        by.must_be_allowed(Task.PAUSE_AUDIO)
        self._do(session, PauseAudio(by.id))

    def interrupt(self, session: str, minutes: float, *, by: Person) -> None:
        """The sensors come off on purpose, with somebody beside the patient."""
        by.must_be_allowed(Task.INTERRUPT)
        if not 0 < minutes <= LONGEST_INTERRUPTION_MIN:
            most = LONGEST_INTERRUPTION_MIN
            raise RefusedError(f"An interruption lasts at most {most} minutes, not {minutes:g}.")
        if self._monitor(session).session.phase in _EARLY:
            by.must_be_allowed(Task.INTERRUPT_EARLY)
        self._do(session, Interrupt(by.id, minutes))

    def switch_off(self, session: str, rule: str, reason: str, *, by: Person) -> None:
        """One rule is off until the session ends, for a reason; an empty reason switches it on again."""
        by.must_be_allowed(Task.SWITCH_OFF)
        found = next((each for each in self._rules.rules if each.rule == rule), None)
        if found is None:
            raise RefusedError(f"There is no rule {rule}.")
        if found.needs_here:
            remedy = "Go to the patient and say that you are there."
            raise RefusedError(f"{rule} can never be switched off: nothing else tells of it. {remedy}")
        self._do(session, SwitchOff(rule, by.id, reason.strip()))

    async def start_cuff(self, session: str, *, by: Person) -> None:
        """Start the seat's cuff now."""
        by.must_be_allowed(Task.MEASURE)
        await self._cuff(session).start(by.id)

    async def stop_cuff(self, session: str, *, by: Person) -> None:
        """Let the pressure out at once."""
        by.must_be_allowed(Task.STOP_CUFF)
        await self._cuff(session).stop()

    # Where things are

    def _do(self, session: str, what: Command | Happened) -> None:
        monitor, moment = self._monitor(session), self._clock.moment()
        self._say(monitor, monitor.do(what, moment), moment, keep=True)

    def _say(
        self, monitor: Monitor, messages: Iterable[Message], moment: Moment, *, keep: bool = False
    ) -> None:
        """Publish, then keep: an alarm does not wait for a disk. `keep`: the state too has changed."""
        for message in messages:
            self._publish(message)
        transitions = monitor.drain()
        if self._record is not None and (transitions or keep):
            self._record.save(monitor.session, monitor.engine.state, transitions, moment)

    async def settled(self) -> None:
        """Wait until what was just done is durable, at most 100 ms."""
        if self._record is not None:
            await self._record.durable()

    def _seat_of(self, device: str) -> Seat:
        installed = self._devices[device]
        return self._seats[installed.room, installed.seat]

    def _monitors(self) -> list[Monitor]:
        return [seat.monitor for seat in self._seats.values() if seat.monitor is not None]

    def _monitor(self, session: str) -> Monitor:
        for monitor in self._monitors():
            if monitor.session.id == session:
                return monitor
        raise RefusedError(f"There is no open session {session}.")

    def _places(self) -> str:
        return ", ".join(f"{room}/{seat}" for room, seat in self._seats)

    def _cuff(self, session: str) -> CuffDriver[object]:
        monitor = self._monitor(session)
        place = self._seats[monitor.session.room, monitor.session.seat]
        for device in place.devices:
            if device.driver.kind is DeviceKind.CUFF and isinstance(device.driver, CuffDriver):
                if not device.driver.startable:
                    raise RefusedError(f"The cuff {device.id} can only be started at the cuff itself.")
                return device.driver
        raise RefusedError(f"{place.room} has no cuff; add one to the configuration.")

    def _publish_info(self, device: Installed) -> None:
        """Publish what a device is, when it has changed."""
        report = device.report
        info = documents.DeviceInfo(
            origin=device.origin(),
            driver=device.driver_name,
            kind=device.driver.kind,
            model=device.driver.model,
            room=device.room,
            seat=device.seat,
            battery=device.driver.battery,
            text=report.text if report else "",
            advice=report.advice if report else "",
        )
        if info != device.published:
            device.published = info
            self._publish(documents.device_info(device.id, info))


def _sleeps_between(driver: AnyDriver) -> bool:
    """A cuff that only a person starts goes off the air after each measurement; that is no fault."""
    return isinstance(driver, CuffDriver) and not driver.startable


def _origin(devices: Iterable[Installed]) -> Origin:
    """One simulated device makes a session simulated."""
    found = {device.origin() for device in devices}
    return Origin.SIMULATED if Origin.SIMULATED in found else Origin.LIVE

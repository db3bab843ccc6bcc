"""Which session is on which seat: started, ended, opened again, moved, restored; and its devices."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from kapmonitor.alarms.state import EngineState
from kapmonitor.clinic import places, swaps
from kapmonitor.clinic.monitors import Monitors
from kapmonitor.clinic.seats import Seat, Seats
from kapmonitor.clinic.used import tells_more, used_device
from kapmonitor.clinic.voice import Voice
from kapmonitor.clock import Clock
from kapmonitor.errors import UnknownError
from kapmonitor.model import Moment, Origin
from kapmonitor.monitor import Monitor
from kapmonitor.people import SERVICE, Person, Task
from kapmonitor.ports import Record
from kapmonitor.session import commands
from kapmonitor.session.commands import StartSession
from kapmonitor.session.entries import Gap, Opened
from kapmonitor.session.fold import begun
from kapmonitor.session.session import Session, session_id

logger = logging.getLogger(__name__)

KEPT_S = 600.0
"""For so long after its end a session can be reopened (s)."""


class Seating:
    """Sessions come and go. Every change is by a known person, takes effect at once, or is refused whole."""

    def __init__(
        self,
        seats: Seats,
        monitors: Monitors,
        voice: Voice,
        clock: Clock,
        record: Record | None,
        rules_hash: str,
    ) -> None:
        """`rules_hash`: of the limits that new sessions have."""
        self._seats = seats
        self._monitors = monitors
        self._voice = voice
        self._clock = clock
        self._record = record
        self._rules_hash = rules_hash
        self._ended: dict[str, Monitor] = {}
        self._started: dict[str, str] = {}
        self.homeless: list[str] = []
        """Sessions that cannot go on, one or two plain sentences each."""

    def monitor(self, session: str) -> Monitor:
        """Of an open session, or one that ended within the last minutes.

        Raises:
            UnknownError: there is none.
        """
        return self._ended.get(session) or self._seats.with_session(session)[1]

    def known(self, session: str) -> Session | None:
        """A session that is in memory."""
        found = [*self._seats.monitors(), *self._ended.values()]
        return next((each.session for each in found if each.session.id == session), None)

    def start(self, what: StartSession, by: Person, key: str) -> str:
        """Open a session on a seat that has none; its id."""
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
        monitor = self._monitors.new(begun(identity, opened, by, moment, key), seat)
        seat.monitor = monitor
        if self._record is not None:
            self._record.begin(monitor.session, seat.origin)
        self._voice.say(monitor, monitor.begin(moment), moment, keep=True)
        self._voice.publish(places.answered(seat))
        self.use(seat, monitor, moment)
        self._tell_reports(seat, monitor, moment)
        if key:
            self._started[key] = identity
        return identity

    def end(self, session: str, command: commands.EndSession, by: Person, key: str) -> None:
        """The session is over; for some minutes it can be opened again."""
        by.must_be_allowed(Task.RUN_SESSION)
        if session in self._ended and key and self._ended[session].keeper.known(key):
            return
        seat, monitor = self._seats.with_session(session)
        moment = self._clock.moment()
        self._voice.say(monitor, monitor.command(command, by, moment, key), moment, keep=True)
        seat.monitor = None
        self._ended[session] = monitor
        self._voice.say(monitor, monitor.end(), moment)
        self._voice.cuffs.leave(seat)
        if self._record is not None:
            self._record.end(monitor.session, moment, by.id)

    def reopen(self, session: str, command: commands.Reopen, by: Person, key: str) -> None:
        """It was ended too early: go on with it where it was."""
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
        self._voice.say(monitor, [*messages, *monitor.resume(None, moment)], moment, keep=True)
        self._tell_reports(seat, monitor, moment)

    def move(self, session: str, command: commands.Move, by: Person, key: str) -> None:
        """The patient goes to another seat, and the session with them."""
        by.must_be_allowed(Task.RUN_SESSION)
        old, monitor = self._seats.with_session(session)
        if monitor.keeper.known(key):
            return
        new = old if (command.room, command.seat) == (old.room, old.name) else None
        new = new or self._seats.free(command.room, command.seat)
        moment = self._clock.moment()
        messages = monitor.command(command, by, moment, key)
        self._voice.cuffs.leave(old)
        old.monitor, new.monitor = None, monitor
        monitor.stand_at(new.cuff_doing)
        self._voice.say(monitor, messages, moment, keep=True)
        self.use(new, monitor, moment)
        self._tell_reports(new, monitor, moment)

    def swap(self, session: str, command: commands.SwapDevice, by: Person) -> None:
        """Another device of the same kind takes the place of one of this session's."""
        by.must_be_allowed(Task.RUN_SESSION)
        seat, monitor = self._seats.with_session(session)
        old, new = places.swappable(self._seats, seat, command)
        self._seats.swap(old, new)
        moment = self._clock.moment()
        said = monitor.enter(used_device(new, instead_of=old.id), by, moment)
        self._voice.say(monitor, said, moment, keep=True)
        self._tell_reports(seat, monitor, moment)
        for device in (old, new):
            self._voice.publish_info(device)

    def use(self, seat: Seat, monitor: Monitor, moment: Moment) -> None:
        """Keep which devices measure in this session, and what they turned out to be."""
        for device in seat.devices:
            known = monitor.session.devices.get(device.id)
            used = used_device(device, instead_of=known.instead_of if known else "")
            if known is None or tells_more(used, known):
                self._voice.say(monitor, monitor.enter(used, SERVICE, moment), moment, keep=True)

    def restore(self, session: Session, state: EngineState, origin: Origin, away_since: datetime) -> None:
        """Go on with a session that was open when the service went away at `away_since`."""
        seat = self._seats.get(session.room, session.seat)
        if seat is None or seat.monitor is not None:
            self.homeless.append(places.without_seat(session, gone=seat is None))
            logger.error("%s", self.homeless[-1])
            return
        moment = self._clock.moment()
        seat.monitor = self._restored(session, state, origin)
        gap = Gap(since=away_since, until=moment.utc)
        self._voice.say(seat.monitor, seat.monitor.resume(gap, moment), moment, keep=True)

    def can_be_reopened(self, session: Session, state: EngineState, origin: Origin) -> None:
        """A session ended within the last minutes before the service went away."""
        self._ended[session.id] = self._restored(session, state, origin)

    def bring_swapped(self, sessions: Iterable[Session]) -> None:
        """Devices that were swapped in these sessions, that are about to go on, are in place again."""
        swaps.bring_again(self._seats, sessions)

    def forget(self, now: float) -> None:
        """Let go of sessions that ended too long ago to be opened again."""
        over = [
            name
            for name, each in self._ended.items()
            if each.session.ended and now - each.session.ended[0].at > KEPT_S
        ]
        for name in over:
            del self._ended[name]
            if self._record is not None:
                self._record.forget(name)

    def _restored(self, session: Session, state: EngineState, origin: Origin) -> Monitor:
        key = session.entries[0].key
        if key:
            self._started[key] = session.id
        seat = self._seats.get(session.room, session.seat)
        return self._monitors.restored(session, state, origin, seat)

    def _tell_reports(self, seat: Seat, monitor: Monitor, moment: Moment) -> None:
        for device in seat.devices:
            if device.report is not None and not device.sleeps_between:
                self._voice.say(monitor, monitor.report(device.report, moment), moment)

    def _unused(self, identity: str) -> str:
        taken = {monitor.session.id for monitor in self._seats.monitors()} | set(self._ended)
        number = 2
        found = identity
        while found in taken:
            found, number = f"{identity}-{number}", number + 1
        return found

"""One running site: devices, monitors, broker and dashboard, joined by one function: `publish`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping

from kapmonitor.alarms.announce import Whose
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.service import Problem
from kapmonitor.alarms.shown import shown_limits
from kapmonitor.app.caretaker import Caretaker
from kapmonitor.app.equipment import install, supervise
from kapmonitor.app.limits import LimitSet, rules_of
from kapmonitor.app.pagers import Pagers
from kapmonitor.app.room_calls import RoomCalls
from kapmonitor.app.site_desk import SiteDesk
from kapmonitor.board import Board, Room, RoomDevice
from kapmonitor.clinic import KEPT_S, Clinic, OnEntry, nobody_asks
from kapmonitor.clock import Clock
from kapmonitor.config import Config, Dashboard, Site
from kapmonitor.documents import Message
from kapmonitor.errors import ConfigError
from kapmonitor.flight.monitor import flown
from kapmonitor.flight.recorder import FlightRecorder
from kapmonitor.model import Moment, Origin, Route, Waveform
from kapmonitor.monitor import Monitor
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.notify import Notifier
from kapmonitor.report.reports import Reports
from kapmonitor.session.routes import RouteTable
from kapmonitor.storage.record import Record
from kapmonitor.transports.ble import BleAdapter
from kapmonitor.web import Access, Displays, LiveFeed, Tls, Watch, create_app, serve

TICK_LATE_S = 5.0
"""Alarm engines that have not been driven for this long (s, real time) are not monitoring."""


class Pulse:
    """Whether the alarm engines are driven, and what else staff should know. Implements `ports.Health`."""

    def __init__(self, elsewhere: Callable[[], list[str]]) -> None:
        """`elsewhere`: what other parts say of themselves."""
        self.beat_at = time.monotonic()
        self._elsewhere = elsewhere

    def monitoring(self) -> bool:
        """Whether the last second was judged within the last few."""
        return time.monotonic() - self.beat_at < TICK_LATE_S

    def problems(self) -> list[str]:
        """What is wrong, the worst first."""
        found = self._elsewhere()
        if not self.monitoring():
            late = time.monotonic() - self.beat_at
            found.insert(
                0, f"Nothing was judged for {late:.0f} s. Look after the patients; restart kapmonitor."
            )
        return found


class Service:
    """Everything that runs for one site. Build it, then `run()` it."""

    def __init__(
        self,
        config: Config,
        limits: LimitSet,
        routes: Mapping[Route, RouteTable],
        clock: Clock,
        *,
        servers: list[str],
        client: str | None = None,
        access: Access,
        displays: Displays | None = None,
        adapter: BleAdapter,
        record: Record | None = None,
        recorder: FlightRecorder | None = None,
        notifier: Notifier | None = None,
        metrics_token: str | None = None,
        on_entry: OnEntry = nobody_asks,
    ) -> None:
        """`servers`: MQTT URLs with their passwords, which are never logged; `metrics_token`: likewise.

        `client`: the MQTT client id under which brokers keep what pagers say while the service is away.
        """
        installed = install(config, clock)
        simulated = any(each.origin() is Origin.SIMULATED for each in installed)
        self.pulse = Pulse(
            lambda: [
                *self.clinic.problems(),
                *self.publisher.problems(),
                *(record.problems() if record else ()),
                *self.site.problems(),
            ]
        )
        origin = Origin.SIMULATED if simulated else Origin.LIVE
        self.pagers = Pagers(config.pagers, self._out, self._here, origin=origin, record=record)
        self.publisher = Publisher(
            servers,
            config.site.id,
            origin=origin,
            listener=self.pagers if config.pagers else None,
            client=client if config.pagers else None,
            allow_plain=config.mqtt.allow_plain,
            home_assistant=config.mqtt.home_assistant,
            alive=self.pulse.monitoring,
            chain=record.past.head if record else lambda: "",
        )
        whose = Whose(origin=origin, drill=simulated)
        self._caretaker = Caretaker(config.site.id, whose, clock.moment())
        self._notifier = notifier or Notifier({})
        board = Board(
            _rooms(config, {each.id: each.driver.kind for each in installed}), shown_limits(limits.rules)
        )
        self.feed = LiveFeed(
            board,
            clock,
            self.pulse,
            site=config.site.id,
            simulated=simulated,
            timezone=config.site.timezone,
        )
        seats = [(room.id, seat) for room in config.rooms for seat in room.seats]
        self.clinic = Clinic(
            seats,
            installed,
            limits.rules,
            routes,
            clock,
            self.publish,
            self._wave,
            record=record,
            past=None if record is None else record.past,
            site=config.site.id,
            rules_hash=limits.hash,
            publish_waves=config.mqtt.waveforms,
            acknowledge_other=self._acknowledge_own,
            monitors=Monitor if recorder is None else flown(recorder),
            on_entry=on_entry,
        )
        self.site = SiteDesk(self.clinic, self.publisher, limits, clock, self.pagers.reachable, record)
        if recorder is not None:
            recorder.session_of = self.clinic.session_of
            self.clinic.cuffs.ordered = recorder.ordered
        self._supervisors = supervise(config, installed, self.clinic, clock, adapter, recorder)
        self._watch = Watch(self.feed.screens, self.pagers.anybody_online)
        calls = RoomCalls(
            self._caretaker, clock, self.publish, self._keep_own, None if record is None else record.audit
        )
        self._web = create_app(
            self.feed,
            self.clinic,
            access,
            pagers=self.pagers,
            phones=self.pagers.phones,
            reports=None if record is None else self._reports(config.site, limits, routes, clock, record),
            past=None if record is None else record.past,
            site=self.site,
            calls=calls,
            audit=None if record is None else record.audit,
            trail=None if record is None else record.audit,
            displays=displays,
            https=config.dashboard.secure,
            authority=_authority(config.dashboard),
            hosts=config.dashboard.names,
            metrics_token=metrics_token,
        )
        self._bind = config.dashboard.bind
        self._proxies = config.dashboard.proxies
        tls = config.dashboard.tls
        self._tls = None if tls is None else Tls(tls.certificate, tls.key)
        self._clock = clock
        self._site = config.site.id
        self._record = record
        self._keep_waveforms_days = config.storage.keep_waveforms_days

    def _reports(
        self, site: Site, limits: LimitSet, routes: Mapping[Route, RouteTable], clock: Clock, record: Record
    ) -> Reports:
        async def then(digested: str) -> RuleSet | None:
            return await rules_of(digested, limits, record)

        return Reports(record.past, then, routes, clock, record.audit, site=site.id, zone=site.zone)

    def publish(self, message: Message) -> None:
        """The one way out: to the pagers, to the broker and to the screens."""
        self._out(self.pagers.seen(message))
        self.pagers.flush()

    def _out(self, message: Message) -> None:
        self.publisher.publish(message)
        self.feed.message(message)

    def _here(self) -> dict[str, float]:
        """In real time, which is what people on their way have."""
        return {session: ago / self._clock.speed for session, ago in self.clinic.here().items()}

    async def restore(self) -> None:
        """Go on with the sessions that were open when the service went away, and with its own alarms."""
        if self._record is None:
            return
        await self.pagers.restore()
        moment = self._clock.moment()
        kept = await self._record.service_alarms(self._site, moment)
        for message in () if kept is None else self._caretaker.resume(kept, moment):
            self.publish(message)
        found = await self._record.open_sessions(moment)
        self.clinic.bring_swapped(each.session for each in found)
        for each in await self._record.ended_sessions(moment, KEPT_S):
            self.clinic.can_be_reopened(each.session, each.state, each.origin)
        for each in found:
            self.clinic.restore(each.session, each.state, each.origin, each.away_since)

    async def run(self, ready: Callable[[str], None]) -> None:
        """Run until cancelled; `ready` gets the dashboard's address.

        Raises:
            KapmonitorError: a part that nothing works without cannot start.
        """

        def answers(address: str) -> None:
            self._notifier.ready()
            ready(address)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.publisher.run(), name="mqtt")
            serving = serve(self._web, self._bind, ready=answers, tls=self._tls, proxies=self._proxies)
            tasks.create_task(serving, name="web")
            tasks.create_task(self.pagers.run(), name="pagers")
            tasks.create_task(self._drive(), name="clinic")
            if self._record is not None:
                keeping = self._record.housekeeping.run(self._keep_waveforms_days)
                tasks.create_task(keeping, name="housekeeping")
            for supervisor in self._supervisors:
                tasks.create_task(supervisor.run(), name=supervisor.device)

    async def _drive(self) -> None:
        """Tick the clinic, and take note that it was ticked."""
        due = self._clock.now()
        while True:
            due = max(due + 1.0, self._clock.now())  # after a stall: no burst of ticks to catch up
            await self._clock.sleep(due - self._clock.now())
            late_s = (self._clock.now() - due) / self._clock.speed
            self.clinic.somebody_answers(self.pagers.reachable())
            await self.clinic.tick()
            self.pulse.beat_at = time.monotonic()
            self._notifier.alive()
            moment, rooms = self._clock.moment(), self.clinic.rooms()
            for message in self._caretaker.second(moment, late_s, self._troubles(), rooms):
                self.publish(message)
            self._keep_own(moment)

    def _troubles(self) -> Iterator[Problem]:
        """What is wrong with the parts that all rooms share."""
        if not self.publisher.connected:
            yield Problem("broker-lost", " ".join(self.publisher.problems()))
        if self._record is not None and self._record.stopped is not None:
            yield Problem("recording-stopped", self._record.stopped)
        for each in self.pagers.troubles():
            yield Problem(each.alarm, each.detail, each.rooms)
        if self.clinic.failing:
            yield Problem("not-monitoring", "their monitor failed", tuple(sorted(self.clinic.failing)))
        yield from self._watch.problems(self.clinic.rooms())

    def _acknowledge_own(self, alarm: str, seq: int, by: str) -> bool:
        if not self._caretaker.owns(alarm):
            return False
        moment = self._clock.moment()
        for message in self._caretaker.acknowledge(alarm, seq, moment, by=by):
            self.publish(message)
        self._keep_own(moment)
        return True

    def _keep_own(self, moment: Moment) -> None:
        state = self._caretaker.to_keep()
        if self._record is not None and state is not None:
            self._record.save_service(self._site, state, moment)

    def _wave(self, session: str, wave: Waveform, at: float) -> None:
        started = at - len(wave.values) / wave.rate_hz
        self.feed.wave(session, wave.quantity, wave.values, wave.rate_hz, started)


def _authority(dashboard: Dashboard) -> bytes | None:
    """Who signed the dashboard's certificate, for phones that do not trust it yet."""
    path = None if dashboard.tls is None else dashboard.tls.authority
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise ConfigError([f"dashboard.tls.authority: {path} cannot be read ({error.strerror})"]) from None


def _rooms(config: Config, kinds: dict[str, str]) -> list[Room]:
    return [
        Room(room.id, room.seats, [RoomDevice(each.id, kinds[each.id], each.seat) for each in room.devices])
        for room in config.rooms
    ]

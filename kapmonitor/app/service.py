"""One running site: devices, monitors, broker and dashboard, joined by one function: `publish`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping

from fastapi import FastAPI

from kapmonitor.alarms.announce import Whose
from kapmonitor.alarms.service import Problem
from kapmonitor.app.dashboard import authority_of, feed_of, reports_of, tls_of
from kapmonitor.app.equipment import install, supervise
from kapmonitor.app.limits import LimitSet
from kapmonitor.app.own_alarms import OwnAlarms
from kapmonitor.app.pagers import Pagers
from kapmonitor.app.pulse import Pulse
from kapmonitor.app.site_desk import SiteDesk
from kapmonitor.clinic import KEPT_S, Clinic, Installed, OnEntry, nobody_asks
from kapmonitor.clock import Clock
from kapmonitor.config import Config
from kapmonitor.documents import Message
from kapmonitor.flight.monitor import flown
from kapmonitor.flight.recorder import FlightRecorder
from kapmonitor.model import Origin, Route, Waveform
from kapmonitor.monitor import Monitor
from kapmonitor.mqtt.publisher import Publisher
from kapmonitor.notify import Notifier
from kapmonitor.report.reports import Reports
from kapmonitor.session.routes import RouteTable
from kapmonitor.storage.record import Record
from kapmonitor.transports.ble import BleAdapter
from kapmonitor.web import Access, Displays, Watch, create_app, serve


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
        self._config, self._clock, self._record = config, clock, record
        self._notifier = notifier or Notifier({})
        installed = install(config, clock)
        simulated = any(each.origin() is Origin.SIMULATED for each in installed)
        origin = Origin.SIMULATED if simulated else Origin.LIVE
        self.pulse = Pulse(self._problems)
        self.pagers = Pagers(config.pagers, self._out, self._here, origin=origin, record=record)
        self.publisher = self._publisher_to(servers, client, origin)
        whose = Whose(origin=origin, drill=simulated)
        self._own = OwnAlarms(config.site.id, whose, clock, self.publish, record)
        self.feed = feed_of(config, installed, limits, clock, self.pulse, simulated=simulated)
        self.clinic = self._clinic_of(installed, limits, routes, recorder, on_entry)
        self.site = SiteDesk(self.clinic, self.publisher, limits, clock, self.pagers.reachable, record)
        self._supervisors = supervise(config, installed, self.clinic, clock, adapter, recorder)
        self._watch = Watch(self.feed.screens, self.pagers.anybody_online)
        reports = None if record is None else reports_of(config.site, limits, routes, clock, record)
        self._web = self._dashboard(access, displays, reports, metrics_token)

    def _problems(self) -> list[str]:
        return [
            *self.clinic.problems(),
            *self.publisher.problems(),
            *(self._record.problems() if self._record else ()),
            *self.site.problems(),
        ]

    # How the parts are made, in the order in which one needs the other

    def _publisher_to(self, servers: list[str], client: str | None, origin: Origin) -> Publisher:
        config = self._config
        return Publisher(
            servers,
            config.site.id,
            origin=origin,
            listener=self.pagers if config.pagers else None,
            client=client if config.pagers else None,
            allow_plain=config.mqtt.allow_plain,
            home_assistant=config.mqtt.home_assistant,
            alive=self.pulse.monitoring,
            chain=self._record.past.head if self._record else lambda: "",
        )

    def _clinic_of(
        self,
        installed: list[Installed],
        limits: LimitSet,
        routes: Mapping[Route, RouteTable],
        recorder: FlightRecorder | None,
        on_entry: OnEntry,
    ) -> Clinic:
        clinic = Clinic(
            [(room.id, seat) for room in self._config.rooms for seat in room.seats],
            installed,
            limits.rules,
            routes,
            self._clock,
            self.publish,
            self._wave,
            record=self._record,
            past=self._record.past if self._record else None,
            site=self._config.site.id,
            rules_hash=limits.hash,
            publish_waves=self._config.mqtt.waveforms,
            acknowledge_other=self._own.acknowledge,
            monitors=Monitor if recorder is None else flown(recorder),
            on_entry=on_entry,
        )
        if recorder is not None:
            recorder.session_of = clinic.session_of
            clinic.cuffs.ordered = recorder.ordered
        return clinic

    def _dashboard(
        self,
        access: Access,
        displays: Displays | None,
        reports: Reports | None,
        metrics_token: str | None,
    ) -> FastAPI:
        reached, record = self._config.dashboard, self._record
        return create_app(
            self.feed,
            self.clinic,
            access,
            pagers=self.pagers,
            phones=self.pagers.phones,
            reports=reports,
            past=record.past if record else None,
            site=self.site,
            calls=self._own,
            audit=record.audit if record else None,
            trail=record.audit if record else None,
            displays=displays,
            https=reached.secure,
            authority=authority_of(reached),
            hosts=reached.names,
            metrics_token=metrics_token,
        )

    # What it says

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
        await self._own.restore(moment)
        found = await self._record.restart.open_sessions(moment)
        self.clinic.bring_swapped(each.session for each in found)
        for each in await self._record.restart.ended_sessions(moment, KEPT_S):
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
            reached = self._config.dashboard
            tls, proxies = tls_of(reached), reached.proxies
            serving = serve(self._web, reached.bind, ready=answers, tls=tls, proxies=proxies)
            tasks.create_task(serving, name="web")
            tasks.create_task(self.pagers.run(), name="pagers")
            tasks.create_task(self._drive(), name="clinic")
            if self._record is not None:
                keeping = self._record.housekeeping.run(self._config.storage.keep_waveforms_days)
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
            self._own.second(late_s, self._troubles(), self.clinic.rooms())

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

    def _wave(self, session: str, wave: Waveform, at: float) -> None:
        started = at - len(wave.values) / wave.rate_hz
        self.feed.wave(session, wave.quantity, wave.values, wave.rate_hz, started)

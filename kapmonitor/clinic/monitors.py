"""How the monitors of a site's sessions are made: all by the same rules and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.state import EngineState
from kapmonitor.clinic.seats import Seat
from kapmonitor.model import Origin, Route
from kapmonitor.monitor import Monitor
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session


@dataclass(slots=True)
class Monitors:
    """Makes monitors of the class `kind`: one that is recorded in flight, or the plain one.

    `reachable`: whether somebody answers this shift's pages; None where there are no pagers.
    """

    rules: RuleSet
    routes: Mapping[Route, RouteTable]
    kind: type[Monitor] = Monitor
    publish_waves: bool = False
    reachable: bool | None = None

    def new(self, session: Session, seat: Seat) -> Monitor:
        """Of a session that begins on `seat`."""
        monitor = self.kind(
            session,
            self.rules,
            seat.origin,
            self.routes[session.route],
            cuff=seat.cuff_doing,
            publish_waves=self.publish_waves,
        )
        monitor.keeper.reachable = self.reachable
        return monitor

    def restored(self, session: Session, state: EngineState, origin: Origin, seat: Seat | None) -> Monitor:
        """Of a session that was there when the service went away; `seat`: its own, if there still is one."""
        monitor = self.kind.restored(
            session,
            state,
            self.rules,
            origin,
            self.routes[session.route],
            cuff=CuffDoing.NONE if seat is None else seat.cuff_doing,
            publish_waves=self.publish_waves,
        )
        monitor.keeper.reachable = self.reachable
        return monitor

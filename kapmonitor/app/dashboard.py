"""What a site's configuration says of its dashboard: feed, reports, and how it is reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.shown import shown_limits
from kapmonitor.app.limits import LimitSet, rules_of
from kapmonitor.board import Board, Room, RoomDevice
from kapmonitor.clinic import Installed
from kapmonitor.clock import Clock
from kapmonitor.config import Config, Dashboard, Site
from kapmonitor.errors import ConfigError
from kapmonitor.model import Route
from kapmonitor.ports import Health
from kapmonitor.report.reports import Reports
from kapmonitor.session.routes import RouteTable
from kapmonitor.storage.record import Record
from kapmonitor.web import LiveFeed, Tls


def feed_of(
    config: Config,
    installed: Iterable[Installed],
    limits: LimitSet,
    clock: Clock,
    health: Health,
    *,
    simulated: bool,
) -> LiveFeed:
    """The live feed of all rooms; `simulated`: whether any device is."""
    board = Board(_rooms(config, installed), shown_limits(limits.rules))
    site = config.site
    return LiveFeed(board, clock, health, site=site.id, simulated=simulated, timezone=site.timezone)


def reports_of(
    site: Site, limits: LimitSet, routes: Mapping[Route, RouteTable], clock: Clock, record: Record
) -> Reports:
    """The reports of what is in the record."""

    async def then(digested: str) -> RuleSet | None:
        return await rules_of(digested, limits, record)

    return Reports(record.past, then, routes, clock, record.audit, site=site.id, zone=site.zone)


def tls_of(dashboard: Dashboard) -> Tls | None:
    """Certificate and key; None where it does not speak TLS itself."""
    tls = dashboard.tls
    return None if tls is None else Tls(tls.certificate, tls.key)


def authority_of(dashboard: Dashboard) -> bytes | None:
    """Who signed the dashboard's certificate, for phones that do not trust it yet.

    Raises:
        ConfigError: its file cannot be read.
    """
    path = None if dashboard.tls is None else dashboard.tls.authority
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise ConfigError([f"dashboard.tls.authority: {path} cannot be read ({error.strerror})"]) from None


def _rooms(config: Config, installed: Iterable[Installed]) -> list[Room]:
    kinds = {each.id: each.driver.kind for each in installed}
    return [
        Room(room.id, room.seats, [RoomDevice(each.id, kinds[each.id], each.seat) for each in room.devices])
        for room in config.rooms
    ]

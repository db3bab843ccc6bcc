"""`/healthz` for whoever watches the service, `/metrics` for Prometheus."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.responses import Response

from kapmonitor.board.live import PRIORITIES
from kapmonitor.ports import Health
from kapmonitor.web.feed import LiveFeed
from kapmonitor.web.guard import login_of


@dataclass(frozen=True, slots=True)
class Operations:
    """The handlers; `add_to` names their addresses. `metrics_token` lets in who is not on this machine."""

    health: Health
    registry: CollectorRegistry
    metrics_token: str | None

    def add_to(self, app: FastAPI) -> None:
        """Put both addresses on the app."""
        app.add_api_route("/healthz", self.healthz, include_in_schema=False)
        app.add_api_route("/metrics", self.metrics, include_in_schema=False)

    async def healthz(self, request: Request) -> Response:
        """200 while monitoring works, else 503; the reasons only for those logged in."""
        monitoring = self.health.monitoring()
        answer: dict[str, object] = {"monitoring": monitoring}
        if login_of(request) is not None:
            answer["problems"] = self.health.problems()
        return JSONResponse(answer, status_code=200 if monitoring else 503)

    async def metrics(self, request: Request) -> Response:
        """Prometheus text, for this machine or who has the token."""
        if not (login_of(request) or _from_this_machine(request) or self._has_token(request)):
            return JSONResponse({"detail": "Send the metrics token as `Authorization: Bearer …`."}, 401)
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    def _has_token(self, request: Request) -> bool:
        if not self.metrics_token:
            return False
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(sent.encode(), self.metrics_token.encode())


def _from_this_machine(request: Request) -> bool:
    """By the peer's address. What a proxy passes on comes from elsewhere, whatever the proxy's address is."""
    if request.client is None or {"forwarded", "x-forwarded-for"} & set(request.headers):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class DashboardMetrics(Collector):
    """Read when asked: what the feed and the board have at that moment."""

    feed: LiveFeed

    def collect(self) -> Iterable[Metric]:
        """The metrics of this moment."""
        feed = self.feed
        problems = len(feed.health.problems())
        yield GaugeMetricFamily("kapmonitor_problems", "What staff should know of the service", problems)
        yield GaugeMetricFamily("kapmonitor_monitoring", "1 while monitoring works", feed.health.monitoring())
        yield GaugeMetricFamily("kapmonitor_open_pages", "Pages with a live feed", len(feed.clients))
        yield CounterMetricFamily("kapmonitor_pictures", "Pictures encoded for the live feed", feed.frames)
        dropped = feed.dropped + sum(client.dropped for client in feed.clients)
        yield CounterMetricFamily("kapmonitor_frames_dropped", "Frames that slow pages missed", dropped)
        yield from self._board()

    def _board(self) -> Iterator[Metric]:
        picture = self.feed.board.picture(self.feed.clock.utc())
        sessions = sum(place.session is not None for place in picture.places)
        yield GaugeMetricFamily("kapmonitor_sessions_open", "Open sessions", sessions)
        alarms = GaugeMetricFamily("kapmonitor_alarms", "Alarms in force", labels=["priority"])
        for priority in PRIORITIES:
            alarms.add_metric([priority], sum(alarm.priority == priority for alarm in picture.alarms))
        yield alarms

"""Puts the dashboard together."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CollectorRegistry
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from kapmonitor import __version__
from kapmonitor.errors import KapmonitorError, NotAllowedError, NotInstalledError, UnknownError
from kapmonitor.ports import (
    Audit,
    AuditTrail,
    Commands,
    PagerDesk,
    Past,
    PhoneDesk,
    Reports,
    RoomCalls,
    SiteDesk,
)
from kapmonitor.web.access import Access
from kapmonitor.web.admin import AdminPage
from kapmonitor.web.api import Api, describe
from kapmonitor.web.attempts import CODES_AN_ADDRESS, Attempts, Limits
from kapmonitor.web.audit_api import AuditApi
from kapmonitor.web.audited import Audited, Unaudited
from kapmonitor.web.authority import AuthorityFile
from kapmonitor.web.display_api import DisplayApi
from kapmonitor.web.displays import Displays
from kapmonitor.web.feed import LiveFeed
from kapmonitor.web.guard import Guard, SafeHeaders
from kapmonitor.web.login import LoginPages
from kapmonitor.web.login_api import LoginApi
from kapmonitor.web.operations import DashboardMetrics, Operations
from kapmonitor.web.pagers import PagerApi
from kapmonitor.web.pages import HERE, Pages
from kapmonitor.web.past import PastApi
from kapmonitor.web.phone import PhoneSocket
from kapmonitor.web.phone_page import PhonePage
from kapmonitor.web.proofs import Proofs
from kapmonitor.web.reports import ReportPages
from kapmonitor.web.rooms import RoomPages
from kapmonitor.web.session_pages import SessionPages
from kapmonitor.web.sessions import SessionApi
from kapmonitor.web.site_api import SiteApi
from kapmonitor.web.socket import LiveSocket
from kapmonitor.web.trends import Trends
from kapmonitor.web.user_api import UserApi

BODY_LIMIT = 16 * 1024
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


def create_app(
    feed: LiveFeed,
    commands: Commands,
    access: Access,
    *,
    pagers: PagerDesk | None = None,
    phones: PhoneDesk | None = None,
    reports: Reports | None = None,
    past: Past | None = None,
    site: SiteDesk | None = None,
    calls: RoomCalls | None = None,
    audit: Audit | None = None,
    trail: AuditTrail | None = None,
    displays: Displays | None = None,
    https: bool = False,
    authority: bytes | None = None,
    hosts: Sequence[str] = LOOPBACK_HOSTS,
    metrics_token: str | None = None,
    registry: CollectorRegistry | None = None,
) -> FastAPI:
    """The dashboard as an ASGI app; `serve` runs it and the feed.

    `https`: browsers reach it by TLS, here or at a proxy; without it the cookie is not `Secure`, which is for
    loopback only. `authority`: the certificate (PEM) of who signed ours. `hosts`: names that it answers to,
    IPv6 in brackets. `metrics_token` opens `/metrics` to other machines. `pagers` and `phones` come together.
    `site`: how all of it stands; `calls`: help for rooms without a session. `past`, `audit`, `trail`,
    `reports`: the record, where there is one. `registry`: the service's own metrics, to which the
    dashboard's are added.
    """
    app = FastAPI(
        title="kapmonitor",
        version=__version__,
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.feed = feed
    registry = registry or CollectorRegistry()
    registry.register(DashboardMetrics(feed))
    noted = audit or Unaudited()
    displays = displays or Displays()
    pages = Pages(feed.site, feed.simulated)
    pages.add_to(app)
    proofs = Proofs(access, Limits(access.now), noted)
    LoginPages(access, proofs, pages, https).add_to(app)
    LoginApi(access, proofs, https).add_to(app)
    UserApi(access, proofs).add_to(app)
    asked = Attempts(access.now, CODES_AN_ADDRESS)
    DisplayApi(displays, feed.board, proofs, asked, pages, https).add_to(app)
    AuditApi(trail).add_to(app)
    SessionPages(pages, feed.timezone).add_to(app)
    RoomPages(pages, feed.board, commands, access, proofs, calls).add_to(app)
    Api(feed.board, feed.clock, commands, access).add_to(app)
    AdminPage(pages).add_to(app)
    if pagers is not None and phones is not None:
        PagerApi(pagers, phones, commands).add_to(app)
        PhonePage(pages, feed.timezone).add_to(app)
        PhoneSocket(phones, access, feed.health).add_to(app)
    if site is not None:
        SiteApi(site, proofs).add_to(app)
    SessionApi(commands).add_to(app)
    if reports is not None:
        ReportPages(reports).add_to(app)
    Trends(past, feed.clock).add_to(app)
    PastApi(past, feed.clock).add_to(app)
    Operations(feed.health, registry, metrics_token).add_to(app)
    LiveSocket(feed, access, displays).add_to(app)
    if authority is not None:
        AuthorityFile(authority).add_to(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.add_exception_handler(NotAllowedError, _not_allowed)
    app.add_exception_handler(UnknownError, _unknown)
    app.add_exception_handler(NotInstalledError, _not_installed)
    app.add_exception_handler(KapmonitorError, _refused)  # a cuff's no, a record that cannot be read, …
    describe(app)
    app.add_middleware(Guard, access=access, displays=displays, https=https)
    app.add_middleware(Audited, audit=noted)  # the last one added is the outermost
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=BODY_LIMIT)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(SafeHeaders, https=https)
    return app


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=409)


async def _not_allowed(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=403)


async def _not_installed(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=501)


async def _unknown(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=404)

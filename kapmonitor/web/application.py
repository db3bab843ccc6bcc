"""Puts the dashboard together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

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


class _Part(Protocol):
    """Has addresses of its own."""

    def add_to(self, app: FastAPI) -> None: ...


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
    noted, displays = audit or Unaudited(), displays or Displays()
    pages, proofs = Pages(feed.site, feed.simulated), Proofs(access, Limits(access.now), noted)
    app = _empty()
    app.state.feed = feed
    for part in (
        pages,
        *_entrance(feed, access, displays, pages, proofs, https=https),
        AuditApi(trail),
        SessionPages(pages, feed.timezone),
        RoomPages(pages, feed.board, commands, access, proofs, calls),
        Api(feed.board, feed.clock, commands, access),
        AdminPage(pages),
        *_on_call(feed, commands, access, pages, pagers, phones),
        None if site is None else SiteApi(site, proofs),
        SessionApi(commands),
        None if reports is None else ReportPages(reports),
        Trends(past, feed.clock),
        PastApi(past, feed.clock),
        Operations(feed.health, _with_own(registry, feed), metrics_token),
        LiveSocket(feed, access, displays),
        None if authority is None else AuthorityFile(authority),
    ):
        if part is not None:
            part.add_to(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    _answer_errors(app)
    describe(app)
    app.add_middleware(Guard, access=access, displays=displays, https=https)
    app.add_middleware(Audited, audit=noted)  # the last one added is the outermost
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=BODY_LIMIT)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(SafeHeaders, https=https)
    return app


def _empty() -> FastAPI:
    return FastAPI(
        title="kapmonitor",
        version=__version__,
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )


def _entrance(
    feed: LiveFeed, access: Access, displays: Displays, pages: Pages, proofs: Proofs, *, https: bool
) -> Iterator[_Part]:
    """How people and screens get in."""
    yield LoginPages(access, proofs, pages, https)
    yield LoginApi(access, proofs, https)
    yield UserApi(access, proofs)
    asked = Attempts(access.now, CODES_AN_ADDRESS)
    yield DisplayApi(displays, feed.board, proofs, asked, pages, https)


def _on_call(
    feed: LiveFeed,
    commands: Commands,
    access: Access,
    pages: Pages,
    pagers: PagerDesk | None,
    phones: PhoneDesk | None,
) -> Iterator[_Part]:
    """Whoever is called, where there are pagers."""
    if pagers is not None and phones is not None:
        yield PagerApi(pagers, phones, commands)
        yield PhonePage(pages, feed.timezone)
        yield PhoneSocket(phones, access, feed.health)


def _with_own(registry: CollectorRegistry | None, feed: LiveFeed) -> CollectorRegistry:
    """The service's metrics and the dashboard's."""
    registry = registry or CollectorRegistry()
    registry.register(DashboardMetrics(feed))
    return registry


def _answer_errors(app: FastAPI) -> None:
    """What a handler raises is an answer with a sentence."""
    app.add_exception_handler(NotAllowedError, _not_allowed)
    app.add_exception_handler(UnknownError, _unknown)
    app.add_exception_handler(NotInstalledError, _not_installed)
    app.add_exception_handler(KapmonitorError, _refused)  # a cuff's no, a record that cannot be read, …


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=409)


async def _not_allowed(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=403)


async def _not_installed(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=501)


async def _unknown(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=404)

"""Stands before every route and socket: who is not logged in gets nothing.

Denies by default: a path is open only if it is named here. An unsafe request or a socket from a page of
another origin is refused whoever sends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kapmonitor.people import Person
from kapmonitor.web.access import Access, Login

OPEN_PATHS = frozenset(
    {
        "/healthz",
        "/login",
        "/static/base.css",
        "/static/login.css",
        "/static/theme.js",
        "/static/icon.svg",
        "/static/pager/icon-192.png",
        "/static/pager/icon-512.png",
    }
)
OWN_CHECK = frozenset({"/metrics"})  # let in by loopback or token: see operations.py
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


def cookie_name(*, https: bool) -> str:
    """`__Host-` binds the cookie to this host and to TLS; plain http, for loopback only, cannot have it."""
    return "__Host-kap" if https else "kap"


@dataclass(slots=True)
class Guard:
    """ASGI middleware; puts the `Login` of whoever may pass into the scope's state as `login`."""

    app: ASGIApp
    access: Access
    https: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        token = connection.cookies.get(cookie_name(https=self.https), "")
        login = self.access.use(token)
        scope.setdefault("state", {}).update(login=login, token=token)
        refusal = _refusal(connection, login)
        await (refusal or self.app)(scope, receive, send)


def login_of(connection: HTTPConnection) -> Login | None:
    """Who sent this, if logged in; open paths may ask too."""
    login = connection.scope["state"]["login"]
    return login if isinstance(login, Login) else None


def token_of(connection: HTTPConnection) -> str:
    """The token that came with this."""
    return str(connection.scope["state"]["token"])


def person_of(connection: HTTPConnection) -> Person:
    """Who sent this; only behind the guard.

    Raises:
        PermissionError: nobody is logged in; the guard lets no such request come this far.
    """
    login = login_of(connection)
    if login is None:
        raise PermissionError("nobody is logged in")
    return login.person


def _refusal(connection: HTTPConnection, login: Login | None) -> Response | None:
    """The answer to what may not pass; None for what may."""
    scope, path = connection.scope, connection.scope["path"]
    unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
    if unsafe and not _same_origin(connection.headers, scope["scheme"]):
        return JSONResponse({"detail": "This request comes from a page of another site."}, status_code=403)
    if login is not None or path in OPEN_PATHS or path in OWN_CHECK:
        return None
    if scope["type"] == "http" and scope["method"] == "GET" and _wants_page(connection.headers):
        return RedirectResponse("/login", status_code=303)
    return JSONResponse({"detail": "Log in first."}, status_code=401)


def _same_origin(headers: Headers, scheme: str) -> bool:
    """By `Origin`; where a form sends `null` because of our referrer policy, by `Sec-Fetch-Site`."""
    origin = headers.get("origin", "null")
    if origin == "null":
        return headers.get("sec-fetch-site") == "same-origin"
    http = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    return origin == f"{http}://{headers.get('host', '')}"


def _wants_page(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


@dataclass(slots=True)
class SafeHeaders:
    """ASGI middleware: every answer forbids foreign scripts, framing, sniffing, and keeping data."""

    app: ASGIApp
    https: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the answer as it starts."""

        async def send_safely(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self.app(scope, receive, send_safely)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        headers.update(SECURITY_HEADERS)
        headers["cache-control"] = "no-cache" if path.startswith("/static/") else "no-store"
        if self.https:
            headers["strict-transport-security"] = "max-age=31536000"

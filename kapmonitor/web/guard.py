"""Stands before every route and socket: who is not logged in gets nothing.

Denies by default: what is open to whom else is named in `kapmonitor.web.passes`. An unsafe request or
a socket from a page of another origin is refused whoever sends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kapmonitor.people import Display, Person
from kapmonitor.web.access import Access, Login
from kapmonitor.web.cookies import cookie_name
from kapmonitor.web.displays import Displays
from kapmonitor.web.passes import (
    COMES_BACK,
    OPEN_PATHS,
    OWN_CHECK,
    SAFE_METHODS,
    open_to_display,
    open_while_locked,
    page_of,
    what_is_asked,
)
from kapmonitor.web.views import View

LOCKED = "This screen is locked: say who you are, with your PIN or password."

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


@dataclass(slots=True)
class Guard:
    """ASGI middleware; puts the `Login` or `Display` of whoever may pass into the scope's state."""

    app: ASGIApp
    access: Access
    displays: Displays
    https: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        token = connection.cookies.get(cookie_name(https=self.https), "")
        display_token = connection.cookies.get(cookie_name(https=self.https, display=True), "")
        login = self.access.use(token)
        display = None if login is not None else self.displays.use(display_token)
        scope.setdefault("state", {}).update(
            login=login, token=token, display=display, display_token=display_token
        )
        await (self._foreign(connection) or self._refusal(connection, login, display) or self.app)(
            scope, receive, send
        )

    def _foreign(self, connection: HTTPConnection) -> Response | None:
        """The answer to a command or a socket from a page of another site."""
        scope = connection.scope
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        scheme = "https" if self.https else scope["scheme"]
        if not unsafe or _same_origin(connection.headers, scheme):
            return None
        return _answer("This request comes from a page of another site.", 403)

    def _refusal(
        self, connection: HTTPConnection, login: Login | None, display: Display | None
    ) -> Response | None:
        """The answer to what may not pass; None for what may."""
        scope, path = connection.scope, connection.scope["path"]
        asked = what_is_asked(scope["type"], scope.get("method", ""), path)
        if path in OPEN_PATHS or path in OWN_CHECK:
            return None
        if login is not None:
            may_pass = not self.access.locked(login) or open_while_locked(asked)
            instead, refused = "/", _answer(LOCKED, 423)
        elif display is not None:
            may_pass = open_to_display(asked, display)
            instead, refused = page_of(display), _answer(_only(page_of(display)), 403)
        else:
            login_page = f"/login?to={path}" if path in COMES_BACK else "/login"
            may_pass, instead, refused = False, login_page, _answer("Log in first.", 401)
        if may_pass:
            return None
        return RedirectResponse(instead, status_code=303) if _wants_page(connection) else refused


def _answer(detail: str, status: int) -> Response:
    return JSONResponse({"detail": detail}, status_code=status)


def _only(page: str) -> str:
    return f"This screen is paired to show {page} and nothing else. Log in to do more."


def login_of(connection: HTTPConnection) -> Login | None:
    """Who sent this, if logged in; open paths may ask too."""
    login = connection.scope["state"]["login"]
    return login if isinstance(login, Login) else None


def display_of(connection: HTTPConnection) -> Display | None:
    """The paired screen that sent this, where nobody is logged in at it."""
    display = connection.scope["state"]["display"]
    return display if isinstance(display, Display) else None


def token_of(connection: HTTPConnection) -> str:
    """The token that came with this."""
    return str(connection.scope["state"]["token"])


def display_token_of(connection: HTTPConnection) -> str:
    """The display's token that came with this."""
    return str(connection.scope["state"]["display_token"])


def person_of(connection: HTTPConnection) -> Person:
    """Who sent this, a person or a paired screen; only behind the guard.

    Raises:
        PermissionError: it is neither; the guard lets no such request come this far.
    """
    known = known_of(connection.scope)
    if known is None:
        raise PermissionError("nobody is logged in")
    return known


def known_of(scope: Scope) -> Person | None:
    """Who sent this, a person or a paired screen; None where that is neither, or was never asked."""
    state = scope.get("state", {})
    for each in (state.get("login"), state.get("display")):
        if isinstance(each, Login | Display):
            return each.person
    return None


def view_of(connection: HTTPConnection, access: Access) -> View:
    """How much of the picture may be shown to whoever sent this, now."""
    login, display = login_of(connection), display_of(connection)
    if login is not None:
        return View(names=not access.locked(login))
    return View(names=False, room="" if display is None else display.room)


def _same_origin(headers: Headers, scheme: str) -> bool:
    """By `Origin`; where a form sends `null` because of our referrer policy, by `Sec-Fetch-Site`."""
    origin = headers.get("origin", "null")
    if origin == "null":
        return headers.get("sec-fetch-site") == "same-origin"
    http = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    return origin == f"{http}://{headers.get('host', '')}"


def _wants_page(connection: HTTPConnection) -> bool:
    scope = connection.scope
    fetched = scope["type"] == "http" and scope["method"] == "GET"
    return fetched and "text/html" in connection.headers.get("accept", "")


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

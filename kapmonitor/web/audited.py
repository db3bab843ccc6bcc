"""Notes every command that comes over the web, and every look at a whole record: who, what, from where."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kapmonitor.ports import Audit
from kapmonitor.web.guard import SAFE_METHODS, login_of

READS = ("/record", "/report", "/form", "/export", "/earlier")
"""What the addresses end with that give away all of a session: reading those is noted, too."""


class Unaudited:
    """Where nothing is recorded nothing is noted."""

    def note(self, action: str, what: str, *, by: str, address: str = "", detail: str = "") -> None:
        """Forget it."""


@dataclass(slots=True)
class Audited:
    """ASGI middleware, behind the guard: who is not logged in does not come this far."""

    app: ASGIApp
    audit: Audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through; once it is answered, note what was asked and what came of it."""
        login = login_of(HTTPConnection(scope)) if scope["type"] == "http" else None
        if login is None or not _noted(scope):
            await self.app(scope, receive, send)
            return
        status = 500

        async def listening(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, listening)
        finally:
            action = "read" if scope["method"] in SAFE_METHODS else "command"
            where, by = address_of(scope), login.person.id
            self.audit.note(action, scope["path"], by=by, address=where, detail=str(status))


def address_of(scope: Scope) -> str:
    """From which machine a request came; behind a proxy that is the proxy."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _noted(scope: Scope) -> bool:
    path: str = scope["path"]
    if scope["method"] in SAFE_METHODS:
        return path.endswith(READS)
    return path.startswith("/api/")

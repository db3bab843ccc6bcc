"""Notes every command that comes over the web, and every look at a whole record: who, what, from where."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kapmonitor.ports import Audit
from kapmonitor.web.guard import known_of
from kapmonitor.web.passes import SAFE_METHODS

READS = ("/record", "/report", "/report.pdf", "/form", "/export", "/earlier")
"""What the addresses end with that give away all of a session: reading those is noted, too."""
UNNOTED = ("/api/v1/login/touch", "/api/v1/login/switch", "/api/v1/pairing")
"""What pages send by themselves, and what notes itself in its own words."""


class Unaudited:
    """Where nothing is recorded nothing is noted."""

    def note(self, action: str, what: str, *, by: str, address: str = "", detail: str = "") -> None:
        """Forget it."""


@dataclass(slots=True)
class Audited:
    """ASGI middleware, around the guard: what that refuses somebody known is noted, too."""

    app: ASGIApp
    audit: Audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through; once it is answered, note what was asked and what came of it."""
        if scope["type"] != "http" or not _noted(scope):
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
            self._note(scope, status)

    def _note(self, scope: Scope, status: int) -> None:
        """What strangers send is not noted: they got nothing, and would only fill the log."""
        by = known_of(scope)
        if by is not None:
            action = "read" if scope["method"] in SAFE_METHODS else "command"
            self.audit.note(action, scope["path"], by=by.id, address=address_of(scope), detail=str(status))


def address_of(scope: Scope) -> str:
    """From which machine a request came; behind a proxy that is the proxy."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _noted(scope: Scope) -> bool:
    path: str = scope["path"]
    if scope["method"] in SAFE_METHODS:
        return path.endswith(READS)
    return path.startswith("/api/") and path not in UNNOTED

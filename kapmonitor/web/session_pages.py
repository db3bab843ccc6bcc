"""The pages of sessions: the list, the page on which one is worked, its summary, and the form on paper."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.responses import Response

from kapmonitor.web.pages import Pages
from kapmonitor.web.sessions import Id


@dataclass(frozen=True, slots=True)
class SessionPages:
    """The handlers; `add_to` names their addresses. What they show, the pages ask for themselves.

    `zone` (IANA) is that of the times on paper.
    """

    pages: Pages
    zone: str

    def add_to(self, app: FastAPI) -> None:
        """Put every page on the app; pages are no part of the API's description."""
        for path, handler in (
            ("/sessions", self.sessions),
            ("/sessions/{session}", self.session),
            ("/sessions/{session}/summary", self.summary),
            ("/paper", self.paper),
        ):
            app.add_api_route(path, handler, include_in_schema=False)

    async def sessions(self, request: Request) -> Response:
        """All sessions, and where one can be started."""
        return self.pages.page(request, "sessions.html")

    async def session(self, request: Request, session: Id) -> Response:
        """One session."""
        return self.pages.page(request, "session.html", session=session)

    async def summary(self, request: Request, session: Id) -> Response:
        """One session on one page, for whoever takes over."""
        return self.pages.page(request, "summary.html", session=session, zone=self.zone)

    async def paper(self, request: Request) -> Response:
        """The empty form: to be printed before it is needed."""
        return self.pages.page(request, "paper.html")

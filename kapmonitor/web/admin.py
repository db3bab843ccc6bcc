"""`/admin`: how everything is set up and stands. What it shows, the page asks for itself, role by role."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.responses import Response

from kapmonitor.web.pages import Pages


@dataclass(frozen=True, slots=True)
class AdminPage:
    """The handler; `add_to` names its address."""

    pages: Pages

    def add_to(self, app: FastAPI) -> None:
        """Put the page on the app; pages are no part of the API's description."""
        app.add_api_route("/admin", self.page, include_in_schema=False)

    async def page(self, request: Request) -> Response:
        """All sections on one page."""
        return self.pages.page(request, "admin.html")

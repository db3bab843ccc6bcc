"""`/pager`: the page that makes a phone a pager; what lets it be installed, and shown without a network."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, Response

from kapmonitor.web.pages import HERE, Pages


@dataclass(frozen=True, slots=True)
class PhonePage:
    """The handlers; `add_to` names their addresses. `zone`: the site's time zone (IANA)."""

    pages: Pages
    zone: str

    def add_to(self, app: FastAPI) -> None:
        """Put both on the app; pages are no part of the API's description."""
        app.add_api_route("/pager", self.page, include_in_schema=False)
        app.add_api_route("/pager-worker.js", self.worker, include_in_schema=False)

    async def page(self, request: Request) -> Response:
        """The page of whoever carries a pager."""
        return self.pages.page(request, "pager.html", zone=self.zone)

    async def worker(self) -> Response:
        """The service worker. It has an address of its own: it may only serve pages at or below that."""
        return FileResponse(HERE / "static" / "pager" / "worker.js", media_type="text/javascript")

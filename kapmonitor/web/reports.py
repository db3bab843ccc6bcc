"""`/sessions/{id}/report`: the report of a session, to read and to print, and `report.pdf`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse

from kapmonitor.ports import Reports
from kapmonitor.web.audited import address_of
from kapmonitor.web.guard import person_of
from kapmonitor.web.sessions import Id

Mark = Annotated[str, Query(max_length=60)]


@dataclass(frozen=True, slots=True)
class ReportPages:
    """The handlers; `add_to` names their addresses."""

    reports: Reports

    def add_to(self, app: FastAPI) -> None:
        """Put page and style sheet on the app; pages are no part of the API's description."""
        at = "/sessions/{session}/report"
        app.add_api_route(at, self.page, include_in_schema=False)
        app.add_api_route(f"{at}.pdf", self.pdf, include_in_schema=False)
        app.add_api_route(f"{at}.css", self.style, include_in_schema=False)

    async def page(self, request: Request, session: Id) -> Response:
        """The report, for those who may read it."""
        by, address = person_of(request), address_of(request.scope)
        return HTMLResponse(await self.reports.page(session, by=by, address=address))

    async def pdf(self, request: Request, session: Id) -> Response:
        """The same as a PDF."""
        content = await self.reports.pdf(session, by=person_of(request), address=address_of(request.scope))
        named = {"content-disposition": f'inline; filename="report-{session}.pdf"'}
        return Response(content, media_type="application/pdf", headers=named)

    async def style(self, session: Id, mark: Mark = "") -> Response:
        """How it looks; nothing of the session is in it but what the address says."""
        return Response(self.reports.style(session, mark), media_type="text/css")

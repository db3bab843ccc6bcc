"""The pages themselves."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from string import Template

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from kapmonitor.people import Task
from kapmonitor.web.guard import person_of

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Pages:
    """The handlers; `add_to` names their addresses."""

    site: str
    simulated: bool

    def add_to(self, app: FastAPI) -> None:
        """Put every page on the app; pages are no part of the API's description."""
        app.add_api_route("/", self.wall, include_in_schema=False)

    async def wall(self, request: Request) -> Response:
        """All rooms on one page."""
        person = person_of(request)
        may = " ".join(task.name.lower() for task in Task if person.may(task))
        return self.page("wall.html", user=person.id, may=may)

    def page(self, name: str, status: int = 200, **values: str) -> Response:
        """A page from its file, with every `$name` in it filled in and escaped."""
        values |= {"site": self.site, "simulated": "simulated" if self.simulated else ""}
        page = Template((HERE / "templates" / name).read_text(encoding="utf-8"))
        filled = page.substitute({key: html.escape(value) for key, value in values.items()})
        return HTMLResponse(filled, status_code=status)

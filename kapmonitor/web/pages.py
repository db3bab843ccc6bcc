"""The pages themselves."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from kapmonitor.people import Task
from kapmonitor.web.guard import person_of
from kapmonitor.web.languages import PageTemplate, language_of, say, texts

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
        return self.page(request, "wall.html")

    def page(self, request: Request, name: str, **values: str) -> Response:
        """A page for whoever is logged in, with who that is and what they may do."""
        person = person_of(request)
        may = " ".join(task.name.lower() for task in Task if person.may(task))
        logged_in = say(language_of(request), "page.logged-in", user=person.id)
        own = {"user": person.id, "role": person.role.value, "logged_in": logged_in, "may": may}
        return self.form(request, name, values | own)

    def form(self, request: Request, name: str, values: dict[str, str], status: int = 200) -> Response:
        """A page from its file in the reader's language, with every `$name` in it filled in and escaped."""
        language = language_of(request)
        own = {"site": self.site, "simulated": "simulated" if self.simulated else "", "language": language}
        values = {**texts(language), **own, **values}
        page = PageTemplate((HERE / "templates" / name).read_text(encoding="utf-8"))
        filled = page.substitute({key: html.escape(value) for key, value in values.items()})
        return HTMLResponse(filled, status_code=status)

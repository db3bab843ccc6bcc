"""The pages themselves, logging in and logging out."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from kapmonitor.people import Task
from kapmonitor.ports import Audit
from kapmonitor.web.access import ABSOLUTE_S, Access
from kapmonitor.web.attempts import Attempts
from kapmonitor.web.audited import address_of
from kapmonitor.web.guard import cookie_name, login_of, person_of, token_of
from kapmonitor.web.languages import PageTemplate, language_of, say, texts

HERE = Path(__file__).parent
Field = Annotated[str, Form(max_length=256)]


@dataclass(frozen=True, slots=True)
class Pages:
    """The handlers; `add_to` names their addresses."""

    access: Access
    attempts: Attempts
    site: str
    simulated: bool
    https: bool
    audit: Audit

    def add_to(self, app: FastAPI) -> None:
        """Put every page on the app; pages are no part of the API's description."""
        app.add_api_route("/", self.wall, include_in_schema=False)
        app.add_api_route("/login", self.login, include_in_schema=False)
        app.add_api_route("/login", self.log_in, methods=["POST"], include_in_schema=False)
        app.add_api_route("/logout", self.log_out, methods=["POST"], include_in_schema=False)

    async def wall(self, request: Request) -> Response:
        """All rooms on one page."""
        return self.page(request, "wall.html")

    async def login(self, request: Request) -> Response:
        """The form; who is logged in goes straight to the wall."""
        if login_of(request) is not None:
            return RedirectResponse("/", status_code=303)
        return self._page(request, "login.html", {"message": ""})

    async def log_in(self, request: Request, user: Field = "", password: Field = "") -> Response:
        """Check the password; five wrong ones from an address within five minutes, and it has to wait."""
        address = request.client.host if request.client else ""
        wait_s = self.attempts.wait_s(address)
        if wait_s > 0:
            return self._too_many(request, wait_s)
        self.attempts.count(address)
        if not await self.access.verify(user, password):
            self._note("log-in-refused", user, request)
            message = say(language_of(request), "login.wrong")
            return self._page(request, "login.html", {"message": message}, 401)
        self.attempts.forget(address)
        self._note("log-in", user, request)
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            cookie_name(https=self.https),
            self.access.begin(user),
            max_age=int(ABSOLUTE_S),
            secure=self.https,
            httponly=True,
            samesite="strict",
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        """End this log-in; its open pages go dark within a second."""
        login = login_of(request)
        if login is not None:
            self._note("log-out", login.person.id, request)
        self.access.end(token_of(request))
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(
            cookie_name(https=self.https), secure=self.https, httponly=True, samesite="strict"
        )
        return answer

    def _note(self, action: str, user: str, request: Request) -> None:
        """What an unknown user typed is not noted: it may be a password."""
        by = user if self.access.knows(user) else "unknown"
        self.audit.note(action, "dashboard", by=by, address=address_of(request.scope))

    def _too_many(self, request: Request, wait_s: float) -> Response:
        message = say(language_of(request), "login.wait", minutes=str(math.ceil(wait_s / 60)))
        answer = self._page(request, "login.html", {"message": message}, 429)
        answer.headers["retry-after"] = str(math.ceil(wait_s))
        return answer

    def page(self, request: Request, name: str, **values: str) -> Response:
        """A page for whoever is logged in, with who that is and what they may do."""
        person = person_of(request)
        may = " ".join(task.name.lower() for task in Task if person.may(task))
        logged_in = say(language_of(request), "page.logged-in", user=person.id)
        own = {"user": person.id, "role": person.role.value, "logged_in": logged_in, "may": may}
        return self._page(request, name, values | own)

    def _page(self, request: Request, name: str, values: dict[str, str], status: int = 200) -> Response:
        """A page from its file in the reader's language, with every `$name` in it filled in and escaped."""
        language = language_of(request)
        own = {"site": self.site, "simulated": "simulated" if self.simulated else "", "language": language}
        values = {**texts(language), **own, **values}
        page = PageTemplate((HERE / "templates" / name).read_text(encoding="utf-8"))
        filled = page.substitute({key: html.escape(value) for key, value in values.items()})
        return HTMLResponse(filled, status_code=status)

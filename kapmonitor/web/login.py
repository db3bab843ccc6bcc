"""`/login` and `/logout`: the way in for a fresh browser, which is a password, and the way out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from kapmonitor.web.access import Access
from kapmonitor.web.cookies import give, take
from kapmonitor.web.guard import login_of, token_of
from kapmonitor.web.languages import language_of, say
from kapmonitor.web.pages import Pages
from kapmonitor.web.passes import COMES_BACK
from kapmonitor.web.proofs import Proofs

Word = Annotated[str, Form(max_length=256)]


@dataclass(frozen=True, slots=True)
class LoginPages:
    """The handlers; `add_to` names their addresses."""

    access: Access
    proofs: Proofs
    pages: Pages
    https: bool

    def add_to(self, app: FastAPI) -> None:
        """Put both on the app; pages are no part of the API's description."""
        app.add_api_route("/login", self.form, include_in_schema=False)
        app.add_api_route("/login", self.log_in, methods=["POST"], include_in_schema=False)
        app.add_api_route("/logout", self.log_out, methods=["POST"], include_in_schema=False)

    async def form(self, request: Request) -> Response:
        """The form; who is logged in goes straight on."""
        if login_of(request) is not None:
            return RedirectResponse(_goes_to(request), status_code=303)
        return self.pages.form(request, "login.html", {"message": "", "to": _goes_to(request)})

    async def log_in(self, request: Request, user: Word = "", password: Word = "") -> Response:
        """Check the password; a few wrong ones from an address or for a user, and they have to wait."""
        try:
            await self.proofs.password(request, user, password)
        except HTTPException as refused:
            return self._again(request, refused.headers or {})
        self.proofs.note(request, "log-in", user)
        self.access.end(token_of(request))
        answer = RedirectResponse(_goes_to(request), status_code=303)
        give(answer, self.access.begin(user), https=self.https)
        return answer

    def _again(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The form once more, with why; `headers` say how long to wait, where there is to be a pause."""
        language, wait_s = language_of(request), float(headers.get("retry-after", 0))
        to = _goes_to(request)
        if not wait_s:
            wrong = {"message": say(language, "login.wrong"), "to": to}
            return self.pages.form(request, "login.html", wrong, 401)
        message = say(language, "login.wait", minutes=str(math.ceil(wait_s / 60)))
        answer = self.pages.form(request, "login.html", {"message": message, "to": to}, 429)
        answer.headers.update(headers)
        return answer

    async def log_out(self, request: Request) -> Response:
        """End this log-in; its open pages go dark within a second."""
        login = login_of(request)
        if login is not None:
            self.proofs.note(request, "log-out", login.person.id)
        self.access.end(token_of(request))
        answer = RedirectResponse("/login", status_code=303)
        take(answer, https=self.https)
        return answer


def _goes_to(request: Request) -> str:
    """Where to go after the log-in: the page that was asked for, if it is one of ours."""
    wanted = request.query_params.get("to", "")
    return wanted if wanted in COMES_BACK else "/"

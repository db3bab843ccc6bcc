"""Screens without a log-in: `/display` shows a code, an administrator types it in (`/api/v1/displays`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kapmonitor.board import Board
from kapmonitor.errors import RefusedError
from kapmonitor.people import Task
from kapmonitor.web.attempts import Attempts
from kapmonitor.web.audited import address_of
from kapmonitor.web.cookies import give
from kapmonitor.web.displays import CODE_S, Displays
from kapmonitor.web.guard import display_of, display_token_of, person_of
from kapmonitor.web.login_api import TOO_MANY, UserId
from kapmonitor.web.pages import Pages
from kapmonitor.web.passes import page_of
from kapmonitor.web.proofs import Proofs, too_many
from kapmonitor.web.sessions import ALWAYS, COMMAND, Answers, Id


class Code(BaseModel):
    """What a screen shows until somebody has typed it in; worth nothing after so many seconds."""

    code: str
    seconds: float


class Paired(BaseModel):
    """Whether the screen that asks is paired, and then the page that it is to show."""

    paired: bool
    page: str = ""


class DisplayView(BaseModel):
    """A paired screen; `room` empty: all rooms. `seen_ago_s` null: nothing heard since the service began."""

    id: str
    room: str
    by: str
    seen_ago_s: float | None


class NewDisplay(BaseModel):
    """The code on the screen, what to call it, and the one room that it shows (empty: all of them)."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=20)]
    id: UserId
    room: Annotated[str, Field(pattern="^[a-z0-9-]{0,40}$")] = ""


@dataclass(frozen=True, slots=True)
class DisplayApi:
    """The handlers; `add_to` names their addresses."""

    displays: Displays
    board: Board
    proofs: Proofs
    asked: Attempts
    pages: Pages
    https: bool

    def add_to(self, app: FastAPI) -> None:
        """Put every address on the app."""
        app.add_api_route("/display", self.page, include_in_schema=False)
        foreign: Answers = {403: COMMAND[403], 409: COMMAND[409], **TOO_MANY}
        app.add_api_route("/api/v1/pairing", self.ask, methods=["POST"], responses=foreign)
        app.add_api_route("/api/v1/pairing", self.paired)
        at = "/api/v1/displays"
        app.add_api_route(at, self.all, responses=ALWAYS)
        app.add_api_route(at, self.pair, methods=["POST"], status_code=204, responses=COMMAND)
        app.add_api_route(
            f"{at}/{{display}}/remove", self.remove, methods=["POST"], status_code=204, responses=COMMAND
        )

    async def page(self, request: Request) -> Response:
        """What a new screen opens: its code, and then what it is to show."""
        display = display_of(request)
        if display is None:
            return self.pages.form(request, "display.html", {})
        answer = RedirectResponse(page_of(display), status_code=303)
        give(answer, display_token_of(request), https=self.https, display=True)
        return answer

    async def ask(self, request: Request, response: Response) -> Code:
        """A new code for the screen that asks, and its cookie."""
        address = address_of(request.scope)
        wait_s = self.asked.wait_s(address)
        if wait_s > 0:
            raise HTTPException(429, too_many(wait_s), headers={"retry-after": str(math.ceil(wait_s))})
        self.asked.count(address)
        code, token = self.displays.ask()
        give(response, token, https=self.https, display=True)
        return Code(code=code, seconds=CODE_S)

    async def paired(self, request: Request) -> Paired:
        """Whether somebody has typed the code in."""
        display = self.displays.use(display_token_of(request))
        return Paired(paired=False) if display is None else Paired(paired=True, page=page_of(display))

    async def all(self, request: Request) -> list[DisplayView]:
        """Every paired screen."""
        person_of(request).must_be_allowed(Task.ADMINISTER)
        return [
            DisplayView(id=each.id, room=each.room, by=each.by, seen_ago_s=self.displays.seen_ago_s(each))
            for each in self.displays.all()
        ]

    async def pair(self, request: Request, body: NewDisplay) -> None:
        """The screen that shows this code is a display from now on."""
        person = person_of(request)
        person.must_be_allowed(Task.ADMINISTER)
        rooms = [room.id for room in self.board.rooms]
        if body.room and body.room not in rooms:
            raise RefusedError(f"There is no room {body.room}; rooms are {', '.join(rooms)}.")
        self.displays.pair(body.code, body.id, body.room, by=person.id)
        self.proofs.note(request, "display-paired", person.id, body.room, what=body.id)

    async def remove(self, request: Request, display: Id) -> None:
        """This screen shows nothing any more."""
        person = person_of(request)
        person.must_be_allowed(Task.ADMINISTER)
        self.displays.remove(display)
        self.proofs.note(request, "display-removed", person.id, what=display)

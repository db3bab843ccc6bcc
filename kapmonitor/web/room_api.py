"""`/api/v1/rooms/{room}/…`: what can be done at the screen in a room, whoever is logged in there, or nobody.

*Help* anybody may call, also where the log-in is locked. *Here* is said by a person of the staff, who says
which with a PIN: it ends a call for help. What happens can be logged at a room's own screen in the name of
the therapist whom the session was started with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from kapmonitor.board import Board
from kapmonitor.clock import Clock
from kapmonitor.errors import NotAllowedError, RefusedError
from kapmonitor.people import Person, Role
from kapmonitor.ports import Commands
from kapmonitor.session.commands import LogEvent, SayHere
from kapmonitor.web.access import Access
from kapmonitor.web.guard import LOCKED, display_of, login_of, person_of
from kapmonitor.web.login_api import TOO_MANY, Secret
from kapmonitor.web.proofs import Proofs
from kapmonitor.web.sessions import COMMAND, Id

Seat = Annotated[str, Field(pattern="^[a-z0-9-]{0,40}$")]
FROM_LOCKED = "called from a screen that was locked"


class Help(BaseModel):
    """Somebody is needed. `seat`: where; empty: the first with a session."""

    model_config = ConfigDict(extra="forbid")

    seat: Seat = ""


class Here(Help):
    """Medical staff are with the patient; `user` and `pin` where nobody is logged in at this screen."""

    user: Annotated[str, Field(pattern="^[a-z0-9-]{0,40}$")] = ""
    pin: Secret = ""


class Happened(Help):
    """What was seen, or is over (`resolved`); see `LogEvent`."""

    kind: Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,39}$")]
    severity: Literal["mild", "moderate", "severe"] | None = None
    score: Annotated[int, Field(ge=0, le=5)] | None = None
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class RoomApi:
    """The handlers; `add_to` names their addresses."""

    board: Board
    clock: Clock
    commands: Commands
    access: Access
    proofs: Proofs

    def add_to(self, app: FastAPI) -> None:
        """Put every address on the app."""
        for name, handler in (("help", self.help), ("here", self.here), ("events", self.events)):
            app.add_api_route(
                f"/api/v1/rooms/{{room}}/{name}",
                handler,
                methods=["POST"],
                status_code=204,
                responses=COMMAND | TOO_MANY if name == "here" else COMMAND,
            )

    async def help(self, request: Request, room: Id, body: Help | None = None) -> None:
        """Call for help: works for everybody who may look, also locked and at a room's own screen."""
        session = self._session(room, "" if body is None else body.seat)
        login = login_of(request)
        text = FROM_LOCKED if login is not None and self.access.locked(login) else ""
        await self.commands.do(session, LogEvent(kind="help", text=text), by=person_of(request))
        await self.commands.settled()

    async def here(self, request: Request, room: Id, body: Here | None = None) -> None:
        """Somebody of the medical staff is with the patient."""
        body = body or Here()
        session = self._session(room, body.seat)
        await self.commands.do(session, SayHere(), by=await self._who(request, body))
        await self.commands.settled()

    async def events(self, request: Request, room: Id, body: Happened) -> None:
        """What happens, at a room's own screen in the name of the session's therapist."""
        session = self._session(room, body.seat)
        by = person_of(request) if display_of(request) is None else self._therapist(session)
        event = LogEvent(kind=body.kind, severity=body.severity, score=body.score, resolved=body.resolved)
        await self.commands.do(session, event, by=by)
        await self.commands.settled()

    async def _who(self, request: Request, body: Here) -> Person:
        """Whoever is logged in; at a room's own screen whoever says so with a PIN."""
        display = display_of(request)
        if display is None and not body.user:
            return person_of(request)
        if not body.user:
            raise HTTPException(423, LOCKED)
        login = login_of(request)
        key = display.key if display is not None else "" if login is None else login.key
        await self.proofs.pin(request, body.user, body.pin, browser=key)
        return self.access.users.get(body.user).person

    def _therapist(self, session: str) -> Person:
        named = self.access.users.find(self.commands.view(session).therapist)
        if named is None:
            raise NotAllowedError(
                "Log in to do that: the session was started without a therapist who can log in."
            )
        return Person(named.person.id, Role.THERAPIST)

    def _session(self, room: str, seat: str) -> str:
        """The open session of the room, or of that seat in it."""
        places = [each for each in self.board.picture(self.clock.utc()).places if each.room == room]
        for place in places:
            if place.session is not None and seat in ("", place.seat):
                return place.session.id
        raise RefusedError(
            f"There is no open session in {room}. Get somebody yourself: use your voice, or a phone."
        )

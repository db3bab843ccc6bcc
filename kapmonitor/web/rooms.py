"""The page of a room, and what can be done from inside it: call help, say who is there, log what happens.

*Help* anybody may call, also where the log-in is locked. *Here* ends a call for help: at the room's own
screen, which anybody can tap, medical staff say it with a PIN. What happens is logged there in the name of
the therapist whom the session was started with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import FastAPI, HTTPException, Request
from msgspec import Meta
from starlette.responses import Response

from kapmonitor.board import Board
from kapmonitor.errors import NotAllowedError, RefusedError, UnknownError
from kapmonitor.people import Person, Role
from kapmonitor.ports import Commands, RoomCalls
from kapmonitor.session.commands import Command, LogEvent, SayHere
from kapmonitor.web.access import Access
from kapmonitor.web.guard import LOCKED, display_of, login_of, person_of
from kapmonitor.web.login_api import TOO_MANY
from kapmonitor.web.pages import Pages
from kapmonitor.web.proofs import Proofs
from kapmonitor.web.sessions import COMMAND, Id, Key, read_body, settled, takes


class OfSeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which seat of the room is meant; empty: every seat that has a session."""

    seat: str = ""


class RoomEvent(LogEvent, frozen=True, kw_only=True):
    """What happened to whom in the room."""

    seat: str = ""


class RoomHere(OfSeat, frozen=True, forbid_unknown_fields=True):
    """Who is there: `user` and `pin` where nobody is logged in at the room's screen."""

    user: Annotated[str, Meta(pattern="^[a-z0-9-]{0,40}$")] = ""
    pin: Annotated[str, Meta(max_length=256)] = ""


SHAPES = (OfSeat, RoomEvent, RoomHere)
FROM_LOCKED = "called from a screen that was locked"


@dataclass(frozen=True, slots=True)
class RoomPages:
    """The handlers; `add_to` names their addresses."""

    pages: Pages
    board: Board
    commands: Commands
    access: Access
    proofs: Proofs
    calls: RoomCalls | None = None

    def add_to(self, app: FastAPI) -> None:
        """Put page and commands on the app."""
        app.add_api_route("/room/{room}", self.page, include_in_schema=False)
        for name, handler, takes_what in (
            ("help", self.help, OfSeat),
            ("here", self.here, RoomHere),
            ("events", self.event, RoomEvent),
        ):
            app.add_api_route(
                f"/api/v1/rooms/{{room}}/{name}",
                handler,
                methods=["POST"],
                status_code=204,
                responses=COMMAND | TOO_MANY if name == "here" else COMMAND,
                openapi_extra=takes(takes_what),
            )

    async def page(self, request: Request, room: Id) -> Response:
        """The silent page of one room."""
        self._known(room)
        return self.pages.page(request, "room.html", room=room)

    async def help(self, request: Request, room: Id, key: Key = "") -> Response:
        """Somebody in the room calls for help: for every seat with a session, where none is named.

        Where no session is open the call is an alarm of the seat itself.
        """
        body = await read_body(request, OfSeat)
        login, by = login_of(request), person_of(request)
        seats = self._without_session(room, body.seat)
        if self.calls is not None and seats:
            self.calls.call(room, seats[0], by=by)
            return await settled(self.commands)
        text = FROM_LOCKED if login is not None and self.access.locked(login) else ""
        return await self._do(room, body.seat, LogEvent(kind="help", text=text), lambda _: by, key)

    async def here(self, request: Request, room: Id, key: Key = "") -> Response:
        """Medical staff are with the patient, said in the room."""
        body = await read_body(request, RoomHere)
        self._known(room)
        by = await self._who(request, body)
        answered = [self.calls.here(room, seat, by=by) for seat in self._seats(room, body.seat) if self.calls]
        if any(answered) and self._without_session(room, body.seat):
            return await settled(self.commands)
        return await self._do(room, body.seat, SayHere(), lambda _: by, key)

    async def event(self, request: Request, room: Id, key: Key = "") -> Response:
        """Something happens in the room, or is over."""
        body = await read_body(request, RoomEvent)
        fields = {name: value for name, value in msgspec.structs.asdict(body).items() if name != "seat"}
        by = None if display_of(request) is not None else person_of(request)
        return await self._do(
            room, body.seat, LogEvent(**fields), lambda session: by or self._therapist(session), key
        )

    async def _who(self, request: Request, body: RoomHere) -> Person:
        """Whoever is logged in; at a room's own screen whoever says so with a PIN."""
        login, display = login_of(request), display_of(request)
        if login is not None and not body.user:
            return login.person
        if not body.user:
            raise HTTPException(423, LOCKED)
        browser = display.key if display is not None else "" if login is None else login.key
        await self.proofs.pin(request, body.user, body.pin, browser=browser)
        return self.access.users.get(body.user).person

    def _therapist(self, session: str) -> Person:
        named = self.access.users.find(self.commands.view(session).therapist)
        if named is None:
            raise NotAllowedError("Log in to do that: this session has no therapist who can log in.")
        return Person(named.person.id, Role.THERAPIST)

    async def _do(
        self, room: str, seat: str, command: Command, by: Callable[[str], Person], key: str
    ) -> Response:
        """The same for every session that is meant; who is refused in one is told, after the others."""
        self._known(room)
        found = self.board.sessions_in(room)
        meant = {at: session for at, session in found.items() if seat in ("", at)}
        if not meant:
            raise RefusedError(f"No session is open in {room}: nothing was done and nobody was called.")
        refused: list[Exception] = []
        for session in meant.values():
            try:
                await self.commands.do(session, command, by=by(session), key=key)
            except RefusedError as error:
                refused.append(error)
        answer = await settled(self.commands)
        if refused:
            raise refused[0]
        return answer

    def _seats(self, room: str, seat: str) -> list[str]:
        """The seats of the room that are meant, in the order of the configuration."""
        self._known(room)
        seats = [each for one in self.board.rooms if one.id == room for each in one.seats]
        return [each for each in seats if seat in ("", each)]

    def _without_session(self, room: str, seat: str) -> list[str]:
        """The seats that are meant, if none of them has a session."""
        seats = self._seats(room, seat)
        return [] if set(seats) & set(self.board.sessions_in(room)) else seats

    def _known(self, room: str) -> None:
        if room not in {each.id for each in self.board.rooms} and not self.board.sessions_in(room):
            raise UnknownError(f"There is no room {room}.")

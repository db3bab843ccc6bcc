"""The page of a room, and what can be done from inside it: call help, say who is there, log what happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from fastapi import FastAPI, Request
from starlette.responses import Response

from kapmonitor.board import Board
from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.people import Person
from kapmonitor.ports import Commands
from kapmonitor.session.commands import Command, LogEvent, SayHere
from kapmonitor.web.guard import person_of
from kapmonitor.web.pages import Pages
from kapmonitor.web.sessions import COMMAND, Id, Key, read_body, takes


class OfSeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which seat of the room is meant; empty: every seat that has a session."""

    seat: str = ""


class RoomEvent(LogEvent, frozen=True, kw_only=True):
    """What happened to whom in the room."""

    seat: str = ""


SHAPES = (OfSeat, RoomEvent)


@dataclass(frozen=True, slots=True)
class RoomPages:
    """The handlers; `add_to` names their addresses."""

    pages: Pages
    board: Board
    commands: Commands

    def add_to(self, app: FastAPI) -> None:
        """Put page and commands on the app."""
        app.add_api_route("/room/{room}", self.page, include_in_schema=False)
        for name, handler, takes_what in (
            ("help", self.help, OfSeat),
            ("here", self.here, OfSeat),
            ("events", self.event, RoomEvent),
        ):
            app.add_api_route(
                f"/api/v1/rooms/{{room}}/{name}",
                handler,
                methods=["POST"],
                status_code=204,
                responses=COMMAND,
                openapi_extra=takes(takes_what),
            )

    async def page(self, request: Request, room: Id) -> Response:
        """The silent page of one room."""
        self._known(room)
        return self.pages.page(request, "room.html", room=room)

    async def help(self, request: Request, room: Id, key: Key = "") -> None:
        """Somebody in the room calls for help: for every seat of it, where none is named."""
        body = await read_body(request, OfSeat)
        await self._do(request, room, body.seat, lambda: LogEvent(kind="help"), key)

    async def here(self, request: Request, room: Id, key: Key = "") -> None:
        """Medical staff are with the patient, said in the room."""
        body = await read_body(request, OfSeat)
        await self._do(request, room, body.seat, SayHere, key)

    async def event(self, request: Request, room: Id, key: Key = "") -> None:
        """Something happens in the room, or is over."""
        body = await read_body(request, RoomEvent)
        fields = {name: value for name, value in msgspec.structs.asdict(body).items() if name != "seat"}
        await self._do(request, room, body.seat, lambda: LogEvent(**fields), key)

    async def _do(
        self, request: Request, room: str, seat: str, command: Callable[[], Command], key: str
    ) -> None:
        """The same for every session that is meant; who is refused in one is told, after the others."""
        self._known(room)
        found = self.board.sessions_in(room)
        meant = {at: session for at, session in found.items() if seat in ("", at)}
        if not meant:
            raise RefusedError(f"No session is open in {room}: nothing was done and nobody was called.")
        by: Person = person_of(request)
        refused: list[Exception] = []
        for session in meant.values():
            try:
                await self.commands.do(session, command(), by=by, key=key)
            except RefusedError as error:
                refused.append(error)
        await self.commands.settled()
        if refused:
            raise refused[0]

    def _known(self, room: str) -> None:
        if room not in {each.id for each in self.board.rooms} and not self.board.sessions_in(room):
            raise UnknownError(f"There is no room {room}.")

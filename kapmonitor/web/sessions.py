"""`/api/v1/sessions/…`: one address for each of `kapmonitor.session.commands`, checked as it stands there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import FastAPI, Header, HTTPException, Path, Request, Response
from pydantic import BaseModel

from kapmonitor.alarms.shown import ShownRule
from kapmonitor.people import Task
from kapmonitor.ports import Commands
from kapmonitor.session.commands import ADDRESSES, Command, StartSession
from kapmonitor.session.entries import Entry
from kapmonitor.session.form import Form
from kapmonitor.session.past import Earlier, WhatIf
from kapmonitor.session.record import Record
from kapmonitor.session.view import SessionView
from kapmonitor.web.guard import person_of

AT = "/api/v1/sessions"
ID_PATTERN = "^[a-z0-9-]{1,128}$"
Id = Annotated[str, Path(pattern=ID_PATTERN)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]
"""The same command sent again with the same key is done once."""

Answers = dict[int | str, dict[str, Any]]


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not carried out, in one plain sentence."""

    detail: str


def problem(description: str) -> dict[str, Any]:
    """One answer of the OpenAPI document that is a `Problem`.

    By reference: of a model FastAPI would make a validator for each answer of each address, which is
    0.3 s of every start.
    """
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


class StartedSession(BaseModel):
    """The new session's id."""

    session: str


ALWAYS: Answers = {
    401: problem("Not logged in"),
    403: problem("Not for this role, with those it is for; or from a page of another site"),
    423: problem("The log-in is locked: `/api/v1/login/switch` opens it"),
}
LATER = 202
"""A command was carried out, and is not on the disk yet: it is recorded when that is possible."""
COMMAND: Answers = ALWAYS | {
    400: problem("The body is no JSON"),
    LATER: {"description": "Carried out, but not recorded yet: the disk is slow or takes nothing"},
    404: problem("There is no such session or alarm"),
    409: problem("Refused, with the reason"),
    413: {"description": "The body is too large"},
    422: {"description": "The body is not what it should be, with what would be right"},
}
READ: Answers = ALWAYS | {404: problem("There is no such session")}
KEPT: Answers = {409: problem("It cannot be read now, with the reason")}

Body = TypeVar("Body")


class TryLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By rule and column: the value that somebody thinks of."""

    limits: dict[str, dict[str, float]]


SHAPES = (
    Problem,
    SessionView,
    Entry,
    Record,
    Form,
    Earlier,
    ShownRule,
    WhatIf,
    TryLimits,
    StartSession,
    *ADDRESSES.values(),
)


@dataclass(frozen=True, slots=True)
class SessionApi:
    """The handlers; `add_to` names their addresses."""

    commands: Commands

    def add_to(self, app: FastAPI) -> None:
        """Put every address on the app."""
        app.add_api_route(
            AT,
            self.start,
            methods=["POST"],
            status_code=201,
            responses=COMMAND,
            openapi_extra=takes(StartSession),
        )
        self._add_now(app)
        self._add_course(app)
        for address, kind in ADDRESSES.items():
            app.add_api_route(
                f"{AT}/{{session}}/{address}",
                self._command(kind),
                methods=["POST"],
                status_code=204,
                responses=COMMAND,
                name=kind.__name__,
                description=kind.__doc__,
                openapi_extra=takes(kind),
            )

    def _add_now(self, app: FastAPI) -> None:
        """What is known of a session that is open, or was until a moment ago."""
        for name, handler, schema in (
            ("", self.view, {"$ref": _ref(SessionView)}),
            ("/entries", self.entries, _list_of(Entry)),
            ("/limits", self.limits, _list_of(ShownRule)),
        ):
            app.add_api_route(f"{AT}/{{session}}{name}", handler, responses=READ | _gives(schema))
        app.add_api_route(
            f"{AT}/{{session}}/what-if",
            self.what_if,
            methods=["POST"],
            responses=COMMAND | _gives({"$ref": _ref(WhatIf)}),
            openapi_extra=takes(TryLimits),
        )

    def _add_course(self, app: FastAPI) -> None:
        """What the record has of any session."""
        for name, handler, schema in (
            ("record", self.record, {"$ref": _ref(Record)}),
            ("form", self.form, {"$ref": _ref(Form)}),
            ("earlier", self.earlier, _list_of(Earlier)),
        ):
            responses = READ | KEPT | _gives(schema)
            app.add_api_route(f"{AT}/{{session}}/{name}", handler, responses=responses)

    async def start(self, request: Request, response: Response, key: Key = "") -> StartedSession:
        """Open a session on a seat."""
        body = await read_body(request, StartSession)
        session = self.commands.start(body, by=person_of(request), key=key)
        if not await self.commands.settled():
            response.status_code = LATER
        return StartedSession(session=session)

    async def view(self, session: Id) -> Response:
        """Everything about a session that is open, or ended within the last ten minutes."""
        return as_json(self.commands.view(session))

    async def entries(self, session: Id) -> Response:
        """The record of such a session, in order."""
        return as_json(self.commands.entries(session))

    async def limits(self, session: Id) -> Response:
        """The alarm rules of such a session."""
        return as_json(self.commands.limits(session))

    async def what_if(self, request: Request, session: Id) -> Response:
        """What would have alarmed in the last hour with other limits; nothing is changed."""
        body = await read_body(request, TryLimits)
        person_of(request).must_be_allowed(Task.MOVE_LIMIT)
        return as_json(await self.commands.what_if(session, body.limits))

    async def record(self, session: Id) -> Response:
        """Everything that was entered in a session, open or ended, by chapter, and what its alarms did."""
        return as_json(await self.commands.record(session))

    async def form(self, session: Id) -> Response:
        """The form of the esketamine programme of such a session, and what is missing in it."""
        return as_json(await self.commands.form(session))

    async def earlier(self, session: Id) -> Response:
        """Earlier sessions with the same client code, newest first: to compare with, never a limit."""
        return as_json(await self.commands.earlier(session))

    def _command(self, kind: type[Command]) -> Callable[..., Awaitable[Response]]:
        async def command(request: Request, session: Id, key: Key = "") -> Response:
            body = await read_body(request, kind)
            await self.commands.do(session, body, by=person_of(request), key=key)
            return await settled(self.commands)

        return command


async def settled(commands: Commands) -> Response:
    """The answer to a command that was carried out: 204 where it is recorded, 202 where it is not yet."""
    return Response(status_code=204 if await commands.settled() else LATER)


async def read_body(request: Request, kind: type[Body]) -> Body:
    """The request's body as a `kind`; an empty one where nothing need be said.

    Raises:
        HTTPException: 422, with what is wrong and where.
    """
    raw = await request.body()
    try:
        return msgspec.json.decode(raw or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise HTTPException(422, str(error)) from None


def as_json(value: object) -> Response:
    """Any msgspec value as the answer."""
    return Response(msgspec.json.encode(value), media_type="application/json")


def _ref(shape: type) -> str:
    return f"#/components/schemas/{shape.__name__}"


def _list_of(shape: type) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": _ref(shape)}}


def takes(kind: type) -> dict[str, Any]:
    """What the OpenAPI document says of a body that is a `kind`."""
    schema = {"$ref": _ref(kind)}
    needed = any(each.required for each in msgspec.structs.fields(kind))
    return {"requestBody": {"required": needed, "content": {"application/json": {"schema": schema}}}}


def _gives(schema: Mapping[str, Any]) -> Answers:
    return {200: {"content": {"application/json": {"schema": schema}}}}

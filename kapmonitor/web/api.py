"""`/api/v1`: what scripts and our own pages may ask and have done.

What a role may not do is 403, what cannot be done now 409, both with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kapmonitor import documents
from kapmonitor.alarms.nuisance import Label, Nuisance
from kapmonitor.board import Board, Picture, Place
from kapmonitor.clock import Clock
from kapmonitor.model import Happened, Phase, Route
from kapmonitor.ports import Commands
from kapmonitor.web.guard import person_of

ID_PATTERN = "^[a-z0-9-]{1,128}$"
Id = Annotated[str, Path(pattern=ID_PATTERN)]
SHAPES = (Place, documents.Alarm, Nuisance)
Days = Annotated[int, Query(ge=1, le=3660)]
Answers = dict[int | str, dict[str, Any]]


class Problem(BaseModel):
    """Why a request was not carried out, in one plain sentence."""

    detail: str


class StartSession(BaseModel):
    """Which seat, and how ketamine will be given; `drill`: an exercise or a simulation."""

    model_config = ConfigDict(extra="forbid")

    room: str = Field(pattern=ID_PATTERN)
    seat: str = Field(default="a", pattern=ID_PATTERN)
    route: Route
    drill: bool = False


class StartedSession(BaseModel):
    """The new session's id."""

    session: str


class SetPhase(BaseModel):
    """The phase to go to."""

    model_config = ConfigDict(extra="forbid")

    phase: Phase


Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,39}$")]


class LogEvent(BaseModel):
    """What happened, or is over (`resolved`): `help`, `chest_pain`; `sedation` has a MOAA/S `score`."""

    model_config = ConfigDict(extra="forbid")

    kind: Name
    severity: Literal["mild", "moderate", "severe"] | None = None
    score: int | None = Field(default=None, ge=0, le=5)
    resolved: bool = False


class Interruption(BaseModel):
    """For how long the sensors come off on purpose, in minutes."""

    model_config = ConfigDict(extra="forbid")

    minutes: float = Field(gt=0, le=10)


class SwitchOff(BaseModel):
    """Which rule is off until the session ends, and why; no reason switches it on again."""

    model_config = ConfigDict(extra="forbid")

    rule: str = Field(pattern=ID_PATTERN)
    reason: str = Field(default="", max_length=500)


class Acknowledge(BaseModel):
    """`seq` of the alarm as it was seen: what came after is not acknowledged."""

    model_config = ConfigDict(extra="forbid")

    seq: int = Field(ge=0)


class LabelAlarm(BaseModel):
    """What the alarm was: `expected` is true, but known and of no use."""

    model_config = ConfigDict(extra="forbid")

    label: Label


ALWAYS: Answers = {
    401: {"model": Problem, "description": "Not logged in"},
    403: {
        "model": Problem,
        "description": "Not for this role, with those it is for; or from a page of another site",
    },
}
COMMAND: Answers = ALWAYS | {
    409: {"model": Problem, "description": "Refused, with the reason"},
    413: {"description": "The body is too large"},
}

NO_RECORD: Answers = {
    200: {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Nuisance"}}}},
    409: {"model": Problem, "description": "Nothing is recorded, or the record cannot be read"},
}


@dataclass(frozen=True, slots=True)
class Api:
    """The handlers; `add_to` names their addresses."""

    board: Board
    clock: Clock
    commands: Commands

    def add_to(self, app: FastAPI) -> None:
        """Put every address on the app."""
        v1 = "/api/v1"
        app.add_api_route(f"{v1}/rooms", self.rooms, responses=ALWAYS | _list_of("Place"))
        app.add_api_route(f"{v1}/alarms", self.alarms, responses=ALWAYS | _list_of("Alarm"))
        app.add_api_route(f"{v1}/nuisance", self.nuisance, responses=ALWAYS | NO_RECORD)
        app.add_api_route(
            f"{v1}/sessions", self.start_session, methods=["POST"], status_code=201, responses=COMMAND
        )
        for address, command in (
            ("alarms/{alarm}/acknowledge", self.acknowledge),
            ("alarms/{alarm}/label", self.label),
            ("sessions/{session}/phase", self.set_phase),
            ("sessions/{session}/end", self.end_session),
            ("sessions/{session}/here", self.here),
            ("sessions/{session}/events", self.log),
            ("sessions/{session}/audio-pause", self.pause_audio),
            ("sessions/{session}/interruption", self.interrupt),
            ("sessions/{session}/switch-off", self.switch_off),
            ("sessions/{session}/cuff/start", self.start_cuff),
            ("sessions/{session}/cuff/stop", self.stop_cuff),
        ):
            app.add_api_route(
                f"{v1}/{address}", command, methods=["POST"], status_code=204, responses=COMMAND
            )

    async def rooms(self) -> Response:
        """Every seat of every room as the wall shows it now."""
        return _json(self._picture().places)

    async def alarms(self) -> Response:
        """The alarms in force, by priority, then the newest first."""
        return _json(self._picture().alarms)

    async def start_session(self, request: Request, body: StartSession) -> StartedSession:
        """Open a session on a seat."""
        by = person_of(request)
        session = self.commands.start_session(body.room, body.seat, body.route, drill=body.drill, by=by)
        await self.commands.settled()
        return StartedSession(session=session)

    async def acknowledge(self, request: Request, alarm: Id, body: Acknowledge) -> None:
        """Acknowledge one alarm as it was seen."""
        self.commands.acknowledge(alarm, body.seq, by=person_of(request))
        await self.commands.settled()

    async def label(self, request: Request, alarm: Id, body: LabelAlarm) -> None:
        """Say what an alarm was, of an open or an ended session."""
        await self.commands.label(alarm, body.label, by=person_of(request))
        await self.commands.settled()

    async def nuisance(self, days: Days = 30) -> Response:
        """What the alarms of the last days were worth, by rule."""
        return _json(await self.commands.nuisance(days))

    async def set_phase(self, request: Request, session: Id, body: SetPhase) -> None:
        """Move a session to another phase."""
        self.commands.set_phase(session, body.phase, by=person_of(request))
        await self.commands.settled()

    async def end_session(self, request: Request, session: Id) -> None:
        """Close a session."""
        self.commands.end_session(session, by=person_of(request))
        await self.commands.settled()

    async def here(self, request: Request, session: Id) -> None:
        """Somebody is with the patient."""
        self.commands.here(session, by=person_of(request))
        await self.commands.settled()

    async def log(self, request: Request, session: Id, body: LogEvent) -> None:
        """Log that something happened, or is over."""
        happened = Happened(body.kind, body.severity, body.score, body.resolved)
        self.commands.log(session, happened, by=person_of(request))
        await self.commands.settled()

    async def pause_audio(self, request: Request, session: Id) -> None:
        """Sounds off for two minutes, or until something new."""
        self.commands.pause_audio(session, by=person_of(request))
        await self.commands.settled()

    async def interrupt(self, request: Request, session: Id, body: Interruption) -> None:
        """The sensors come off on purpose."""
        self.commands.interrupt(session, body.minutes, by=person_of(request))
        await self.commands.settled()

    async def switch_off(self, request: Request, session: Id, body: SwitchOff) -> None:
        """Switch one rule off for the rest of the session, or on again."""
        self.commands.switch_off(session, body.rule, body.reason, by=person_of(request))
        await self.commands.settled()

    async def start_cuff(self, request: Request, session: Id) -> None:
        """Start one cuff measurement now."""
        await self.commands.start_cuff(session, by=person_of(request))
        await self.commands.settled()

    async def stop_cuff(self, request: Request, session: Id) -> None:
        """Stop the cuff at once."""
        await self.commands.stop_cuff(session, by=person_of(request))
        await self.commands.settled()

    def _picture(self) -> Picture:
        return self.board.picture(self.clock.utc())


def describe(app: FastAPI) -> None:
    """Have the OpenAPI document say what places and alarms are made of: FastAPI reads no msgspec structs."""
    made_by_fastapi = app.openapi

    def openapi() -> dict[str, Any]:
        document = made_by_fastapi()
        _, shapes = msgspec.json.schema_components(SHAPES, ref_template="#/components/schemas/{name}")
        document["components"]["schemas"].update(shapes)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it


def _list_of(shape: str) -> Answers:
    schema = {"type": "array", "items": {"$ref": f"#/components/schemas/{shape}"}}
    return {200: {"content": {"application/json": {"schema": schema}}}}


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")

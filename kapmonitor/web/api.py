"""`/api/v1`: what scripts and our own pages may ask and have done.

What a role may not do is 403, what cannot be done now 409, both with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kapmonitor import documents
from kapmonitor.alarms.nuisance import Label, Nuisance
from kapmonitor.board import Board, Picture, Place
from kapmonitor.clock import Clock
from kapmonitor.paging.view import PagerView
from kapmonitor.ports import Commands
from kapmonitor.session.history import Trend
from kapmonitor.web import past, rooms, sessions, site_api
from kapmonitor.web.access import Access
from kapmonitor.web.guard import person_of, view_of
from kapmonitor.web.sessions import ALWAYS, COMMAND, Answers, Id, as_json, problem, settled
from kapmonitor.web.views import shown

SHAPES = (
    Place, documents.Alarm, Nuisance, PagerView, Trend, *rooms.SHAPES, *sessions.SHAPES, *past.SHAPES,
    *site_api.SHAPES,
)  # fmt: skip
Days = Annotated[int, Query(ge=1, le=3660)]


class Acknowledge(BaseModel):
    """`seq` of the alarm as it was seen: what came after is not acknowledged."""

    model_config = ConfigDict(extra="forbid")

    seq: int = Field(ge=0)


class LabelAlarm(BaseModel):
    """What the alarm was: `expected` is true, but known and of no use."""

    model_config = ConfigDict(extra="forbid")

    label: Label


NO_RECORD: Answers = {
    200: {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Nuisance"}}}},
    409: problem("Nothing is recorded, or the record cannot be read"),
}


@dataclass(frozen=True, slots=True)
class Api:
    """The handlers; `add_to` names their addresses."""

    board: Board
    clock: Clock
    commands: Commands
    access: Access

    def add_to(self, app: FastAPI) -> None:
        """Put every address on the app."""
        v1 = "/api/v1"
        app.add_api_route(f"{v1}/rooms", self.rooms, responses=ALWAYS | _list_of("Place"))
        app.add_api_route(f"{v1}/alarms", self.alarms, responses=ALWAYS | _list_of("Alarm"))
        app.add_api_route(f"{v1}/nuisance", self.nuisance, responses=ALWAYS | NO_RECORD)
        app.add_api_route(
            f"{v1}/alarms/{{alarm}}/acknowledge",
            self.acknowledge,
            methods=["POST"],
            status_code=204,
            responses=COMMAND,
        )
        app.add_api_route(
            f"{v1}/alarms/{{alarm}}/label",
            self.label,
            methods=["POST"],
            status_code=204,
            responses=COMMAND,
        )

    async def rooms(self, request: Request) -> Response:
        """Every seat of every room as the wall shows it now."""
        return as_json(self._picture(request).places)

    async def alarms(self, request: Request) -> Response:
        """The alarms in force, by priority, then the newest first."""
        return as_json(self._picture(request).alarms)

    async def acknowledge(self, request: Request, alarm: Id, body: Acknowledge) -> Response:
        """Acknowledge one alarm as it was seen."""
        self.commands.acknowledge(alarm, body.seq, by=person_of(request))
        return await settled(self.commands)

    async def label(self, request: Request, alarm: Id, body: LabelAlarm) -> Response:
        """Say what an alarm was, of an open or an ended session."""
        await self.commands.label(alarm, body.label, by=person_of(request))
        return await settled(self.commands)

    async def nuisance(self, days: Days = 30) -> Response:
        """What the alarms of the last days were worth, by rule."""
        return as_json(await self.commands.nuisance(days))

    def _picture(self, request: Request) -> Picture:
        return shown(self.board.picture(self.clock.utc()), view_of(request, self.access))


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

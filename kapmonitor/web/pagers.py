"""`/api/v1/pagers`: who is called, in what order, and how that is changed."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kapmonitor.ports import Commands, PagerDesk, PhoneDesk
from kapmonitor.web.guard import person_of
from kapmonitor.web.sessions import ALWAYS, COMMAND, Answers, Id, as_json, settled

COVER_MIN = 30.0


class TakePager(BaseModel):
    """`key`: what only this browser knows; `over`: also where another phone is this pager now."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=16, max_length=64)
    over: bool = False


class LeavePager(BaseModel):
    """`key`: what only this browser knows."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=16, max_length=64)


class Cover(BaseModel):
    """How long somebody is covered for."""

    model_config = ConfigDict(extra="forbid")

    minutes: float = Field(COVER_MIN, gt=0, le=720)


LIST: Answers = {
    200: {
        "content": {
            "application/json": {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/PagerView"}}
            }
        }
    }
}


@dataclass(frozen=True, slots=True)
class PagerApi:
    """The handlers; `add_to` names their addresses."""

    desk: PagerDesk
    phones: PhoneDesk
    commands: Commands

    def add_to(self, app: FastAPI) -> None:
        """Put every address on the app."""
        at = "/api/v1/pagers"
        app.add_api_route(at, self.pagers, responses=ALWAYS | LIST)
        for name, handler in (
            ("test", self.test),
            ("on-call", self.on_call),
            ("hand-over", self.hand_over),
            ("cover", self.cover),
            ("take", self.take),
            ("leave", self.leave),
        ):
            app.add_api_route(
                f"{at}/{{pager}}/{name}", handler, methods=["POST"], status_code=204, responses=COMMAND
            )

    async def pagers(self) -> Response:
        """All pagers in the order in which they are asked now."""
        return as_json(self.desk.pagers())

    async def test(self, request: Request, pager: Id) -> Response:
        """Send a test page: each shift somebody has to answer one."""
        self.desk.test(pager, by=person_of(request))
        return await settled(self.commands)

    async def on_call(self, request: Request, pager: Id) -> Response:
        """This pager is asked first from now on; whoever takes it confirms nothing."""
        self.desk.put_on_call(pager, by=person_of(request))
        return await settled(self.commands)

    async def hand_over(self, request: Request, pager: Id) -> Response:
        """Ask this pager to take over; done once it has accepted."""
        self.desk.hand_over(pager, by=person_of(request))
        return await settled(self.commands)

    async def cover(self, request: Request, pager: Id, body: Cover | None = None) -> Response:
        """Ask this pager to cover for whoever is on call; done once it has accepted."""
        minutes = COVER_MIN if body is None else body.minutes
        self.desk.hand_over(pager, by=person_of(request), minutes=minutes)
        return await settled(self.commands)

    async def take(self, request: Request, pager: Id, body: TakePager) -> Response:
        """The phone that sends this is that pager from now on."""
        self.phones.take(pager, body.key, by=person_of(request), over=body.over)
        return await settled(self.commands)

    async def leave(self, request: Request, pager: Id, body: LeavePager) -> Response:
        """The phone that sends this is that pager no longer."""
        self.phones.leave(pager, body.key, by=person_of(request))
        return await settled(self.commands)

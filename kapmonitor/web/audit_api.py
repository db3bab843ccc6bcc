"""`/api/v1/audit`: who did what, when and from where, and what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Query, Request
from pydantic import BaseModel

from kapmonitor.errors import RefusedError
from kapmonitor.people import Task
from kapmonitor.ports import AuditTrail
from kapmonitor.web.guard import person_of
from kapmonitor.web.sessions import ALWAYS, COMMAND, Answers

Limit = Annotated[int, Query(ge=1, le=500)]
Before = Annotated[int | None, Query(ge=1, le=2**62)]
Word = Annotated[str, Query(pattern="^[a-z0-9:-]{0,60}$")]


class AuditLine(BaseModel):
    """One line: what `by` did to `what`; `detail` is what came of it, of a command the answer's code."""

    id: int
    ts: str
    by: str
    action: str
    what: str
    detail: str
    address: str


@dataclass(frozen=True, slots=True)
class AuditApi:
    """The handler; `add_to` names its address."""

    trail: AuditTrail | None

    def add_to(self, app: FastAPI) -> None:
        """Put the address on the app."""
        answers: Answers = ALWAYS | {code: COMMAND[code] for code in (409, 422)}
        app.add_api_route("/api/v1/audit", self.lines, responses=answers)

    async def lines(
        self,
        request: Request,
        limit: Limit = 100,
        before: Before = None,
        by: Word = "",
        action: Word = "",
    ) -> list[AuditLine]:
        """The newest lines first; those before an `id`, of one user, or of one action."""
        person_of(request).must_be_allowed(Task.ADMINISTER)
        if self.trail is None:
            raise RefusedError("Nothing is being recorded here.")
        found = await self.trail.newest(limit, before, by=by, action=action)
        return [AuditLine(**each._asdict()) for each in found]

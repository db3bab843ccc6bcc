"""`/api/v1/sessions/{id}/trend`: hours of one quantity, small enough for a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import FastAPI, Query, Response

from kapmonitor.clock import Clock
from kapmonitor.errors import RefusedError
from kapmonitor.ports import Past
from kapmonitor.quantities import QUANTITIES
from kapmonitor.session.history import Trend
from kapmonitor.web.sessions import COMMAND, Answers, Id, as_json

Minutes = Annotated[float, Query(gt=0, le=24 * 60)]
Name = Annotated[str, Query(pattern=f"^({'|'.join(QUANTITIES)})$")]


@dataclass(frozen=True, slots=True)
class Trends:
    """The handler; `add_to` names its address."""

    past: Past | None
    clock: Clock

    def add_to(self, app: FastAPI) -> None:
        """Put the address on the app."""
        answers: Answers = {code: COMMAND[code] for code in (401, 403, 409, 423)}
        answers[200] = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Trend"}}}}
        app.add_api_route("/api/v1/sessions/{session}/trend", self.trend, responses=answers)

    async def trend(self, session: Id, quantity: Name, minutes: Minutes = 240.0) -> Response:
        """The lowest and the highest of one quantity, of the last minutes: at most 1,000 points."""
        if self.past is None:
            raise RefusedError("Nothing is being recorded here.")
        until = self.clock.utc()
        found: Trend = await self.past.trend(session, quantity, until - timedelta(minutes=minutes), until)
        return as_json(found)

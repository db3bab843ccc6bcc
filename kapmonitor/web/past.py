"""`/api/v1/sessions` and `…/{id}/alarms`: which sessions there were, and what alarmed in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import msgspec
from fastapi import FastAPI, Query, Request, Response

from kapmonitor.alarms.nuisance import Label
from kapmonitor.clock import Clock
from kapmonitor.errors import RefusedError
from kapmonitor.people import Task
from kapmonitor.ports import Past
from kapmonitor.session.past import AlarmLine, Summary
from kapmonitor.web.guard import person_of
from kapmonitor.web.sessions import ALWAYS, KEPT, Answers, Id, as_json

Days = Annotated[float, Query(gt=0, le=3660)]
MOST = 500


class AlarmCourse(msgspec.Struct, frozen=True, kw_only=True):
    """All that happened to the alarms of a session, in order, and what staff said last of each, by alarm."""

    lines: tuple[AlarmLine, ...]
    labels: Mapping[str, Label]


@dataclass(frozen=True, slots=True)
class PastApi:
    """The handlers; `add_to` names their addresses. Without a `past` nothing is recorded, and they say so."""

    past: Past | None
    clock: Clock

    def add_to(self, app: FastAPI) -> None:
        """Put both addresses on the app."""
        summaries = {"type": "array", "items": {"$ref": "#/components/schemas/Summary"}}
        for path, handler, schema in (
            ("/api/v1/sessions", self.sessions, summaries),
            ("/api/v1/sessions/{session}/alarms", self.alarms, {"$ref": "#/components/schemas/AlarmCourse"}),
        ):
            answer: Answers = {200: {"content": {"application/json": {"schema": schema}}}}
            app.add_api_route(path, handler, responses=ALWAYS | KEPT | answer)

    async def sessions(self, request: Request, days: Days = 7.0) -> Response:
        """The sessions of the last days, newest first, 500 at most.

        Who may not read reports gets no client codes.
        """
        found = await self._past().sessions(self.clock.utc() - timedelta(days=days), MOST)
        if not person_of(request).may(Task.READ_REPORT):
            found = [msgspec.structs.replace(each, client="") for each in found]
        return as_json(found)

    async def alarms(self, session: Id) -> Response:
        """Every alarm of a session, open or ended: what it was, when, who saw it, what staff said of it."""
        past = self._past()
        lines, labels = await past.alarms_of(session), await past.labels_of(session)
        return as_json(AlarmCourse(lines=tuple(lines), labels=labels))

    def _past(self) -> Past:
        if self.past is None:
            raise RefusedError("Nothing is being recorded here.")
        return self.past


SHAPES: tuple[type, ...] = (Summary, AlarmCourse)

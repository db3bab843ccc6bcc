"""What is read of sessions, open and ended: their record, their form, and what they are compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kapmonitor.clock import Clock
from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.model import Route
from kapmonitor.ports import Past
from kapmonitor.session.form import Form, form
from kapmonitor.session.past import Earlier
from kapmonitor.session.record import Record, record
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session


class Books:
    """Open sessions as they are in memory, ended ones as the record has them."""

    def __init__(
        self,
        known: Callable[[str], Session | None],
        past: Past | None,
        routes: Mapping[Route, RouteTable],
        clock: Clock,
        site: str,
    ) -> None:
        """`known`: a session that is in memory; `past`: what is kept, None where nothing is."""
        self._known = known
        self._past = past
        self._routes = routes
        self._clock = clock
        self._site = site

    async def record(self, session: str) -> Record:
        """The record of a session, with what its alarms did."""
        one = await self._session(session)
        alarms = [] if self._past is None else await self._past.alarms_of(session)
        return record(one, alarms, self._site)

    async def form(self, session: str) -> Form:
        """The form of the esketamine programme, as far as it can be filled."""
        one = await self._session(session)
        return form(one, self._routes[one.route], self._site)

    async def earlier(self, session: str) -> Sequence[Earlier]:
        """Earlier sessions with the same client code, newest first: to compare with, never a limit."""
        one = await self._session(session)
        if not one.client.code:
            raise RefusedError("This session has no client code, so there is nothing to compare it with.")
        if self._past is None:
            raise RefusedError("Nothing is being recorded here.")
        return await self._past.earlier(one.client.code, one.started.utc, drill=one.drill)

    async def _session(self, name: str) -> Session:
        known = self._known(name)
        if known is None and self._past is not None:
            known = await self._past.session(name, self._clock.moment())
        if known is None:
            raise UnknownError(f"The record has no session {name}.")
        return known

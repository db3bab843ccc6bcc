"""The reports of a running service; implements `kapmonitor.ports.Reports`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import tzinfo

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.clock import Clock
from kapmonitor.errors import UnknownError
from kapmonitor.model import Route
from kapmonitor.people import Person, Task
from kapmonitor.ports import Audit, Past
from kapmonitor.report.page import Printed, page
from kapmonitor.report.printing import can_print, pdf
from kapmonitor.report.sheet import style
from kapmonitor.session.routes import RouteTable

RulesOf = Callable[[str], Awaitable[RuleSet | None]]
"""The alarm limits with this hash, None where nobody has them any more."""


class Reports:
    """Made anew at every asking, of what the record has then, in a thread: no alarm waits for it."""

    def __init__(
        self,
        past: Past,
        rules_of: RulesOf,
        routes: Mapping[Route, RouteTable],
        clock: Clock,
        audit: Audit,
        *,
        site: str,
        zone: tzinfo,
    ) -> None:
        """`audit`: where each opening is noted; `site`: its id; `zone`: in which its people live."""
        self._past, self._rules_of, self._routes = past, rules_of, routes
        self._clock, self._audit, self._site, self._zone = clock, audit, site, zone
        self._printing = asyncio.Lock()

    async def page(self, session: str, *, by: Person, address: str = "") -> str:
        """The report of a session as HTML; that `by` has opened it, from `address`, is noted.

        Raises:
            NotAllowedError: it is not for this role.
            UnknownError: the record has no such session.
            KapmonitorError: the record cannot be read.
        """
        return await self._made("report", session, by, address, alone=False)

    async def pdf(self, session: str, *, by: Person, address: str = "") -> bytes:
        """The same on paper: some seconds of one core at a low priority, one report after the other.

        Raises:
            NotInstalledError: the extra for that is missing.
            NotAllowedError, UnknownError, KapmonitorError: as `page`, or there is no PDF for another reason.
        """
        html = await self._made("report-pdf", session, by, address, alone=True)
        async with self._printing:
            return await asyncio.to_thread(pdf, html)

    async def _made(self, action: str, session: str, by: Person, address: str, *, alone: bool) -> str:
        by.must_be_allowed(Task.READ_REPORT)
        moment = self._clock.moment()
        history = await self._past.history(session, moment)
        if history is None:
            raise UnknownError(f"The record has no session {session}.")
        self._audit.note(action, session, by=by.id, address=address)
        return await asyncio.to_thread(
            page,
            history,
            rules=await self._rules_of(history.session.rules),
            table=self._routes[history.session.route],
            printed=Printed(
                by=by.id, at=moment.utc, site=self._site, zone=self._zone, chain=self._past.head()
            ),
            labels=await self._past.labels_of(session),
            alone=alone,
            with_pdf=not alone and can_print(),
        )

    def style(self, session: str, mark: str) -> str:
        """The style sheet of that page; `mark` stands at the head of every printed page."""
        return style(self._site, session, mark)

"""What would have alarmed in the last hour of an open session with other limits."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from kapmonitor.alarms.moving import Changes, moved
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.clock import Clock
from kapmonitor.errors import ConfigError, RefusedError, UnknownError
from kapmonitor.ports import Past
from kapmonitor.rehearsal.again import again
from kapmonitor.session.past import WhatIf
from kapmonitor.session.routes import RouteTable

HOUR = timedelta(hours=1)


class Trying:
    """One trial at a time, in a thread: no alarm waits for it."""

    def __init__(self, past: Past | None, clock: Clock) -> None:
        """`past`: what is kept, None where nothing is."""
        self._past, self._clock, self._one = past, clock, asyncio.Semaphore(1)

    async def hour(self, session: str, rules: RuleSet, table: RouteTable, changes: Changes) -> WhatIf:
        """The last hour of `session` under its `rules`, and under those with `changes`.

        Raises:
            RefusedError: the limits cannot be so, with every reason; or nothing is recorded.
        """
        others = allowed(rules, changes)
        if self._past is None:
            raise RefusedError("Nothing is being recorded here.")
        moment = self._clock.moment()
        since = moment.utc - HOUR
        async with self._one:
            history = await self._past.history(session, moment)
            if history is None:
                raise UnknownError(f"The record has no session {session}.")
            now = await asyncio.to_thread(again, history, rules, table, since)
            then = await asyncio.to_thread(again, history, others, table, since)
        return WhatIf(
            since=moment.earlier(moment.at - HOUR.total_seconds()), now=tuple(now), then=tuple(then)
        )


def allowed(rules: RuleSet, changes: Changes) -> RuleSet:
    """The rules with these limits.

    Raises:
        RefusedError: they cannot be so; the text has every reason.
    """
    try:
        return moved(rules, changes)
    except ConfigError as bad:
        reasons = "; ".join(each.removeprefix("alarms: ") for each in bad.mistakes)
        raise RefusedError(f"These limits cannot be used: {reasons}") from None

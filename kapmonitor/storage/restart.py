"""What a service that starts goes on with: sessions, pages and alarms of the run before it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Moment
from kapmonitor.paging.facts import Remembered
from kapmonitor.session.session import Session
from kapmonitor.storage.paged import read_paging
from kapmonitor.storage.rows import Restored, service_restored, session_row
from kapmonitor.storage.sessions import read_ended, read_open, read_rows
from kapmonitor.storage.tables import service_state
from kapmonitor.storage.writer import FAILURES, Writer

SUPERSEDED = "restart"
"""Who ended a session that was open beside a newer one of its seat."""


class Restart:
    """Each of it is asked for once, at the start. What cannot be read is in the record's `problems`.

    `notes`: what staff should know of it, a plain sentence or two each.
    """

    def __init__(
        self, writer: Writer, end: Callable[[Session, Moment, str], None], forget: Callable[[str], None]
    ) -> None:
        """`end` and `forget` are the record's."""
        self._writer = writer
        self._end = end
        self._forget = forget
        self.notes: list[str] = []

    async def open_sessions(self, moment: Moment) -> list[Restored]:
        """Every session that was open when the service went away, on the clock of `moment`, oldest first.

        A seat has one session: of several, as after a start without the record, the newest goes on.
        """
        try:
            async with self._writer.reading() as connection:
                found = await read_open(connection, moment)
        except FAILURES:
            self.notes.append(
                "Sessions that were open before the restart could not be read. Start them again."
            )
            return []
        for each, lines in found:
            self._writer.entries[each.session.id] = {line["seq"]: line for line in lines}
            self._writer.open[each.session.id] = session_row(each.session, each.origin)
        going_on = self._one_a_seat([each for each, _ in found], moment)
        self.notes += [
            f"{each.session.id}: not all that was known before the restart can be read. Look at the patient."
            for each in going_on
            if not each.whole
        ]
        return going_on

    async def ended_sessions(self, moment: Moment, within_s: float) -> list[Restored]:
        """Every session that ended less than `within_s` before `moment`; the states of older ones go."""
        try:
            async with self._writer.reading() as connection:
                found, old = await read_ended(connection, moment, within_s)
        except FAILURES:
            return []
        for name in old:
            self._forget(name)
        return found

    async def paging(self, moment: Moment) -> Remembered:
        """What paging has to know, on the clock of `moment`."""
        try:
            async with self._writer.reading() as connection:
                return await read_paging(connection, moment)
        except FAILURES:
            return Remembered()

    async def service_alarms(self, site: str, moment: Moment) -> EngineState | None:
        """What the alarms of the service itself remembered, on the clock of `moment`; None: nothing known."""
        wanted = select(service_state).where(service_state.c.site == site)
        try:
            async with self._writer.reading() as connection:
                rows = await read_rows(connection, wanted)
        except FAILURES:
            return None
        return service_restored(rows[0], moment) if rows else None

    def _one_a_seat(self, found: list[Restored], moment: Moment) -> list[Restored]:
        """End all but the newest session of each seat: that one was begun with the patient who is there."""
        newest = {(each.session.room, each.session.seat): each.session for each in found}
        going_on: list[Restored] = []
        for each in found:
            one = each.session
            instead = newest[one.room, one.seat]
            if one is instead:
                going_on.append(each)
                continue
            self._end(one, moment, SUPERSEDED)
            self.notes.append(
                f"{one.id}: was open beside {instead.id}, which is newer and goes on; it is ended. "
                "Check who is on the seat."
            )
        return going_on

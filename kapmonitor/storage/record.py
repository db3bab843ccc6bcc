"""The record of a site: what is to be kept goes in without waiting, and whoever must be sure can wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Self

from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.nuisance import Label, Nuisance
from kapmonitor.alarms.state import EngineState
from kapmonitor.documents import Value
from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment, Origin, Waveform
from kapmonitor.paging.facts import DutyChanged, Fact, PageSent, ReceiptTaken
from kapmonitor.ports import ANSWERED_WITHIN_S
from kapmonitor.session.entries import Entry
from kapmonitor.session.session import Session
from kapmonitor.storage import engine
from kapmonitor.storage.audit import AuditLog
from kapmonitor.storage.entrance import Entrance
from kapmonitor.storage.errors import RecordInUseError
from kapmonitor.storage.housekeeping import Housekeeping
from kapmonitor.storage.instants import Row, to_us
from kapmonitor.storage.labels import has_alarm, label_row, read_nuisance
from kapmonitor.storage.left import Folder, Place, take_in
from kapmonitor.storage.left_rows import LeftRows
from kapmonitor.storage.lines import entry_row
from kapmonitor.storage.numerics import second_rows
from kapmonitor.storage.paged import paged_row
from kapmonitor.storage.past import Past
from kapmonitor.storage.restart import Restart
from kapmonitor.storage.rows import service_row, session_row, state_row, transition_row
from kapmonitor.storage.signatures import Signatures
from kapmonitor.storage.waveforms import Waves
from kapmonitor.storage.writer import CLOSE_WITHIN_S, DURABLE_WITHIN_S, FAILURES, Writer

logger = logging.getLogger(__name__)


class Record:
    """The one store of a site. What it cannot write it keeps in memory, says so, and writes when it can.

    What gives it something to keep (`begin`, `save`, `vitals`, …) never waits and never fails for what the
    disk does.
    """

    def __init__(self, writer: Writer) -> None:
        """Use `Record.open`."""
        self._writer = writer
        self._waves = Waves()
        self.past = Past(writer)
        self.audit = AuditLog(writer)
        self.entrance = Entrance(writer)
        self.housekeeping = Housekeeping(writer, self.audit)
        self.signatures = Signatures(writer)
        self.restart = Restart(writer, self.end, self.forget)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, notes: Folder | None = None) -> AsyncGenerator[Self]:
        """The record at `url`, made or brought to the present version; closed with all written.

        `notes`: where commands leave what they did, beside the place that every record has for that.

        Raises:
            ConfigError: no record can be kept at such a URL.
            RecordInUseError: another process writes it. Anything else that is wrong is in `problems`.
        """
        writer = Writer(engine.parse(url))
        try:
            await writer.opened()
        except RecordInUseError as error:
            raise RecordInUseError(f"The record {writer.shown()} {error}") from None
        except FAILURES as error:
            await writer.failed(error)
        writing = asyncio.create_task(writer.run(), name="record")
        made = cls(writer)
        places = _places(writer, notes)
        taking = asyncio.create_task(take_in(places, made.audit, made.durable), name="audit notes")
        try:
            yield made
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            writer.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await writing
            await writer.close()

    def begin(self, session: Session, origin: Origin) -> None:
        """A session is open, with the entries that it has; or open again, after its end was a mistake."""
        self._writer.pending.tried |= session.reopened > 0  # then most of its entries stand there already
        self._writer.entries.setdefault(session.id, {})
        self._put(session_row(session, origin))
        self._add(session.id, session.entries)
        self._writer.changed(urgent=True)

    def save(
        self,
        session: Session,
        state: EngineState,
        transitions: Iterable[Transition],
        entries: Iterable[Entry],
        moment: Moment,
    ) -> None:
        """What a session's alarm engine remembers at `moment`, and what has come since the last time.

        Transitions and entries are written at once, all of them; states without any once a second, the newest
        only. An entry that was given before is not written twice.

        Raises:
            KeyError: the session was never begun, or is over.
        """
        before = self._writer.open[session.id]
        row = session_row(session, Origin(before["origin"]))
        if row != before:
            self._put(row)
        self._writer.pending.states[session.id] = state_row(session.id, state, moment)
        came = [transition_row(session.id, each, moment) for each in transitions]
        self._writer.pending.transitions += came
        added = self._add(session.id, entries)
        self._writer.changed(urgent=added or bool(came))

    def vitals(self, session: str, values: Mapping[str, Value], moment: Moment) -> None:
        """One second of a session is over: its numbers as shown and as read, and its waveforms until now."""
        measured = self._writer.pending.measured
        rows = second_rows(session, values, moment)
        if rows is not None:
            second, heading = rows
            measured.numerics.append(second)
            if self._writer.headings.new(heading):
                measured.headings[heading["id"]] = heading
        measured.waves += self._waves.cut(session)
        measured.bound(len(self._writer.open))
        self._writer.changed(urgent=False)

    def wave(self, session: str, device: str, piece: Waveform, moment: Moment) -> None:
        """Samples of which the last came at `moment`; they are kept with the next `vitals`."""
        self._writer.pending.measured.waves += self._waves.add(session, device, piece, moment)

    def end(self, session: Session, moment: Moment, by: str) -> None:
        """A session is over, its last entries saved; it does not go on any more, until it is begun again.

        What its alarm engine remembered stays until `forget`: the end may have been a mistake.
        """
        self._writer.pending.measured.waves += self._waves.end(session.id)
        before = self._writer.open[session.id]
        over = {"ended_us": to_us(moment.utc), "ended_by": by}
        self._put({**session_row(session, Origin(before["origin"])), **over})
        del self._writer.open[session.id], self._writer.entries[session.id]
        self._writer.changed(urgent=True)

    def forget(self, session: str) -> None:
        """A session that is over cannot be reopened any more: what its alarm engine remembered goes."""
        self._writer.pending.states[session] = None
        self._writer.changed(urgent=False)

    def label(self, alarm: str, label: Label, by: str, moment: Moment) -> None:
        """Somebody says what an alarm was; what was said before stays in the record."""
        self._writer.pending.labels.append(label_row(alarm, label, by, moment))
        self._writer.changed(urgent=True)

    async def knows(self, alarm: str) -> bool:
        """Whether the record has this alarm, of an open or an ended session.

        Raises:
            RefusedError: the record cannot be read, or is behind.
        """
        whole = await self.durable(ANSWERED_WITHIN_S)
        if any(row["alarm"] == alarm for row in self._writer.pending.transitions):
            return True
        async with self._looking() as connection:
            found = await has_alarm(connection, alarm)
        if not found and not whole:
            raise RefusedError("The record is behind: not all alarms are written. Try again in a moment.")
        return found

    async def nuisance(self, days: int, now: datetime) -> Nuisance:
        """What the alarms of the last `days` were worth.

        Raises:
            RefusedError: the record cannot be read.
        """
        async with self._looking() as connection:
            return await read_nuisance(connection, days, now)

    @asynccontextmanager
    async def _looking(self) -> AsyncGenerator[AsyncConnection]:
        """A connection of its own: it can neither write nor keep the writer waiting."""
        there = engine.to_look(self._writer.url)
        try:
            async with there.connect() as connection:
                yield connection
        except FAILURES as error:
            raise RefusedError(self._writer.unreadable(error)) from None
        finally:
            await there.dispose()

    def save_service(self, site: str, state: EngineState, moment: Moment) -> None:
        """What the alarms of the service itself remember at `moment`."""
        self._writer.pending.services[site] = service_row(site, state, moment)
        self._writer.changed(urgent=True)

    def paged(self, facts: Iterable[Fact], moment: Moment) -> None:
        """Pages to be sent, receipts, and who went on call; `moment` says what UTC their times are."""
        pending = self._writer.pending
        for each in facts:
            row = paged_row(each, moment)
            match each:
                case PageSent():
                    pending.pages.append(row)
                case ReceiptTaken():
                    pending.receipts.append(row)
                case DutyChanged():
                    pending.duties.append(row)
        self._writer.changed(urgent=True)

    async def durable(self, within_s: float = DURABLE_WITHIN_S) -> bool:
        """Wait until everything given so far is on the disk, at most `within_s`; whether it is."""
        return await self._writer.soon(within_s)

    @property
    def stopped(self) -> str | None:
        """Why nothing is being written; None while it is."""
        return self._writer.problem

    def problems(self) -> list[str]:
        """What staff should know, one plain sentence or two each; empty while all is well."""
        if self._writer.problem is None:
            return list(self.restart.notes)
        kept = f" Monitoring goes on from memory; {self._writer.waiting()} wait to be written."
        return [self._writer.problem + kept, *self.restart.notes]

    def _put(self, row: Row) -> None:
        self._writer.open[row["id"]] = row
        self._writer.pending.sessions[row["id"]] = row

    def _add(self, session: str, entries: Iterable[Entry]) -> bool:
        """Have those entries written that were not given before; whether there are any."""
        known = self._writer.entries[session]
        new = {each.seq: entry_row(session, each) for each in entries if each.seq not in known}
        known |= new
        self._writer.pending.entries += new.values()
        return bool(new)


def _places(writer: Writer, notes: Folder | None) -> list[Place]:
    """Where commands leave notes for this record."""
    path = engine.file_of(writer.url)
    own = LeftRows(writer) if path is None else Folder(path)
    elsewhere = [] if notes is None or (isinstance(own, Folder) and own.path == notes.path) else [notes]
    return [own, *elsewhere]

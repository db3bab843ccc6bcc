"""What waits to be written, and how it is: in one transaction, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.storage import chain
from kapmonitor.storage.instants import Row
from kapmonitor.storage.measured import Measured
from kapmonitor.storage.tables import (
    alarm_label,
    alarm_state,
    metadata,
    on_call,
    page,
    receipt,
    rule_set,
    service_state,
    session,
)

Named = tuple[str, str]
"""A table and the key of a row in it."""


@dataclass(slots=True)
class Batch:
    """The newest row of each session and state (None: it is over), all entries, transitions and labels.

    `services` are the newest states of the service's own alarms, by site; `pages`, `receipts` and `duties`
    are what paging remembers; `entrance` are the newest rows of users, log-ins and displays, by table and
    key (None: it is gone). Of what was measured, `measured` has what there is room for.

    `tried`: some of it may stand in the record already.
    """

    sessions: dict[str, Row] = field(default_factory=dict[str, Row])
    states: dict[str, Row | None] = field(default_factory=dict[str, "Row | None"])
    entries: list[Row] = field(default_factory=list[Row])
    transitions: list[Row] = field(default_factory=list[Row])
    labels: list[Row] = field(default_factory=list[Row])
    rule_sets: dict[str, Row] = field(default_factory=dict[str, Row])
    audit: list[Row] = field(default_factory=list[Row])
    services: dict[str, Row] = field(default_factory=dict[str, Row])
    measured: Measured = field(default_factory=Measured)
    pages: list[Row] = field(default_factory=list[Row])
    receipts: list[Row] = field(default_factory=list[Row])
    duties: list[Row] = field(default_factory=list[Row])
    entrance: dict[Named, Row | None] = field(default_factory=dict[Named, "Row | None"])
    tried: bool = False

    def put_back(self, failed: Batch) -> None:
        """What could not be written goes before what came since."""
        self.sessions = failed.sessions | self.sessions
        self.states = failed.states | self.states
        self.entries = failed.entries + self.entries
        self.transitions = failed.transitions + self.transitions
        self.labels = failed.labels + self.labels
        self.rule_sets = failed.rule_sets | self.rule_sets
        self.audit = failed.audit + self.audit
        self.services = failed.services | self.services
        self.pages = failed.pages + self.pages
        self.receipts = failed.receipts + self.receipts
        self.duties = failed.duties + self.duties
        self.entrance = failed.entrance | self.entrance
        self.measured.put_back(failed.measured)
        self.tried = True

    async def write(self, connection: AsyncConnection) -> chain.Head | None:
        """Write everything, inside the transaction that `connection` is in; the chain's new head, if any."""
        await put(connection, session, "id", self.sessions.values())
        await put(connection, rule_set, "hash", self.rule_sets.values())
        await put(connection, service_state, "site", self.services.values())
        head = await chain.extend(connection, await self._covered(connection))
        await self._add(connection, alarm_label, self.labels, ("alarm", "label", "by", "t_us"))
        await self._add(connection, page, self.pages, ("page_id",))
        await self._add(connection, receipt, self.receipts, ("page_id", "status"))
        await self._add(connection, on_call, self.duties, ("pager", "kind", "t_us"))
        over = [name for name, row in self.states.items() if row is None]
        for name in over:
            await connection.execute(delete(alarm_state).where(alarm_state.c.session == name))
        await put(
            connection, alarm_state, "session", [row for row in self.states.values() if row is not None]
        )
        await put_entrance(connection, self.entrance)
        await self.measured.write(connection)
        return head

    async def _covered(self, connection: AsyncConnection) -> list[tuple[str, Row]]:
        """Write the rows that get a link in the chain; those that were not there before, with their kinds."""
        added: list[tuple[str, Row]] = []
        for kind, rows in (("entry", self.entries), ("alarm", self.transitions), ("audit", self.audit)):
            covered = chain.COVERED[kind]
            new = await self._add(connection, covered.table, rows, covered.key)
            added += [(kind, row) for row in new]
        return added

    async def _add(
        self, connection: AsyncConnection, table: Table, rows: list[Row], key: tuple[str, ...]
    ) -> list[Row]:
        """Add rows to a table where rows are only ever added; `key` tells them apart. Those that are new."""
        if self.tried:
            rows = await _not_there(connection, table, rows, key)
        if rows:
            await connection.execute(insert(table), [dict(row) for row in rows])
        return rows


async def put(connection: AsyncConnection, table: Table, key: str, rows: Iterable[Row]) -> None:
    """Update rows, or insert those that are not there: with one writer, nobody can come between."""
    for row in rows:
        done = await connection.execute(update(table).where(table.c[key] == row[key]).values(dict(row)))
        if done.rowcount == 0:
            await connection.execute(insert(table).values(dict(row)))


async def put_entrance(connection: AsyncConnection, rows: Mapping[Named, Row | None]) -> None:
    """Users, log-ins and displays as they are now; those that are gone go."""
    for (name, key), row in rows.items():
        table = metadata.tables[name]
        column = next(iter(table.primary_key.columns))
        if row is None:
            await connection.execute(delete(table).where(column == key))
        else:
            await put(connection, table, column.name, [row])


async def _not_there(
    connection: AsyncConnection, table: Table, rows: list[Row], key: tuple[str, ...]
) -> list[Row]:
    """Those that an earlier try, which seemed to fail, has not written after all; each once."""
    there: set[tuple[Any, ...]] = set()
    columns = [table.c[name] for name in key]
    firsts = list({row[key[0]] for row in rows})
    for start in range(0, len(firsts), _AT_ONCE):
        some = firsts[start : start + _AT_ONCE]
        found = await connection.execute(select(*columns).where(columns[0].in_(some)))
        there |= {tuple(row) for row in found}
    wanted = {tuple(row[name] for name in key): row for row in rows}
    return [row for name, row in wanted.items() if name not in there]


_AT_ONCE = 500
"""Fewer than any database's limit of parameters in a statement."""

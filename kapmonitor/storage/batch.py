"""What waits to be written, and how it is: in one transaction, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert

from kapmonitor.storage import chain, seals
from kapmonitor.storage.instants import Row, to_us
from kapmonitor.storage.measured import Measured
from kapmonitor.storage.proof import seal
from kapmonitor.storage.putting import not_there, put
from kapmonitor.storage.tables import alarm_state, rule_set, service_state, session

Named = tuple[str, str]
"""A kind of `seals.SEALED` and the key of a row."""


@dataclass(slots=True)
class Batch:
    """The newest row of each session and state (None: it is over), all entries, transitions and labels.

    `services` are the newest states of the service's own alarms, by site; `pages`, `receipts` and `duties`
    are what paging remembers; `removed`, which waveforms may go; `entrance` are the newest rows of users,
    log-ins and displays, by kind and key (None: it is gone). Of what was measured, `measured` has what there
    is room for.

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
    removed: list[Row] = field(default_factory=list[Row])
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
        self.removed = failed.removed + self.removed
        self.entrance = failed.entrance | self.entrance
        self.measured.put_back(failed.measured)
        self.tried = True

    def write(self, connection: Connection, after: chain.Head | None) -> chain.Head:
        """Write everything, inside the transaction that `connection` is in; the chain's new head.

        `after`: the head until now, None where that is not known.
        """
        before = after or chain.head(connection)
        put(connection, session, self.sessions.values())
        put(connection, rule_set, self.rule_sets.values())
        put(connection, service_state, self.services.values())
        links = [chain.link_of(kind, row) for kind, row in self._added(connection)]
        for name in (name for name, row in self.states.items() if row is None):
            connection.execute(delete(alarm_state).where(alarm_state.c.session == name))
        put(connection, alarm_state, (row for row in self.states.values() if row is not None))
        self._put_entrance(connection)
        self.measured.write(connection)
        rows = list(self._sealed())
        if not rows:
            return chain.extend(connection, before, links)
        data = seals.packed(rows)
        head = chain.extend(connection, before, [*links, seals.link_of(data, to_us(datetime.now(UTC)))])
        connection.execute(insert(seal), {"seq": head.seq, "rows": data})
        return head

    def _put_entrance(self, connection: Connection) -> None:
        """Users, log-ins and displays as they are now; those that are gone go."""
        for (kind, key), row in self.entrance.items():
            covered = seals.SEALED[kind]
            if row is None:
                connection.execute(delete(covered.table).where(covered.table.c[covered.key[0]] == key))
            else:
                put(connection, covered.table, [row])

    def _added(self, connection: Connection) -> list[tuple[str, Row]]:
        """Write the rows that get a link of their own; those that were not there before, with their kinds."""
        added: list[tuple[str, Row]] = []
        for kind, rows in self._linked():
            covered = chain.LINKED[kind]
            new = not_there(connection, covered.table, rows, covered.key) if self.tried else rows
            if new:
                connection.execute(insert(covered.table), [dict(row) for row in new])
            added += [(kind, row) for row in new]
        return added

    def _linked(self) -> Iterator[tuple[str, list[Row]]]:
        yield "entry", self.entries
        yield "alarm", self.transitions
        yield "audit", self.audit
        yield "label", self.labels
        yield "page", self.pages
        yield "receipt", self.receipts
        yield "duty", self.duties
        yield "removed", self.removed

    def _sealed(self) -> Iterator[seals.Sealed]:
        """All that stands in the record after this, and has no link of its own."""
        of_newest = (("session", self.sessions), ("rules", self.rule_sets), ("service-state", self.services))
        for kind, rows in of_newest:
            yield from (seals.sealed(kind, row) for row in rows.values())
        for name, row in self.states.items():
            gone = seals.Sealed("alarm-state", (name,), seals.GONE)
            yield gone if row is None else seals.sealed("alarm-state", row)
        for (kind, name), row in self.entrance.items():
            yield seals.Sealed(kind, (name,), seals.GONE) if row is None else seals.sealed(kind, row)
        yield from (seals.sealed(kind, row) for kind, row in self.measured.rows())

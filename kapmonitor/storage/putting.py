"""Rows into tables: those of which the newest counts, and those that are only ever added.

Works on a plain (sync) connection, as all that writes does: see `database`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Insert, Table, select
from sqlalchemy.dialects import sqlite

from kapmonitor.storage.instants import Row

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

AT_ONCE = 500
"""Fewer than any database's limit of parameters in a statement."""


def put(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows, each whole, or have them take the place of those with the same primary key."""
    wanted = [dict(row) for row in rows]
    if wanted:
        connection.execute(_replacing(connection.dialect.name, table, tuple(wanted[0])), wanted)


def put_if_new(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows; those that are there already stay."""
    wanted = [dict(row) for row in rows]
    if wanted:
        connection.execute(_leaving(connection.dialect.name, table), wanted)


def not_there(connection: Connection, table: Table, rows: Sequence[Row], key: tuple[str, ...]) -> list[Row]:
    """Those that an earlier try, which seemed to fail, has not written after all; each once."""
    there: set[tuple[Any, ...]] = set()
    columns = [table.c[name] for name in key]
    firsts = list({row[key[0]] for row in rows})
    for start in range(0, len(firsts), AT_ONCE):
        some = firsts[start : start + AT_ONCE]
        found = connection.execute(select(*columns).where(columns[0].in_(some)))
        there |= {tuple(row) for row in found}
    wanted = {tuple(row[name] for name in key): row for row in rows}
    return [row for name, row in wanted.items() if name not in there]


@cache
def _replacing(dialect: str, table: Table, columns: tuple[str, ...]) -> Insert:
    """Built once: to build it takes longer than to write a row."""
    adding = _insert(dialect, table)
    key = [column.name for column in table.primary_key]
    newer = {name: adding.excluded[name] for name in columns if name not in key}
    return adding.on_conflict_do_update(index_elements=key, set_=newer)


@cache
def _leaving(dialect: str, table: Table) -> Insert:
    return _insert(dialect, table).on_conflict_do_nothing()


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - only with a server; a start waits for it

    return postgresql.insert(table)

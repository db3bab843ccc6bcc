"""Rows into tables: those of which the newest counts, and those that are only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.storage.instants import Row

AT_ONCE = 500
"""Fewer than any database's limit of parameters in a statement."""


async def put(connection: AsyncConnection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows, each whole, or have them take the place of those with the same primary key."""
    wanted = [dict(row) for row in rows]
    if wanted:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        adding = insert(table)
        key = [column.name for column in table.primary_key]
        newer = {name: adding.excluded[name] for name in wanted[0] if name not in key}
        await connection.execute(adding.on_conflict_do_update(index_elements=key, set_=newer), wanted)


async def put_if_new(connection: AsyncConnection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows; those that are there already stay."""
    wanted = [dict(row) for row in rows]
    if wanted:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        await connection.execute(insert(table).on_conflict_do_nothing(), wanted)


async def not_there(
    connection: AsyncConnection, table: Table, rows: Sequence[Row], key: tuple[str, ...]
) -> list[Row]:
    """Those that an earlier try, which seemed to fail, has not written after all; each once."""
    there: set[tuple[Any, ...]] = set()
    columns = [table.c[name] for name in key]
    firsts = list({row[key[0]] for row in rows})
    for start in range(0, len(firsts), AT_ONCE):
        some = firsts[start : start + AT_ONCE]
        found = await connection.execute(select(*columns).where(columns[0].in_(some)))
        there |= {tuple(row) for row in found}
    wanted = {tuple(row[name] for name in key): row for row in rows}
    return [row for name, row in wanted.items() if name not in there]

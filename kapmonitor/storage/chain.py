"""A chain of hashes over what nobody may change: entries, what happened to alarms, and the audit log.

Each link has the digest of its row and a hash over the link before it: a row that is changed, taken out, put
in or exchanged no longer fits its link, and a link no longer its neighbours. Whoever rewrites everything to
the end gets another head; the head goes out with every heartbeat and stands on reports.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Float, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.storage.instants import Row
from kapmonitor.storage.tables import alarm_transition, audit, chain, session_entry

START = bytes(32)
"""What the first link follows."""


class Covered(NamedTuple):
    """A table whose rows have links: `key` names a row, `columns` are what its digest is made of.

    Columns of later versions are not in it: the digests of old rows would not be theirs any more.
    """

    table: Table
    key: tuple[str, ...]
    columns: tuple[str, ...]


COVERED: Mapping[str, Covered] = {
    "entry": Covered(
        session_entry,
        ("session", "seq"),
        ("session", "seq", "t_us", "mono_offset_us", "by", "role", "kind", "what", "key"),
    ),
    "alarm": Covered(
        alarm_transition,
        ("alarm", "seq", "t_us"),
        (
            "session", "alarm", "name", "rule", "priority", "kind", "event", "state", "acknowledged", "by",
            "value", "limit", "unit", "page", "text", "seq", "t_us", "mono_offset_us",
        ),
    ),
    "audit": Covered(
        audit, ("mark",), ("mark", "t_us", "by", "action", "what", "detail", "address")
    ),
}  # fmt: skip


class Head(NamedTuple):
    """The newest link: its number, and its hash."""

    seq: int
    hash: bytes


def name_of(kind: str, row: Row) -> str:
    """Which row of its kind this is."""
    return "/".join(str(row[name]) for name in COVERED[kind].key)


def digest_of(kind: str, row: Row) -> bytes:
    """SHA-256 of what a row says."""
    covered = COVERED[kind]
    values = [_plain(covered.table, name, row.get(name)) for name in covered.columns]
    return hashlib.sha256(msgspec.json.encode(values)).digest()


def hash_of(before: bytes, seq: int, kind: str, of: str, digest: bytes) -> bytes:
    """The hash of a link that follows the one with the hash `before`."""
    return hashlib.sha256(before + msgspec.json.encode([seq, kind, of]) + digest).digest()


async def head(connection: AsyncConnection) -> Head:
    """The newest link; number 0 where there is none yet. What was cut off leaves a gap in the numbers."""
    row = (
        await connection.execute(select(chain.c.seq, chain.c.hash).order_by(chain.c.seq.desc()).limit(1))
    ).first()
    found = Head(0, START) if row is None else Head(row[0], bytes(row[1]))
    return Head(max(found.seq, await last_given(connection)), found.hash)


async def last_given(connection: AsyncConnection) -> int:
    """The highest number that was ever given to a link, as far as the database knows."""
    if connection.dialect.name == "sqlite":
        wanted = text("select coalesce(max(seq), 0) from sqlite_sequence where name = 'chain'")
        return int((await connection.execute(wanted)).scalar() or 0)
    return int((await connection.execute(select(func.max(chain.c.seq)))).scalar() or 0)


async def extend(connection: AsyncConnection, rows: Iterable[tuple[str, Row]]) -> Head | None:
    """Add a link for each (kind, row), inside the transaction that wrote them; the new head, if any."""
    wanted = list(rows)
    if not wanted:
        return None
    seq, last = await head(connection)
    links: list[Row] = []
    for number, (kind, row) in enumerate(wanted, start=seq + 1):
        of, digest = name_of(kind, row), digest_of(kind, row)
        last = hash_of(last, number, kind, of, digest)
        links.append(
            {"seq": number, "kind": kind, "of": of, "t_us": row["t_us"], "digest": digest, "hash": last}
        )
    await connection.execute(insert(chain), [dict(link) for link in links])
    return Head(seq + len(wanted), last)


async def head_or_none(connection: AsyncConnection) -> Head | None:
    """The head of a record that may be damaged."""
    try:
        return await head(connection)
    except DBAPIError:
        return None


def _plain(table: Table, name: str, value: object) -> object:
    """As every database gives it back: a whole number in a column of floats comes back as a float."""
    is_float = isinstance(table.c[name].type, Float) and isinstance(value, int | float)
    return float(value) if is_float and isinstance(value, int | float) else value

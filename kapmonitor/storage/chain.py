"""A chain of hashes over what nobody may change: each link has the hash of the one before in its own.

A row that is changed, taken out, put in or exchanged no longer fits its link, and a link no longer its
neighbours. Whoever rewrites everything to the end gets another head; the head goes out with every heartbeat
and stands on reports. What comes second by second has one link a batch, its seal: `seals`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Float, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from kapmonitor.storage.instants import Row
from kapmonitor.storage.proof import audit, chain, removed
from kapmonitor.storage.tables import alarm_label, alarm_transition, on_call, page, receipt, session_entry

START = bytes(32)
"""What the first link follows."""
OLDER = "older"
"""The kind of the link that says how many rows were there before their kind got links or seals."""


class Covered(NamedTuple):
    """A table whose rows are in the chain: `key` names a row, `columns` are what its digest is made of.

    Columns of later versions are not in it: the digests of old rows would not be theirs any more.
    """

    table: Table
    key: tuple[str, ...]
    columns: tuple[str, ...]


LINKED: Mapping[str, Covered] = {
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
    "label": Covered(alarm_label, ("alarm", "label", "by", "t_us"), ("alarm", "label", "by", "t_us")),
    "page": Covered(
        page,
        ("page_id",),
        (
            "page_id", "pager", "alarm", "seq", "kind", "level", "document", "round_us", "t_us",
            "mono_offset_us",
        ),
    ),
    "receipt": Covered(
        receipt,
        ("page_id", "status"),
        ("page_id", "pager", "seq", "status", "said", "t_us", "mono_offset_us"),
    ),
    "duty": Covered(
        on_call,
        ("pager", "kind", "t_us"),
        ("kind", "pager", "by", "until_us", "t_us", "mono_offset_us"),
    ),
    "removed": Covered(
        removed,
        ("session", "quantity", "since_us", "until_us"),
        ("session", "quantity", "since_us", "until_us", "t_us"),
    ),
}  # fmt: skip
"""What has a link for each row; rows are only ever added."""


class Head(NamedTuple):
    """The newest link: its number, and its hash."""

    seq: int
    hash: bytes


class Link(NamedTuple):
    """What a link is about: which row (`of`) of which kind, when that was, and its digest."""

    kind: str
    of: str
    t_us: int
    digest: bytes


def link_of(kind: str, row: Row) -> Link:
    """The link of one row."""
    covered = LINKED[kind]
    return Link(kind, name_of(covered, row), row["t_us"], digest_of(covered, row))


def name_of(covered: Covered, row: Row) -> str:
    """Which row of its table this is."""
    return "/".join(str(row[name]) for name in covered.key)


def digest_of(covered: Covered, row: Row) -> bytes:
    """SHA-256 of what a row says."""
    floats = _floats(covered.table)
    values = [_plain(row.get(name)) if name in floats else row.get(name) for name in covered.columns]
    return hashlib.sha256(msgspec.json.encode(values)).digest()


def hash_of(before: bytes, seq: int, kind: str, of: str, digest: bytes) -> bytes:
    """The hash of a link that follows the one with the hash `before`."""
    return hashlib.sha256(before + msgspec.json.encode([seq, kind, of]) + digest).digest()


def head(connection: Connection) -> Head:
    """The newest link; number 0 where there is none yet. What was cut off leaves a gap in the numbers."""
    row = (
        connection.execute(select(chain.c.seq, chain.c.hash).order_by(chain.c.seq.desc()).limit(1))
    ).first()
    found = Head(0, START) if row is None else Head(row[0], bytes(row[1]))
    return Head(max(found.seq, last_given(connection)), found.hash)


def head_or_none(connection: Connection) -> Head | None:
    """The head of a record that may be damaged."""
    try:
        return head(connection)
    except DBAPIError:
        return None


def last_given(connection: Connection) -> int:
    """The highest number that was ever given to a link, as far as the database knows."""
    if connection.dialect.name == "sqlite":
        wanted = text("select coalesce(max(seq), 0) from sqlite_sequence where name = 'chain'")
        return int((connection.execute(wanted)).scalar() or 0)
    return int((connection.execute(select(func.max(chain.c.seq)))).scalar() or 0)


def extend(connection: Connection, after: Head, links: Sequence[Link]) -> Head:
    """Add links behind the head, inside the transaction that wrote what they are about; the new head."""
    if not links:
        return after
    rows = list(_chained(after, links))
    connection.execute(insert(chain), rows)
    return Head(rows[-1]["seq"], rows[-1]["hash"])


def _chained(after: Head, links: Iterable[Link]) -> Iterable[dict[str, Any]]:
    last = after.hash
    for seq, link in enumerate(links, start=after.seq + 1):
        last = hash_of(last, seq, link.kind, link.of, link.digest)
        yield {"seq": seq, **link._asdict(), "hash": last}


@cache
def _floats(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.c if isinstance(column.type, Float))


def _plain(value: object) -> object:
    """As every database gives it back: a whole number in a column of floats comes back as a float."""
    return float(value) if isinstance(value, int) else value

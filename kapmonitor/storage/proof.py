"""The tables that prove what the others say, and the audit log; they go with those of `tables`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from kapmonitor.storage.tables import metadata


def _noted() -> Iterator[Column[Any]]:
    """What somebody did, when and from where."""
    yield Column("t_us", BigInteger, nullable=False)
    for name in ("by", "action", "what", "detail", "address"):
        yield Column(name, Text, nullable=False)


audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("mark", Text, nullable=False),
    *_noted(),
    Index(None, "mark"),
)
"""Who did what to the service, when and from where; rows are only ever added."""

left_note = Table(
    "left_note",
    metadata,
    Column("mark", Text, primary_key=True),
    *_noted(),
)
"""What commands left for the audit log, on a database server; empty where there is a folder for that."""

chain = Table(
    "chain",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("of", Text, nullable=False),
    Column("t_us", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""Links, of which each has the hash of the one before in its own: see `kapmonitor.storage.chain`."""

seal = Table(
    "seal",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("rows", LargeBinary, nullable=False),
)
"""The digests of the rows that a batch wrote without a link of their own; `seq` is the seal's link."""

removed = Table(
    "removed",
    metadata,
    Column("session", Text, primary_key=True),
    Column("quantity", Text, primary_key=True),
    Column("since_us", BigInteger, primary_key=True),
    Column("until_us", BigInteger, primary_key=True),
    Column("t_us", BigInteger, nullable=False),
)
"""What retention may have taken away: rows of `wave` after `since_us` and before `until_us`."""

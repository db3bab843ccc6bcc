"""Seals over what has no link of its own, tombstones, and how much was there before all of it was covered."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008_seals"
down_revision = "0007_paging"

_LINKED = {"session_entry": "entry", "alarm_transition": "alarm", "audit": "audit"}
_ALONE = (
    "session", "alarm_state", "service_state", "rule_set", "alarm_label", "page", "receipt", "on_call",
    "numeric", "numeric_heading", "wave", "unrecorded",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables; the first link of the new kind says how many rows there are without one."""
    op.create_table(
        "seal",
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_seal"),
    )
    op.create_table(
        "removed",
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("session", "quantity", "since_us", "until_us", name="pk_removed"),
    )
    _link_what_is_older()


def _link_what_is_older() -> None:
    """As `kapmonitor.storage.chain` links; written out here, since it must stay as it was for this step."""
    seq, before = _end()
    t_us = time.time_ns() // 1000
    counts = {name: _count(name) - _links(kind) for name, kind in _LINKED.items()}
    counts |= {name: _count(name) for name in _ALONE}
    of = json.dumps({"t_us": t_us, **counts}, separators=(",", ":"))
    digest = hashlib.sha256(of.encode()).digest()
    named = json.dumps([seq + 1, "older", of], separators=(",", ":")).encode()
    link = {"seq": seq + 1, "kind": "older", "of": of, "t_us": t_us, "digest": digest}
    link["hash"] = hashlib.sha256(before + named + digest).digest()
    names = ("seq", "kind", "of", "t_us", "digest", "hash")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
    op.get_bind().execute(sa.insert(sa.table("chain", *columns)).values(link))


def _end() -> tuple[int, bytes]:
    """The number that was given last, and the hash of the last link."""
    chain = sa.table("chain", sa.column("seq"), sa.column("hash"))
    newest = sa.select(chain.c.seq, chain.c.hash).order_by(chain.c.seq.desc()).limit(1)
    row = op.get_bind().execute(newest).first()
    seq, before = (0, bytes(32)) if row is None else (row[0], bytes(row[1]))
    if op.get_bind().dialect.name == "sqlite":
        given = sa.text("select coalesce(max(seq), 0) from sqlite_sequence where name = 'chain'")
        seq = max(seq, op.get_bind().execute(given).scalar() or 0)
    return seq, before


def _count(table: str) -> int:
    return op.get_bind().execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar() or 0


def _links(kind: str) -> int:
    links = sa.table("chain", sa.column("kind"))
    wanted = sa.select(sa.func.count()).select_from(links).where(links.c.kind == kind)
    return op.get_bind().execute(wanted).scalar() or 0

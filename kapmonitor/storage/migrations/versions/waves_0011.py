"""What all seconds of a waveform have in common stands once; `wave` is a view of both parts."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011_waves"
down_revision = "0010_left"

_COMMON = ("session", "quantity", "device", "rate_hz", "codec")
_COLUMNS: list[sa.ColumnClause[Any]] = [sa.column(name) for name in (*_COMMON, "t_us", "samples", "data")]
_OLD = sa.table("wave", *_COLUMNS)
_VIEW = """
    CREATE VIEW wave AS
    SELECT h.session, h.quantity, d.t_us, h.device, h.rate_hz, d.samples, h.codec, d.data
    FROM wave_data AS d JOIN wave_heading AS h ON h.id = d.heading
"""


def upgrade() -> None:
    """Make the tables, move all rows, and leave a view that reads as the table did."""
    heading = op.create_table(
        "wave_heading",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("rate_hz", sa.Float, nullable=False),
        sa.Column("codec", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wave_heading"),
    )
    op.create_index("ix_wave_heading_session_quantity", "wave_heading", ["session", "quantity"])
    data = op.create_table(
        "wave_data",
        sa.Column("heading", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("t_us", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("samples", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("heading", "t_us", name="pk_wave_data"),
        sqlite_with_rowid=False,
    )
    _move(heading, data)
    op.drop_table("wave")
    op.execute(_VIEW)


def _move(heading: sa.Table, data: sa.Table) -> None:
    connection = op.get_bind()
    common = connection.execute(sa.select(*(_OLD.c[name] for name in _COMMON)).distinct()).all()
    if not common:
        return
    connection.execute(
        sa.insert(heading), [{"id": _id(list(row)), **dict(zip(_COMMON, row, strict=True))} for row in common]
    )
    same = sa.and_(*(heading.c[name] == _OLD.c[name] for name in _COMMON))
    rows = sa.select(heading.c.id, _OLD.c.t_us, _OLD.c.samples, _OLD.c.data).select_from(
        sa.join(_OLD, heading, same)
    )
    connection.execute(sa.insert(data).from_select(["heading", "t_us", "samples", "data"], rows))


def _id(words: list[object]) -> int:
    """As `kapmonitor.storage.waveforms` makes it; another one would only be a heading more."""
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1

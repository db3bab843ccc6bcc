"""What is measured second by second, who did what, and the chain of hashes over what nobody may change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_journal"
down_revision = "0003_entries"


def upgrade() -> None:
    """Make the tables. What was recorded before has no links in the chain."""
    _measured()
    _audit()


def _measured() -> None:
    op.create_table(
        "numeric",
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("heading", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("session", "t_us", name="pk_numeric"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "numeric_heading",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("columns", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_numeric_heading"),
    )
    op.create_table(
        "wave",
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("quantity", sa.Text, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("rate_hz", sa.Float, nullable=False),
        sa.Column("samples", sa.Integer, nullable=False),
        sa.Column("codec", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("session", "quantity", "t_us", name="pk_wave"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unrecorded",
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("since_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("session", "what", "since_us", name="pk_unrecorded"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_mark", "audit", ["mark"])
    op.create_table(
        "chain",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("of", sa.Text, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_chain"),
        sqlite_autoincrement=True,
    )

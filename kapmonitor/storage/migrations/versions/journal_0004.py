"""What is measured second by second: numbers, waveforms, and what of them could not be kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_journal"
down_revision = "0003_entries"


def upgrade() -> None:
    """Make the tables."""
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

"""A session is its entries: the table of them, and by which client code a session is found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_entries"
down_revision = "0002_labels"


def upgrade() -> None:
    """Make the table; sessions from before have no entries and no client code."""
    op.create_table(
        "session_entry",
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("mono_offset_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session", "seq", name="pk_session_entry"),
        sa.ForeignKeyConstraint(["session"], ["session.id"], name="fk_session_entry_session"),
    )
    op.create_index("ix_session_entry_key", "session_entry", ["key"])
    op.add_column("session", sa.Column("client", sa.Text, nullable=False, server_default=""))
    op.create_index("ix_session_client_started_us", "session", ["client", "started_us"])

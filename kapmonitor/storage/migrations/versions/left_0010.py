"""Where commands leave what they did, for the audit log of a record on a database server."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_left"
down_revision = "0009_entrance"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "left_note",
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_left_note"),
    )

"""Who can log in, who is logged in, and which screens show something without."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_entrance"
down_revision = "0008_seals"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "user",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("pin_hash", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
    )
    op.create_table(
        "login",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("began_us", sa.BigInteger, nullable=False),
        sa.Column("used_us", sa.BigInteger, nullable=False),
        sa.Column("touched_us", sa.BigInteger, nullable=False),
        sa.Column("locked", sa.Boolean, nullable=False),
        sa.Column("recent", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_login"),
    )
    op.create_table(
        "display",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("paired_us", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_display"),
    )

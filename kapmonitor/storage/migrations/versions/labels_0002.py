"""What people said that an alarm was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_labels"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "alarm_label",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("alarm", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_label"),
    )
    op.create_index("ix_alarm_label_alarm", "alarm_label", ["alarm"])

"""The alarms of the service itself come back after a restart: what they remember."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_service"
down_revision = "0004_journal"


def upgrade() -> None:
    """Make the table; until the first alarm of the service nothing is in it."""
    op.create_table(
        "service_state",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("saved_us", sa.BigInteger, nullable=False),
        sa.Column("saved_at", sa.Float, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("site", name="pk_service_state"),
    )

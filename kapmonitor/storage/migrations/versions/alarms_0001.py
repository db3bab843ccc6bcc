"""The first tables: sessions, what happened to their alarms, what the engines remember, signed rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _session()
    _alarm_transition()
    op.create_table(
        "alarm_state",
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("saved_us", sa.BigInteger, nullable=False),
        sa.Column("saved_at", sa.Float, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session", name="pk_alarm_state"),
        sa.ForeignKeyConstraint(["session"], ["session.id"], name="fk_alarm_state_session"),
    )
    op.create_table(
        "rule_set",
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("signed_us", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_rule_set"),
    )


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("seat", sa.Text, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("drill", sa.Boolean, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("started_us", sa.BigInteger, nullable=False),
        sa.Column("ended_us", sa.BigInteger),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("ended_by", sa.Text),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
    )


def _alarm_transition() -> None:
    op.create_table(
        "alarm_transition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("alarm", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("acknowledged", sa.Boolean, nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("value", sa.Float),
        sa.Column("limit", sa.Float),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("page", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("mono_offset_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_transition"),
        sa.ForeignKeyConstraint(["session"], ["session.id"], name="fk_alarm_transition_session"),
    )
    op.create_index("ix_alarm_transition_session_t_us", "alarm_transition", ["session", "t_us"])
    op.create_index("ix_alarm_transition_alarm_seq", "alarm_transition", ["alarm", "seq"])

"""Pages on their way, what pagers said of them, and who was on call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_paging"
down_revision = "0006_service"


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "page",
        _id(),
        sa.Column("page_id", sa.Text, nullable=False),
        sa.Column("pager", sa.Text, nullable=False),
        sa.Column("alarm", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("round_us", sa.BigInteger, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("mono_offset_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_page"),
    )
    op.create_index("ix_page_page_id", "page", ["page_id"])
    op.create_index("ix_page_alarm", "page", ["alarm"])
    op.create_index("ix_page_t_us", "page", ["t_us"])
    op.create_table(
        "receipt",
        _id(),
        sa.Column("page_id", sa.Text, nullable=False),
        sa.Column("pager", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("mono_offset_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
    )
    op.create_index("ix_receipt_page_id", "receipt", ["page_id"])
    op.create_index("ix_receipt_t_us", "receipt", ["t_us"])
    op.create_table(
        "on_call",
        _id(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("pager", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("until_us", sa.BigInteger),
        sa.Column("t_us", sa.BigInteger, nullable=False),
        sa.Column("mono_offset_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_on_call"),
    )
    op.create_index("ix_on_call_t_us", "on_call", ["t_us"])

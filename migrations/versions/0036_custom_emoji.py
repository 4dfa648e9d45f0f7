"""Emoji that a workspace made itself, with their pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table(
        "custom_emoji",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("key", sa.String(64), nullable=True),
        sa.Column("media_type", sa.String(20), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_custom_emoji"),
        sa.UniqueConstraint("name", name="uq_custom_emoji_name"),
    )


def downgrade() -> None:
    op.drop_table("custom_emoji")

"""Channels and threads."""

import sqlalchemy as sa
from alembic import op

from helpdesk.database.types import BigId, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "channels",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("audience", sa.String(length=8), nullable=False),
        sa.Column("organization_id", BigId, nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("internal_by_default", sa.Boolean(), nullable=False),
        sa.Column("blocked_reason", sa.Text(), nullable=True),
        sa.Column("blocked_at", UtcDateTime(), nullable=True),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("reconciled_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("NOT is_shared OR audience = 'customer'", name=op.f("ck_channels_shared_is_customers")),
        sa.CheckConstraint("audience IN ('team', 'customer')", name=op.f("ck_channels_audience")),
        sa.CheckConstraint(
            "kind <> 'slack' OR audience = 'team' OR organization_id IS NOT NULL",
            name=op.f("ck_channels_customer_has_organization"),
        ),
        sa.CheckConstraint("kind IN ('slack', 'email')", name=op.f("ck_channels_kind")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_channels_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint("kind", "external_id", name=op.f("uq_channels_kind_external_id")),
    )
    op.create_index(op.f("ix_channels_organization_id"), "channels", ["organization_id"], unique=False)
    op.create_table(
        "threads",
        sa.Column("id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("organization_id", BigId, nullable=False),
        sa.Column("channel_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("nonce", sa.String(length=64), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_threads_channel_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id", "organization_id"],
            ["tickets.id", "tickets.organization_id"],
            name=op.f("fk_threads_ticket_id_organization_id"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_threads_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("channel_id", "external_id", name=op.f("uq_threads_channel_id_external_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_threads_token_hash")),
    )
    op.create_index("ix_threads_ticket_id", "threads", ["ticket_id"], unique=False)
    op.create_index(op.f("ix_threads_user_id"), "threads", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("threads")
    op.drop_table("channels")

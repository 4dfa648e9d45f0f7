"""What programs that synchronise need: when a ticket changed in any way, and which requests were done."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "idempotency_keys",
        sa.Column("token_id", ID, nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("created_id", ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"], ["api_tokens.id"], name="fk_idempotency_keys_token_id_api_tokens", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_id", "key_hash", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created", "idempotency_keys", ["created_at"])
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_tickets_changed",
            "tickets",
            [sa.text("coalesce(changed_at, updated_at)"), "id"],
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_index("ix_tickets_changed", "tickets")
    op.drop_column("tickets", "changed_at")

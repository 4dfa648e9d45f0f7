"""Whether the text folded below a message is new, which pictures of a mail are decoration, and senders whose mail the
team has accepted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("has_folded_text", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("attachments", sa.Column("is_decoration", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "trusted_senders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(255), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_trusted_senders_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_trusted_senders_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_senders")),
        sa.UniqueConstraint("address", name=op.f("uq_trusted_senders_address")),
    )
    op.create_index(op.f("ix_trusted_senders_user_id"), "trusted_senders", ["user_id"])


def downgrade() -> None:
    op.drop_table("trusted_senders")
    op.drop_column("attachments", "is_decoration")
    op.drop_column("messages", "has_folded_text")

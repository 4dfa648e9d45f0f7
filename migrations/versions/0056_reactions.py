"""Reactions to messages, and indexes by which the message of a reaction is found."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INDEXES = (("ix_messages_origin", "messages", "origin_external_id"), ("ix_deliveries_external", "deliveries", "external_id"))


def upgrade() -> None:
    op.create_table(
        "reactions",
        sa.Column("id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("outside_id", sa.String(64), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("emoji", sa.String(100), nullable=False),
        sa.Column("thread_id", ID, nullable=False),
        sa.Column("team_only", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_reactions_message_id_messages", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_reactions_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_reactions"),
        sa.UniqueConstraint(
            "message_id", "emoji", "user_id", "thread_id", name="uq_reactions_message_id_emoji_user_id_thread_id"
        ),
        sa.UniqueConstraint(
            "message_id", "emoji", "outside_id", "thread_id", name="uq_reactions_message_id_emoji_outside_id_thread_id"
        ),
    )
    op.create_index("ix_reactions_user_id", "reactions", ["user_id"])
    op.add_column("messages", sa.Column("has_reactions", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.get_context().autocommit_block():
        for name, table, column in INDEXES:
            is_there = sa.text(f"{column} IS NOT NULL")
            op.create_index(
                name,
                table,
                [column],
                postgresql_concurrently=True,
                if_not_exists=True,
                sqlite_where=is_there,
                postgresql_where=is_there,
            )


def downgrade() -> None:
    for name, table, _ in INDEXES:
        op.drop_index(name, table)
    op.drop_column("messages", "has_reactions")
    op.drop_table("reactions")

"""Replies that wait before anybody outside the team sees them, and how each agent is notified in Slack."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

INDEX = "ix_messages_publish_at"


def upgrade() -> None:
    op.add_column("messages", sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("channels", sa.Column("undo_mode", sa.String(8), nullable=True))
    op.add_column("users", sa.Column("chat_notifications", sa.String(8), nullable=False, server_default="thread"))
    op.add_column("users", sa.Column("quiet_from", sa.Integer(), nullable=True))
    op.add_column("users", sa.Column("quiet_until", sa.Integer(), nullable=True))
    waiting = sa.text("publish_at IS NOT NULL")
    if op.get_bind().dialect.name == "postgresql":
        with op.get_context().autocommit_block():
            op.create_index(INDEX, "messages", ["publish_at"], postgresql_where=waiting, postgresql_concurrently=True)
    else:
        op.create_index(INDEX, "messages", ["publish_at"], sqlite_where=waiting)


def downgrade() -> None:
    op.drop_index(INDEX, table_name="messages")
    for column in ("quiet_until", "quiet_from", "chat_notifications"):
        op.drop_column("users", column)
    op.drop_column("channels", "undo_mode")
    op.drop_column("messages", "publish_at")

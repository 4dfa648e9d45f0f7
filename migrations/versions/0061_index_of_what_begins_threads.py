"""An index of the deliveries that begin a thread, by time and attempts: which of them were in doubt at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = depends_on = None

INDEX = "ix_deliveries_begins_thread"
BEGINS_THREAD = sa.text("kind IN ('card', 'line')")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            INDEX,
            "deliveries",
            ["created_at", "attempts"],
            postgresql_concurrently=True,
            if_not_exists=True,
            sqlite_where=BEGINS_THREAD,
            postgresql_where=BEGINS_THREAD,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "deliveries", postgresql_concurrently=True, if_exists=True)

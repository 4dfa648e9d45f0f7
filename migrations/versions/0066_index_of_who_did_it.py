"""An index of events by who made them: erasing a person read all events of all tickets for theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = depends_on = None

INDEX = "ix_events_actor_id"


def upgrade() -> None:
    has_actor = sa.text("actor_id IS NOT NULL")
    with op.get_context().autocommit_block():
        op.create_index(
            INDEX,
            "events",
            ["actor_id"],
            postgresql_concurrently=True,
            if_not_exists=True,
            sqlite_where=has_actor,
            postgresql_where=has_actor,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "events", postgresql_concurrently=True, if_exists=True)

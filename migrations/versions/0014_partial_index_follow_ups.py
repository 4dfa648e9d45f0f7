"""Few tickets follow another or are merged: partial indexes of those.

With an index that is mostly NULL, SQLite's planner reads the whole table to find that nothing follows a ticket.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COLUMNS = ("follows_id", "merged_into_id")


def upgrade() -> None:
    for column in COLUMNS:
        op.drop_index(f"ix_tickets_{column}", "tickets")
        few = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_tickets_{column}", "tickets", [column], sqlite_where=few, postgresql_where=few)


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_index(f"ix_tickets_{column}", "tickets")
        op.create_index(f"ix_tickets_{column}", "tickets", [column])

"""Indexes that have everything by which tickets are counted and filtered, so that no ticket is read for a count.

One of the unsolved tickets, for the team, and one of a requester's. PostgreSQL takes requester and organization for
independent of each other, and expected 230 tickets of somebody who had 4,600: the statistics tell it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = depends_on = None

COUNTED = (
    *("status", "assignee_id", "priority", "organization_id", "requester_id"),
    *("form_version_id", "created_at", "next_due_at", "id"),
)
INDEXES = {
    "ix_tickets_unsolved_counted": (COUNTED, sa.text("status IN ('open', 'in_progress', 'pending', 'on_hold')")),
    "ix_tickets_requester_organization_status_updated": (
        ("requester_id", "organization_id", "status", "updated_at", "id"),
        None,
    ),
}
STATISTICS = "st_tickets_requester_organization"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, (columns, condition) in INDEXES.items():
            op.create_index(
                name,
                "tickets",
                list(columns),
                postgresql_concurrently=True,
                if_not_exists=True,
                sqlite_where=condition,
                postgresql_where=condition,
            )
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE STATISTICS IF NOT EXISTS {STATISTICS} (dependencies) ON requester_id, organization_id FROM tickets"
            )
            op.execute("ANALYZE tickets")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP STATISTICS IF EXISTS {STATISTICS}")
        for name in reversed(INDEXES):
            op.drop_index(name, "tickets", postgresql_concurrently=True, if_exists=True)

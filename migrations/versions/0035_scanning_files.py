"""An index of the files that wait for the virus scanner, which workers look for every minute."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = depends_on = None

NAME, IS_SCANNING = "ix_attachments_scanning", sa.text("state = 'scanning'")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            NAME,
            "attachments",
            ["id"],
            postgresql_concurrently=True,
            if_not_exists=True,
            sqlite_where=IS_SCANNING,
            postgresql_where=IS_SCANNING,
        )


def downgrade() -> None:
    op.drop_index(NAME, "attachments")

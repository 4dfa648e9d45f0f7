"""The quoted part of a mail, stored beside its new text."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("quoted", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "quoted")

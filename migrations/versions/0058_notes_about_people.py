"""What the team should know about a person."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("notes", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("users", "notes")

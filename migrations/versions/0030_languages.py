"""The language that a person chose, and that of an organization's people."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLES = ("users", "organizations")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("language", sa.String(16), nullable=True))


def downgrade() -> None:
    for name in TABLES:
        op.drop_column(name, "language")

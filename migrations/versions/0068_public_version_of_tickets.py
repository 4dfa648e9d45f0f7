"""How often what customers see of a ticket has changed: the other version counts notes, too, and what was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("public_version", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("tickets", "public_version")

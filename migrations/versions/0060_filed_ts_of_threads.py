"""Slack's time at which a ticket was made in a thread that was there before."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("threads", sa.Column("filed_ts", sa.String(32), nullable=True))


def downgrade() -> None:
    op.drop_column("threads", "filed_ts")

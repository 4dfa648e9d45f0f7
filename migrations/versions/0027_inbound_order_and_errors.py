"""The place of an inbound event in its order, as the other side tells it, and how often an error of ours stopped it."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbound_events", sa.Column("position", sa.String(32), nullable=True))
    op.add_column("inbound_events", sa.Column("errors", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("inbound_events") as table:
        table.drop_column("errors")
        table.drop_column("position")

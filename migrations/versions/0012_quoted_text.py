"""What a mail quoted below its answer, kept beside the answer."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("quoted", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "quoted")

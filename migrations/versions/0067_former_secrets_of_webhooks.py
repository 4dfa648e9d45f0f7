"""The former secret of a webhook, with which requests are signed as well until a time."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("former_nonce", sa.String(64), nullable=True))
    op.add_column("webhooks", sa.Column("former_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("webhooks", "former_until")
    op.drop_column("webhooks", "former_nonce")

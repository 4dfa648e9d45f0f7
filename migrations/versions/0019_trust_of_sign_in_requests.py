"""How well the browser is known that requested a sign-in link: each kind has limits of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_links", sa.Column("trust", sa.String(8), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_in_links", "trust")

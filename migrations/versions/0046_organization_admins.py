"""Admins of organizations, people whom they removed, and sign-ins approved in another browser."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("memberships", sa.Column("is_admin", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("memberships", sa.Column("removed_at", TIME, nullable=True))
    op.add_column("memberships", sa.Column("invited_at", TIME, nullable=True))
    op.add_column("sign_in_links", sa.Column("browser", sa.String(300), server_default="", nullable=False))
    op.add_column("sign_in_links", sa.Column("approval_tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sign_in_links", sa.Column("approved_at", TIME, nullable=True))


def downgrade() -> None:
    for column in ("approved_at", "approval_tries", "browser"):
        op.drop_column("sign_in_links", column)
    for column in ("invited_at", "removed_at", "is_admin"):
        op.drop_column("memberships", column)

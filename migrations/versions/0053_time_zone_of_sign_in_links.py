"""The time zone that the browser names which requests a sign-in link."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_links", sa.Column("time_zone", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("sign_in_links") as batch:
        batch.drop_column("time_zone")

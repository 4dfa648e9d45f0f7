"""A channel says whether each of its threads is read by one person; the rule of who owns a channel names no kind."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models.constraints import replace_check

revision = "0045"
down_revision = "0044"
branch_labels = depends_on = None

NAME = "ck_channels_customer_has_organization"


def upgrade() -> None:
    op.add_column(
        "channels", sa.Column("has_personal_threads", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(sa.text("UPDATE channels SET has_personal_threads = :yes WHERE kind = 'email'").bindparams(yes=True))
    condition = "has_personal_threads OR audience = 'team' OR organization_id IS NOT NULL"
    replace_check(op.get_bind(), "channels", NAME, condition)


def downgrade() -> None:
    condition = "kind <> 'slack' OR audience = 'team' OR organization_id IS NOT NULL"
    replace_check(op.get_bind(), "channels", NAME, condition)
    op.drop_column("channels", "has_personal_threads")

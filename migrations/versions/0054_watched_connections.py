"""Which sign-in connections are locked and fail, what operators were notified of, and customers' emergency admins."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models.constraints import replace_check

revision = "0054"
down_revision = "0053"
branch_labels = depends_on = None

KINDS = (
    "'assigned', 'mention', 'reply', 'unassigned_urgent', 'sla_at_risk', 'sla_breached', 'review', 'delivery_failed',"
    " 'unmatched_mail', 'rule', 'review_answer'"
)


def upgrade() -> None:
    op.add_column("sign_in_connections", sa.Column("is_locked", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sign_in_connections", sa.Column("failed_in_a_row", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sign_in_connections", sa.Column("notified", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("scim_resources", sa.Column("has_deactivated", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("memberships", sa.Column("is_emergency_admin", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE scim_resources SET has_deactivated = true WHERE user_id IS NOT NULL")  # who did is not known
    replace_check(
        op.get_bind(), "notifications", "ck_notifications_kind", f"kind IN ({KINDS}, 'sign_in_connection')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE kind = 'sign_in_connection'")
    replace_check(op.get_bind(), "notifications", "ck_notifications_kind", f"kind IN ({KINDS})")
    with op.batch_alter_table("memberships") as batch:
        batch.drop_column("is_emergency_admin")
    with op.batch_alter_table("scim_resources") as batch:
        batch.drop_column("has_deactivated")
    with op.batch_alter_table("sign_in_connections") as batch:
        batch.drop_column("notified")
        batch.drop_column("failed_in_a_row")
        batch.drop_column("is_locked")

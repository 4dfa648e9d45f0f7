"""Saved reports with their recipients, and an index of the ends of SLA timers for the review."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models.constraints import replace_check

revision = "0049"
down_revision = "0048"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)
STOPPED, IS_STOPPED = "ix_sla_timers_stopped", sa.text("stopped_at IS NOT NULL")
IS_MAILED = sa.text("next_at IS NOT NULL")
OLD_KINDS = (
    "'card', 'card_update', 'message', 'edit', 'delete', 'file', 'delete_file', 'line', 'mark', 'received', 'solved',"
    " 'closing_soon', 'home', 'sign_in', 'invitation', 'linked', 'weekly_summary', 'delivery_alert', 'mail_test',"
    " 'mail_waiting', 'quarantine_summary', 'notification', 'notification_digest', 'browser_notice', 'webhook'"
)


def upgrade() -> None:
    op.create_table(
        "saved_reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("schedule", sa.String(8), nullable=True),
        sa.Column("next_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("schedule IN ('daily', 'weekly', 'monthly')", name=op.f("ck_saved_reports_schedule")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_saved_reports_owner_id_users", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_reports"),
    )
    op.create_index("ix_saved_reports_owner_id", "saved_reports", ["owner_id"])
    op.create_index(
        "ix_saved_reports_next_at", "saved_reports", ["next_at"], sqlite_where=IS_MAILED, postgresql_where=IS_MAILED
    )
    op.create_table(
        "report_recipients",
        sa.Column("report_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["saved_reports.id"], name="fk_report_recipients_report_id_saved_reports", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_report_recipients_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "user_id", name="pk_report_recipients"),
    )
    op.create_index("ix_report_recipients_user_id", "report_recipients", ["user_id"])
    replace_check(op.get_bind(), "deliveries", "ck_deliveries_kind", f"kind IN ({OLD_KINDS}, 'report')")
    with op.get_context().autocommit_block():
        op.create_index(
            STOPPED,
            "sla_timers",
            ["stopped_at", "ticket_id"],
            postgresql_concurrently=True,
            if_not_exists=True,
            sqlite_where=IS_STOPPED,
            postgresql_where=IS_STOPPED,
        )


def downgrade() -> None:
    op.drop_index(STOPPED, "sla_timers")
    op.execute("DELETE FROM deliveries WHERE kind = 'report'")
    replace_check(op.get_bind(), "deliveries", "ck_deliveries_kind", f"kind IN ({OLD_KINDS})")
    op.drop_table("report_recipients")
    op.drop_table("saved_reports")

"""Notifications, the browsers that show them, and where each person wants which kind."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models.constraints import replace_check

revision = "0040"
down_revision = "0039"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)
KINDS = (
    "'assigned', 'mention', 'reply', 'unassigned_urgent', 'sla_at_risk', 'sla_breached', 'review', 'delivery_failed',"
    " 'unmatched_mail', 'rule'"
)
OLD_DELIVERY_KINDS = (
    "card",
    "card_update",
    "message",
    "edit",
    "delete",
    "file",
    "delete_file",
    "line",
    "mark",
    "received",
    "solved",
    "closing_soon",
    "home",
    "sign_in",
    "invitation",
    "linked",
    "weekly_summary",
    "delivery_alert",
    "mail_test",
    "mail_waiting",
    "quarantine_summary",
    "webhook",
)
NEW_DELIVERY_KINDS = ("notification", "notification_digest", "browser_notice")
PARTIAL_INDEXES = {"ix_notifications_unread": "read_at IS NULL", "ix_notifications_mail_waits": "mail_waits"}


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("ticket_id", ID, nullable=True),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("detail", sa.String(120), nullable=True),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("mail_waits", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="ck_notifications_kind"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notifications_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_notifications_ticket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name="fk_notifications_message_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_notifications_actor_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
    )
    for column in ("ticket_id", "message_id", "actor_id", "created_at"):
        op.create_index(f"ix_notifications_{column}", "notifications", [column])
    op.create_index("ix_notifications_user_id", "notifications", ["user_id", "id"])
    for name, condition in PARTIAL_INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, "notifications", ["user_id"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "push_subscriptions",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("endpoint_hash", sa.String(64), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("public_key", sa.String(120), nullable=False),
        sa.Column("auth_secret", sa.String(40), nullable=False),
        sa.Column("server_key", sa.String(64), nullable=False),
        sa.Column("user_agent", sa.String(300), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_push_subscriptions_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_push_subscriptions_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_push_subscriptions"),
        sa.UniqueConstraint("endpoint_hash", name="uq_push_subscriptions_endpoint_hash"),
    )
    for column in ("user_id", "session_id"):
        op.create_index(f"ix_push_subscriptions_{column}", "push_subscriptions", [column])
    op.add_column("users", sa.Column("notification_channels", sa.JSON(), nullable=True))
    op.add_column("users", sa.Column("mail_rhythm", sa.String(8), nullable=False, server_default="soon"))
    replace_check(
        op.get_bind(), "deliveries", "ck_deliveries_kind", _condition(OLD_DELIVERY_KINDS + NEW_DELIVERY_KINDS)
    )


def downgrade() -> None:
    op.execute(f"DELETE FROM deliveries WHERE {_condition(NEW_DELIVERY_KINDS)}")
    replace_check(op.get_bind(), "deliveries", "ck_deliveries_kind", _condition(OLD_DELIVERY_KINDS))
    op.drop_column("users", "mail_rhythm")
    op.drop_column("users", "notification_channels")
    op.drop_table("push_subscriptions")
    op.drop_table("notifications")


def _condition(kinds: tuple[str, ...]) -> str:
    return f"kind IN ({', '.join(map(repr, kinds))})"

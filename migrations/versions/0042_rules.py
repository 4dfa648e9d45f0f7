"""Rules, and when each acted on which ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("trigger", sa.String(12), nullable=False),
        sa.Column("idle_hours", sa.Integer(), nullable=True),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("last_assignee_id", ID, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.CheckConstraint("trigger IN ('filed', 'replied', 'changed', 'idle')", name="ck_rules_trigger"),
        sa.ForeignKeyConstraint(
            ["last_assignee_id"], ["users.id"], name="fk_rules_last_assignee_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rules"),
    )
    op.create_index("ix_rules_last_assignee_id", "rules", ["last_assignee_id"])
    op.create_table(
        "rule_runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule_id", ID, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("has_replied", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.id"], name="fk_rule_runs_rule_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_rule_runs_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_runs"),
    )
    op.create_index("ix_rule_runs_ticket_id", "rule_runs", ["ticket_id"])
    op.create_index("ix_rule_runs_rule_ticket", "rule_runs", ["rule_id", "ticket_id", "at"])


def downgrade() -> None:
    op.drop_table("rule_runs")
    op.drop_table("rules")

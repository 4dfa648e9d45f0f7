"""Saved views, canned replies, links, review marks, and the queue's indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
UNSOLVED = sa.text("status IN ('open', 'in_progress', 'pending', 'on_hold')")


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_saved_views_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("owner_id", "name", name="uq_saved_views_owner_id_name"),
    )
    op.create_table(
        "canned_replies",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_canned_replies_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_canned_replies"),
    )
    op.create_index("ix_canned_replies_owner_id", "canned_replies", ["owner_id"])
    op.create_table(
        "ticket_links",
        sa.Column("low_id", ID, nullable=False),
        sa.Column("high_id", ID, nullable=False),
        sa.Column("linked_by_id", ID),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_ticket_links_ordered")),
        sa.ForeignKeyConstraint(["low_id"], ["tickets.id"], name="fk_ticket_links_low_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["high_id"], ["tickets.id"], name="fk_ticket_links_high_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["linked_by_id"], ["users.id"], name="fk_ticket_links_linked_by_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("low_id", "high_id", name="pk_ticket_links"),
    )
    op.create_index("ix_ticket_links_high_id", "ticket_links", ["high_id"])
    op.create_table(
        "review_marks",
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("reviewer_id", ID),
        sa.Column("agent_id", ID),
        sa.Column("mark", sa.String(16), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("read_at", TIME),
        sa.CheckConstraint("mark IN ('excellent', 'good', 'improve')", name=op.f("ck_review_marks_mark")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_review_marks_ticket_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name="fk_review_marks_reviewer_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["agent_id"], ["users.id"], name="fk_review_marks_agent_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_review_marks"),
    )
    op.create_index("ix_review_marks_agent_read", "review_marks", ["agent_id", "read_at"])
    op.create_index("ix_tickets_status_assignee", "tickets", ["status", "assignee_id"])
    op.create_index("ix_tickets_status_solved", "tickets", ["status", "solved_at", "id"])
    op.create_index("ix_tickets_created", "tickets", ["created_at", "id"])
    op.create_index("ix_tickets_solved", "tickets", ["solved_at"])
    for name, column in (("updated", "updated_at"), ("created", "created_at"), ("since", "status_since")):
        op.create_index(
            f"ix_tickets_unsolved_{name}", "tickets", [column, "id"], sqlite_where=UNSOLVED, postgresql_where=UNSOLVED
        )


def downgrade() -> None:
    for name in (
        "unsolved_since",
        "unsolved_created",
        "unsolved_updated",
        "solved",
        "created",
        "status_solved",
        "status_assignee",
    ):
        op.drop_index(f"ix_tickets_{name}", "tickets")
    for table in ("review_marks", "ticket_links", "canned_replies", "saved_views"):
        op.drop_table(table)

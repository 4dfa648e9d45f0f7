"""Quality reviews: the criteria of the scorecard, their scores, and the agent's answer."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models.constraints import replace_check

revision = "0050"
down_revision = "0049"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)
OLD_NAME = "ck_notifications_ck_notifications_kind"  # so it was made
OLD_KINDS = (
    "'assigned', 'mention', 'reply', 'unassigned_urgent', 'sla_at_risk', 'sla_breached', 'review', 'delivery_failed',"
    " 'unmatched_mail', 'rule'"
)


def upgrade() -> None:
    op.add_column("qa_reviews", sa.Column("answer", sa.Text(), nullable=False, server_default=""))
    op.add_column("qa_reviews", sa.Column("answered_at", TIME, nullable=True))
    op.create_index("ix_qa_reviews_created", "qa_reviews", ["created_at"])
    op.create_table(
        "review_criteria",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("help", sa.String(300), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("removed_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_criteria"),
    )
    op.create_table(
        "review_scores",
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("criterion_id", ID, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_review_scores_score")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["qa_reviews.ticket_id"], name="fk_review_scores_ticket_id_qa_reviews", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["criterion_id"],
            ["review_criteria.id"],
            name="fk_review_scores_criterion_id_review_criteria",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", "criterion_id", name="pk_review_scores"),
    )
    op.create_index("ix_review_scores_criterion_id", "review_scores", ["criterion_id"])
    replace_check(op.get_bind(), "notifications", OLD_NAME, None)
    replace_check(op.get_bind(), "notifications", "ck_notifications_kind", f"kind IN ({OLD_KINDS}, 'review_answer')")


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE kind = 'review_answer'")
    replace_check(op.get_bind(), "notifications", "ck_notifications_kind", None)
    replace_check(op.get_bind(), "notifications", OLD_NAME, f"kind IN ({OLD_KINDS})")
    op.drop_table("review_scores")
    op.drop_table("review_criteria")
    op.drop_index("ix_qa_reviews_created", "qa_reviews")
    with op.batch_alter_table("qa_reviews") as batch:
        batch.drop_column("answered_at")
        batch.drop_column("answer")

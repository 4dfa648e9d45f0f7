"""An index by which the worst ratings of some days are read without the tickets that were solved in them."""

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = depends_on = None

INDEX = "ix_ratings_score_created"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            INDEX, "ratings", ["score", "created_at", "ticket_id"], postgresql_concurrently=True, if_not_exists=True
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "ratings", postgresql_concurrently=True, if_exists=True)

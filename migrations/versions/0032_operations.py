"""Other addresses of people, people and organizations that were merged, and operations with their progress."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)
KINDS = "'merge_people', 'merge_organizations', 'move_tickets', 'erase_person', 'erase_organization'"


def upgrade() -> None:
    op.create_table(
        "user_aliases",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_aliases_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_user_aliases"),
        sa.UniqueConstraint("email", name="uq_user_aliases_email"),
    )
    op.create_index("ix_user_aliases_user_id", "user_aliases", ["user_id"])
    op.create_table(
        "operations",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="ck_operations_kind"),
        sa.CheckConstraint("state IN ('running', 'done', 'undoing', 'undone')", name="ck_operations_state"),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_operations_actor_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
    )
    op.create_index("ix_operations_source", "operations", ["kind", "source_id"])
    for table in ("users", "organizations"):
        _add_merged_into(table)


def downgrade() -> None:
    for table in ("users", "organizations"):
        op.drop_index(f"ix_{table}_merged_into_id", table)
        op.drop_column(table, "merged_into_id")
    op.drop_table("operations")
    op.drop_table("user_aliases")


def _add_merged_into(table: str) -> None:
    column = sa.Column("merged_into_id", ID, nullable=True)
    op.add_column(table, column)
    op.create_index(f"ix_{table}_merged_into_id", table, ["merged_into_id"])

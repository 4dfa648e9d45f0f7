"""What a canned reply changes besides the status: priority and assignee."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = depends_on = None

TABLE, INDEX, FOREIGN_KEY = "canned_replies", "ix_canned_replies_assignee_id", "fk_canned_replies_assignee_id"
ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    # SQLite makes the table anew, for its foreign key; no other table refers to it.
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("priority", sa.String(8), nullable=True))
        batch.add_column(sa.Column("assign_to", sa.String(8), nullable=True))
        batch.add_column(sa.Column("assignee_id", ID, nullable=True))
        batch.create_foreign_key(FOREIGN_KEY, "users", ["assignee_id"], ["id"], ondelete="SET NULL")
    op.create_index(INDEX, TABLE, ["assignee_id"])


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(FOREIGN_KEY, type_="foreignkey")
        for column in ("assignee_id", "assign_to", "priority"):
            batch.drop_column(column)

"""An index of organizations by the folded words of their names, in whose order they are listed a page at a time.

SQLite read all organizations instead by the index of what they were merged into, which has NULL for nearly all: that
index is of the others only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = depends_on = None

INDEX = "ix_organizations_by_name"
MERGED = "ix_organizations_merged_into_id"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _create(INDEX, ["search_words", "id"], "merged_into_id IS NULL")
        op.drop_index(MERGED, "organizations", postgresql_concurrently=True, if_exists=True)
        _create(MERGED, ["merged_into_id"], "merged_into_id IS NOT NULL")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(MERGED, "organizations", postgresql_concurrently=True, if_exists=True)
        _create(MERGED, ["merged_into_id"])
        op.drop_index(INDEX, "organizations", postgresql_concurrently=True, if_exists=True)


def _create(name: str, columns: list[str], condition: str = "") -> None:
    where = sa.text(condition) if condition else None
    op.create_index(
        name,
        "organizations",
        columns,
        postgresql_concurrently=True,
        if_not_exists=True,
        sqlite_where=where,
        postgresql_where=where,
    )

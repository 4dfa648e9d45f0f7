"""The search index has the end of a long word, so that the last word of a compound is found.

All tickets are indexed anew by the workers, the newest first, while the site runs; nothing is missing meanwhile that was
found before.
"""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = depends_on = None


def upgrade() -> None:
    from helpdesk.domain.search_index import reindexing

    reindexing.start_reindexing(op.get_bind())


def downgrade() -> None:
    pass  # the additional tokens are found by nobody

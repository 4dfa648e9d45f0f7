"""Searches find the characters of Japanese names in each of their forms.

All tickets are indexed anew by the workers, the newest first, while the site runs. Names are written anew at once.
"""

from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = depends_on = None


def upgrade() -> None:
    from helpdesk.domain.search_index import names, reindexing

    reindexing.start_reindexing(op.get_bind())
    names.renew_names(op.get_bind())


def downgrade() -> None:
    pass

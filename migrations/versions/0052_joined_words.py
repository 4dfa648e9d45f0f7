"""Searches find joined words, the middles of compounds, emoji, and Han and kana in each of their forms.

All tickets are indexed anew by the workers, the newest first, while the site runs; what was not indexed anew yet is not
found by what is compared otherwise now. Names are written anew at once. Four actions of the audit log have other words.
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = depends_on = None

ACTIONS = {
    "bound a Slack channel": "connected a Slack channel",
    "let a Slack channel go": "disconnected a Slack channel",
    "made an admin of an organization": "gave the role of organization admin",
    "ended being an admin of an organization": "withdrew the role of organization admin",
}


def upgrade() -> None:
    from helpdesk.domain.search_index import names, reindexing

    reindexing.start_reindexing(op.get_bind())
    names.renew_names(op.get_bind())
    _rename_actions(ACTIONS)


def downgrade() -> None:
    _rename_actions({new: old for old, new in ACTIONS.items()})


def _rename_actions(actions: dict[str, str]) -> None:
    entries = sa.table("audit_entries", sa.column("action", sa.Text))
    for old, new in actions.items():
        op.execute(sa.update(entries).where(entries.c.action == old).values(action=new))

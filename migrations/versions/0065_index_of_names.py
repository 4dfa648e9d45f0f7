"""An index of the words of people's names and addresses on PostgreSQL, by which a search of the team finds whom it names.

An entry is a word. Words that were made by ``search_words.join_words`` have at most 60 characters; a tsvector takes 2,046
bytes. Nobody's entries wait in a list that every search would have to read.
"""

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = depends_on = None

INDEX = "ix_users_search_words"
WORDS = "array_to_tsvector(array_remove(string_to_array(search_words, ' '), ''))"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    with op.get_context().autocommit_block():
        op.execute(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {INDEX} ON users USING gin ({WORDS}) WITH (fastupdate = off)"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    with op.get_context().autocommit_block():
        op.drop_index(INDEX, "users", postgresql_concurrently=True, if_exists=True)

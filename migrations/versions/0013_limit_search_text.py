"""PostgreSQL: search text is cut after normalisation, so that no message is too long for its ticket's index.

A tsvector ends at 1 MB, and one character may become five ("㌀" becomes "アパート"). Rows follow at their next update.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LONGEST = 80_000  # characters; two such texts and the positions of their words fit into one tsvector
PLAIN = """
    CREATE OR REPLACE FUNCTION ticket_search_plain(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT translate({taken_apart},
            E'!"#$\\x25&''()*+,-./:;<=>?@[\\\\]^_`{{|}}~\u00a0\u00a7\u00ab\u00b7\u00bb\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2022\u2026',
            repeat(' ', 60))
    $$"""
TAKEN_APART = "regexp_replace(normalize(given, NFKD), '[\u0300-\u036f]', '', 'g')"


def upgrade() -> None:
    _write(f"left({TAKEN_APART}, {LONGEST})")


def downgrade() -> None:
    _write(TAKEN_APART)


def _write(taken_apart: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql(PLAIN.format(taken_apart=taken_apart))

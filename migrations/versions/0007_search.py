"""Full text of tickets, updated by triggers.

One row per ticket: its subject, its public text (messages and answers) and team-only text (notes, team-only answers).
SQLite stores it in FTS5, PostgreSQL in a table with two generated tsvectors, one for customers and one for the team.
The organization is a word of its own in the index, so that a customer's search reads only its own tickets.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LONGEST = 100_000  # characters of one ticket that are searched, the latest first; a tsvector has an end (1 MB)

SQLITE_WORDS = """
    substr(coalesce((SELECT group_concat(body, char(10)) FROM (
        SELECT body FROM messages
        WHERE ticket_id = {ticket} AND kind = '{kind}' AND deleted_at IS NULL ORDER BY seq DESC
    )), '') || char(10) || coalesce((SELECT group_concat(text, char(10)) FROM (
        SELECT a.text FROM answers a JOIN fields f ON f.id = a.field_id
        WHERE a.ticket_id = {ticket} AND {of_team}f.team_only
    )), ''), 1, {longest})"""


def _sqlite_words(ticket: str, kind: str) -> str:
    return SQLITE_WORDS.format(ticket=ticket, kind=kind, of_team="" if kind == "note" else "NOT ", longest=LONGEST)


def _sqlite_refresh(ticket: str) -> str:
    words, notes = _sqlite_words(ticket, "reply"), _sqlite_words(ticket, "note")
    return f"UPDATE ticket_search SET words = {words}, notes = {notes} WHERE rowid = {ticket};"


def _sqlite() -> list[str]:
    return [
        """CREATE VIRTUAL TABLE ticket_search USING fts5(
               scope, subject, words, notes, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')""",
        """CREATE TRIGGER ticket_search_filed AFTER INSERT ON tickets BEGIN
               INSERT INTO ticket_search (rowid, scope, subject, words, notes)
               VALUES (new.id, 'o' || new.organization_id, new.subject, '', '');
           END""",
        """CREATE TRIGGER ticket_search_changed AFTER UPDATE OF subject, organization_id ON tickets
           WHEN new.subject <> old.subject OR new.organization_id <> old.organization_id BEGIN
               UPDATE ticket_search SET scope = 'o' || new.organization_id, subject = new.subject WHERE rowid = new.id;
           END""",
        """CREATE TRIGGER ticket_search_gone AFTER DELETE ON tickets BEGIN
               DELETE FROM ticket_search WHERE rowid = old.id;
           END""",
        f"""CREATE TRIGGER ticket_search_said AFTER INSERT ON messages
           WHEN new.deleted_at IS NULL AND new.body <> '' BEGIN
               UPDATE ticket_search SET words = substr(new.body || char(10) || words, 1, {LONGEST})
               WHERE rowid = new.ticket_id AND new.kind = 'reply';
               UPDATE ticket_search SET notes = substr(new.body || char(10) || notes, 1, {LONGEST})
               WHERE rowid = new.ticket_id AND new.kind = 'note';
           END""",
        f"""CREATE TRIGGER ticket_search_edited AFTER UPDATE OF body, kind, deleted_at, ticket_id ON messages BEGIN
               {_sqlite_refresh("new.ticket_id")}
               {_sqlite_refresh("old.ticket_id")}
           END""",
        f"CREATE TRIGGER ticket_search_unsaid AFTER DELETE ON messages BEGIN {_sqlite_refresh('old.ticket_id')} END",
        f"CREATE TRIGGER ticket_search_answered AFTER INSERT ON answers BEGIN {_sqlite_refresh('new.ticket_id')} END",
        f"""CREATE TRIGGER ticket_search_answer_changed AFTER UPDATE OF text, ticket_id ON answers BEGIN
               {_sqlite_refresh("new.ticket_id")}
           END""",
        f"""CREATE TRIGGER ticket_search_answer_gone AFTER DELETE ON answers BEGIN
               {_sqlite_refresh("old.ticket_id")}
           END""",
        f"""INSERT INTO ticket_search (rowid, scope, subject, words, notes)
            SELECT id, 'o' || organization_id, subject, {_sqlite_words("tickets.id", "reply")},
                   {_sqlite_words("tickets.id", "note")} FROM tickets""",
    ]


# All that is not part of a word becomes a space, so that PostgreSQL's parser finds plain words and never addresses,
# paths or compounds; accents go, as they do in FTS5.
PLAIN = """
    CREATE FUNCTION ticket_search_plain(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT translate(regexp_replace(normalize(given, NFKD), '[\u0300-\u036f]', '', 'g'),
            E'!"#$\\x25&''()*+,-./:;<=>?@[\\\\]^_`{|}~\u00a0\u00a7\u00ab\u00b7\u00bb\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2022\u2026',
            repeat(' ', 60))
    $$"""
VECTOR = """setweight(to_tsvector('simple'::regconfig, ticket_search_plain(subject)), 'A')
    || setweight(to_tsvector('simple'::regconfig, ticket_search_plain(words)), 'C')
    || array_to_tsvector(ARRAY['#' || organization_id::text])"""
POSTGRES = [
    PLAIN,
    f"""CREATE TABLE ticket_search (
            ticket_id bigint PRIMARY KEY REFERENCES tickets (id) ON DELETE CASCADE,
            organization_id bigint NOT NULL,
            subject text NOT NULL,
            words text NOT NULL DEFAULT '',
            notes text NOT NULL DEFAULT '',
            public tsvector GENERATED ALWAYS AS ({VECTOR}) STORED,
            everything tsvector GENERATED ALWAYS AS (
                {VECTOR} || setweight(to_tsvector('simple'::regconfig, ticket_search_plain(notes)), 'D')) STORED)""",
    "CREATE INDEX ix_ticket_search_public ON ticket_search USING gin (public)",
    "CREATE INDEX ix_ticket_search_everything ON ticket_search USING gin (everything)",
    f"""CREATE FUNCTION ticket_search_words(of_ticket bigint, of_kind text) RETURNS text LANGUAGE sql STABLE AS $$
            SELECT left(concat_ws(E'\\n',
                (SELECT string_agg(body, E'\\n' ORDER BY seq DESC) FROM messages
                 WHERE ticket_id = of_ticket AND kind = of_kind AND deleted_at IS NULL),
                (SELECT string_agg(a.text, E'\\n') FROM answers a JOIN fields f ON f.id = a.field_id
                 WHERE a.ticket_id = of_ticket AND f.team_only = (of_kind = 'note'))), {LONGEST})
        $$""",
    """CREATE FUNCTION ticket_search_refresh(of_ticket bigint) RETURNS void LANGUAGE sql AS $$
            UPDATE ticket_search SET words = ticket_search_words(of_ticket, 'reply'),
                notes = ticket_search_words(of_ticket, 'note')
            WHERE ticket_id = of_ticket
        $$""",
    """CREATE FUNCTION ticket_search_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO ticket_search (ticket_id, organization_id, subject)
            VALUES (new.id, new.organization_id, new.subject)
            ON CONFLICT (ticket_id) DO UPDATE
            SET organization_id = excluded.organization_id, subject = excluded.subject;
            RETURN NULL;
        END $$""",
    f"""CREATE FUNCTION ticket_search_said() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF new.kind = 'reply' THEN
                UPDATE ticket_search SET words = left(new.body || E'\\n' || words, {LONGEST})
                WHERE ticket_id = new.ticket_id;
            ELSE
                UPDATE ticket_search SET notes = left(new.body || E'\\n' || notes, {LONGEST})
                WHERE ticket_id = new.ticket_id;
            END IF;
            RETURN NULL;
        END $$""",
    """CREATE FUNCTION ticket_search_part() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'DELETE' THEN PERFORM ticket_search_refresh(new.ticket_id); END IF;
            IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND old.ticket_id <> new.ticket_id) THEN
                PERFORM ticket_search_refresh(old.ticket_id);
            END IF;
            RETURN NULL;
        END $$""",
    """CREATE TRIGGER ticket_search_filed AFTER INSERT ON tickets FOR EACH ROW
       EXECUTE FUNCTION ticket_search_ticket()""",
    """CREATE TRIGGER ticket_search_changed AFTER UPDATE OF subject, organization_id ON tickets FOR EACH ROW
       WHEN (new.subject <> old.subject OR new.organization_id <> old.organization_id)
       EXECUTE FUNCTION ticket_search_ticket()""",
    """CREATE TRIGGER ticket_search_said AFTER INSERT ON messages FOR EACH ROW
       WHEN (new.deleted_at IS NULL AND new.body <> '') EXECUTE FUNCTION ticket_search_said()""",
    """CREATE TRIGGER ticket_search_edited AFTER UPDATE OF body, kind, deleted_at, ticket_id OR DELETE ON messages
       FOR EACH ROW EXECUTE FUNCTION ticket_search_part()""",
    """CREATE TRIGGER ticket_search_answered AFTER INSERT OR UPDATE OF text, ticket_id OR DELETE ON answers FOR EACH ROW
       EXECUTE FUNCTION ticket_search_part()""",
    """INSERT INTO ticket_search (ticket_id, organization_id, subject, words, notes)
       SELECT id, organization_id, subject, ticket_search_words(id, 'reply'), ticket_search_words(id, 'note')
       FROM tickets""",
]


def upgrade() -> None:
    for statement in _sqlite() if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in (
            "filed",
            "changed",
            "gone",
            "said",
            "edited",
            "unsaid",
            "answered",
            "answer_changed",
            "answer_gone",
        ):
            op.execute(f"DROP TRIGGER ticket_search_{name}")
        op.execute("DROP TABLE ticket_search")
        return
    for name, table in (
        ("filed", "tickets"),
        ("changed", "tickets"),
        ("said", "messages"),
        ("edited", "messages"),
        ("answered", "answers"),
    ):
        op.execute(f"DROP TRIGGER ticket_search_{name} ON {table}")
    op.execute("DROP TABLE ticket_search")
    for function in ("part()", "said()", "ticket()", "refresh(bigint)", "words(bigint, text)", "plain(text)"):
        op.execute(f"DROP FUNCTION ticket_search_{function}")

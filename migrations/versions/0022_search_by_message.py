"""The search index has an entry for each subject, message, set of answers and set of file names.

Until now it had one row for each ticket, which was rebuilt at every reply. The application writes the entries
(helpdesk.domain.search_index); triggers only remove those whose text changed. The newest tickets are indexed here, the
others by the workers while the site runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = depends_on = None

NAMED = {"users": ("name", "email"), "organizations": ("name", "slug")}  # tables and columns the team searches
INDEXED_AT_ONCE = 2_000  # tickets
SHIFT = 24  # rowid on SQLite: ticket id, 18 bits of the position in the timeline, 6 bits of the part

MESSAGE_CHANGED = """
    WHEN (old.body IS NOT new.body OR old.kind <> new.kind OR old.ticket_id <> new.ticket_id
          OR (old.deleted_at IS NULL) <> (new.deleted_at IS NULL))"""
# All operators of bits have one precedence on SQLite.
SQLITE_MESSAGE = (
    "rowid >= (old.ticket_id << 24) + (old.seq << 6) AND rowid < (old.ticket_id << 24) + (old.seq << 6) + 64"
)
SQLITE_ANSWERS = "rowid > old.ticket_id << 24 AND rowid < (old.ticket_id << 24) + 64"
SQLITE_TICKET = "rowid >= old.id << 24 AND rowid < (old.id + 1) << 24"
SQLITE_FILES = (
    "rowid IN (SELECT (ticket_id << 24) + (seq << 6) + part FROM messages"
    " JOIN (SELECT 60 AS part UNION SELECT 61 UNION SELECT 62 UNION SELECT 63) WHERE messages.id = old.message_id)"
)
SQLITE = [
    "CREATE VIRTUAL TABLE ticket_search USING fts5(scope, subject, words, tokenize = 'ascii', prefix = '2 3')",
    f"""CREATE TRIGGER ticket_search_message_changed AFTER UPDATE OF body, kind, deleted_at, ticket_id ON messages
        {MESSAGE_CHANGED} BEGIN DELETE FROM ticket_search WHERE {SQLITE_MESSAGE}; END""",
    f"""CREATE TRIGGER ticket_search_message_gone AFTER DELETE ON messages BEGIN
        DELETE FROM ticket_search WHERE {SQLITE_MESSAGE}; END""",
    f"""CREATE TRIGGER ticket_search_answer_changed AFTER UPDATE OF text, ticket_id ON answers BEGIN
        DELETE FROM ticket_search WHERE {SQLITE_ANSWERS}; END""",
    f"""CREATE TRIGGER ticket_search_answer_gone AFTER DELETE ON answers BEGIN
        DELETE FROM ticket_search WHERE {SQLITE_ANSWERS}; END""",
    f"""CREATE TRIGGER ticket_search_file_changed AFTER UPDATE OF name ON attachments
        WHEN old.name <> new.name AND old.message_id IS NOT NULL BEGIN
        DELETE FROM ticket_search WHERE {SQLITE_FILES}; END""",
    f"""CREATE TRIGGER ticket_search_file_gone AFTER DELETE ON attachments WHEN old.message_id IS NOT NULL BEGIN
        DELETE FROM ticket_search WHERE {SQLITE_FILES}; END""",
    """CREATE TRIGGER ticket_search_subject_changed AFTER UPDATE OF subject ON tickets
        WHEN new.subject <> old.subject BEGIN DELETE FROM ticket_search WHERE rowid = old.id << 24; END""",
    f"""CREATE TRIGGER ticket_search_ticket_moved AFTER UPDATE OF organization_id ON tickets
        WHEN new.organization_id <> old.organization_id BEGIN DELETE FROM ticket_search WHERE {SQLITE_TICKET}; END""",
    f"""CREATE TRIGGER ticket_search_ticket_gone AFTER DELETE ON tickets BEGIN
        DELETE FROM ticket_search WHERE {SQLITE_TICKET}; END""",
]

POSTGRESQL = [
    """CREATE TABLE ticket_search (
        ticket_id bigint NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
        seq integer NOT NULL,
        part smallint NOT NULL,
        words tsvector NOT NULL,
        CONSTRAINT pk_ticket_search PRIMARY KEY (ticket_id, seq, part))""",
    "CREATE INDEX ix_ticket_search_words ON ticket_search USING gin (words)",
    "ALTER TABLE ticket_search ALTER COLUMN words SET STATISTICS 1000",
    """CREATE FUNCTION ticket_search_remove_message() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM ticket_search WHERE ticket_id = old.ticket_id AND seq = old.seq;
            RETURN NULL;
        END $$""",
    """CREATE FUNCTION ticket_search_remove_answers() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM ticket_search WHERE ticket_id = old.ticket_id AND seq = 0 AND part > 0;
            RETURN NULL;
        END $$""",
    """CREATE FUNCTION ticket_search_remove_files() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM ticket_search s USING messages m
            WHERE m.id = old.message_id AND s.ticket_id = m.ticket_id AND s.seq = m.seq AND s.part >= 60;
            RETURN NULL;
        END $$""",
    """CREATE FUNCTION ticket_search_remove_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM ticket_search WHERE ticket_id = old.id
                AND (new.organization_id <> old.organization_id OR (seq = 0 AND part = 0));
            RETURN NULL;
        END $$""",
    f"""CREATE TRIGGER ticket_search_message_changed AFTER UPDATE OF body, kind, deleted_at, ticket_id ON messages
        FOR EACH ROW {MESSAGE_CHANGED.replace("IS NOT new.body", "IS DISTINCT FROM new.body")}
        EXECUTE FUNCTION ticket_search_remove_message()""",
    """CREATE TRIGGER ticket_search_message_gone AFTER DELETE ON messages
        FOR EACH ROW EXECUTE FUNCTION ticket_search_remove_message()""",
    """CREATE TRIGGER ticket_search_answer_changed AFTER UPDATE OF text, ticket_id OR DELETE ON answers
        FOR EACH ROW EXECUTE FUNCTION ticket_search_remove_answers()""",
    """CREATE TRIGGER ticket_search_file_changed AFTER UPDATE OF name ON attachments FOR EACH ROW
        WHEN (old.name <> new.name AND old.message_id IS NOT NULL) EXECUTE FUNCTION ticket_search_remove_files()""",
    """CREATE TRIGGER ticket_search_file_gone AFTER DELETE ON attachments FOR EACH ROW
        WHEN (old.message_id IS NOT NULL) EXECUTE FUNCTION ticket_search_remove_files()""",
    """CREATE TRIGGER ticket_search_ticket_changed AFTER UPDATE OF subject, organization_id ON tickets FOR EACH ROW
        WHEN (new.subject <> old.subject OR new.organization_id <> old.organization_id)
        EXECUTE FUNCTION ticket_search_remove_ticket()""",
]
POSTGRESQL_TRIGGERS = {
    "message_changed": "messages",
    "message_gone": "messages",
    "answer_changed": "answers",
    "file_changed": "attachments",
    "file_gone": "attachments",
    "ticket_changed": "tickets",
}
SQLITE_TRIGGERS = {
    name: ""
    for name in (
        *("message_changed", "message_gone", "answer_changed", "answer_gone", "file_changed", "file_gone"),
        *("subject_changed", "ticket_moved", "ticket_gone"),
    )
}
POSTGRESQL_FUNCTIONS = ("remove_message", "remove_answers", "remove_files", "remove_ticket")


def upgrade() -> None:
    from helpdesk.domain.search_index import reindexing

    _load_migration("0007").downgrade()
    _execute(*(SQLITE if _is_sqlite() else POSTGRESQL))
    _execute("CREATE TABLE ticket_search_reindexing (below bigint NOT NULL)")
    for table, columns in NAMED.items():
        op.add_column(table, sa.Column("search_words", sa.Text(), nullable=False, server_default=""))
        _fill_search_words(table, *columns)
    reindexing.start_reindexing(op.get_bind())
    indexed = 0
    while indexed < INDEXED_AT_ONCE and (count := reindexing.reindex_next_batch(op.get_bind())):
        indexed += count


def downgrade() -> None:
    triggers = SQLITE_TRIGGERS if _is_sqlite() else POSTGRESQL_TRIGGERS
    for name, table in triggers.items():
        _execute(f"DROP TRIGGER ticket_search_{name}" + ("" if _is_sqlite() else f" ON {table}"))
    _execute("DROP TABLE ticket_search_reindexing", "DROP TABLE ticket_search")
    if not _is_sqlite():
        _execute(*(f"DROP FUNCTION ticket_search_{name}()" for name in POSTGRESQL_FUNCTIONS))
    for table in NAMED:
        op.drop_column(table, "search_words")
    _load_migration("0007").upgrade()
    _load_migration("0013").upgrade()


def _fill_search_words(table: str, *columns: str) -> None:
    from helpdesk.markup import search_words

    rows = op.get_bind().execute(sa.text(f"SELECT id, {', '.join(columns)} FROM {table}")).all()
    values = [{"row": row[0], "words": search_words.join_words(*row[1:])} for row in rows]
    update = sa.text(f"UPDATE {table} SET search_words = :words WHERE id = :row")
    for start in range(0, len(values), 1000):
        op.get_bind().execute(update, values[start : start + 1000])


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _execute(*statements: str) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _load_migration(revision: str):
    return op.get_context().environment_context.script.get_revision(revision).module

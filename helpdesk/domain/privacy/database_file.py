"""Remove what was erased from the bytes of SQLite's files, too.

``secure_delete`` overwrites deleted rows with zeros. The search index keeps the words of deleted entries until its
parts are merged, and the write-ahead log keeps pages as they were until it is written anew. On PostgreSQL the space is
used again after VACUUM, which the server does by itself; docs/operate.md says what an operator may do at once.
"""

from sqlalchemy import Connection, text

from helpdesk.domain import background_jobs
from helpdesk.extensions import db

JOB = "clean_database_file"
MERGE_PAGES = 500  # of the search index that one transaction writes at most
# A negative number has all parts merged into one, whatever their sizes: https://www.sqlite.org/fts5.html#the_merge_command
MERGE_STATEMENT = text("INSERT INTO ticket_search (ticket_search, rank) VALUES ('merge', :pages)")
CHANGES_QUERY = text("SELECT total_changes()")


def request_cleaning() -> None:
    """Have a worker clean the files after the open transaction."""
    if db.engine.dialect.name == "sqlite":
        background_jobs.enqueue_job(JOB)


def merge_next_batch(*, is_first: bool) -> bool:
    """Merge some pages of the search index. Returns whether more is left to merge. The caller commits."""
    connection = db.session.connection()
    before = _count_changes(connection)
    connection.execute(MERGE_STATEMENT, {"pages": -MERGE_PAGES if is_first else MERGE_PAGES})
    return _count_changes(connection) - before >= 2  # fewer: it had nothing to do


def truncate_log() -> None:
    """Write the write-ahead log into the database and empty it; left to a later time while somebody reads."""
    db.session.rollback()
    connection = db.engine.raw_connection()
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _count_changes(connection: Connection) -> int:
    return int(connection.execute(CHANGES_QUERY).scalar_one())

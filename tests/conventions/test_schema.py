"""Migrations produce exactly the models, on both databases, and can be downgraded."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from helpdesk import config, extensions
from helpdesk.cli import schema_migration
from helpdesk.models.ticket import Ticket

NOT_OURS = "ticket_search"  # the search index is made by its migration alone; the database keeps it
OF_POSTGRESQL = "ix_users_search_words"  # made by its migration alone, on PostgreSQL
WRITTEN_ANEW = "ix_tickets_unsolved_needed"  # PostgreSQL stores its expression in other words; compared below


def is_compared(thing, name, kind, reflected, compare_to) -> bool:
    if name in (WRITTEN_ANEW, OF_POSTGRESQL):
        return False
    table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", "")
    return not (table or "").startswith(NOT_OURS)


def test_models_and_migrations_agree(app):
    with extensions.db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_compared, "compare_type": True, "compare_server_default": False}
        )
        differences = compare_metadata(context, extensions.Model.metadata)
    assert differences == []


def test_the_index_of_what_needs_the_team_is_that_of_the_model(session):
    (index,) = [each for each in Ticket.__table__.indexes if each.name == WRITTEN_ANEW]
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    table, column = ("sqlite_master", "sql") if is_sqlite else ("pg_indexes", "indexdef")
    query = text(f"SELECT {column} FROM {table} WHERE {'name' if is_sqlite else 'indexname'} = '{WRITTEN_ANEW}'")

    def restate() -> str:
        """How the index is written once it was made from what is written: PostgreSQL writes a list in two ways."""
        written = session.scalar(query)
        index.drop(session.connection())
        session.execute(text(written))
        return session.scalar(query)

    migrated = restate()
    index.drop(session.connection())
    index.create(session.connection())
    assert restate() == migrated
    session.rollback()


def test_the_triggers_of_stored_reports_are_those_of_their_migration(session):
    """A migration that makes one of their tables anew on SQLite drops them without a word."""
    dialect = session.get_bind().dialect.name
    migration = ScriptDirectory(config.MIGRATIONS_FOLDER).get_revision("0063").module
    made = [statement for statement in migration.list_triggers(dialect) if statement.startswith("CREATE TRIGGER")]
    query = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
    if dialect == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
        made = [statement.split()[2] for statement in made]
    found = set(session.scalars(text(query)))
    assert len(made) == 18 and set(made) <= found


def test_the_database_is_at_head(app):
    at, head = schema_migration.get_revisions()
    assert at == head


@pytest.mark.slow
def test_every_migration_upgrades_and_downgrades(app):
    extensions.db.session.remove()
    downgrade(revision="base")
    tables = set(inspect(extensions.db.engine).get_table_names())
    assert tables <= {"alembic_version"}
    extensions.db.session.remove()
    upgrade()
    at, head = schema_migration.get_revisions()
    assert at == head


def test_migrations_are_numbered_and_named():
    from pathlib import Path

    from helpdesk import config

    names = sorted(path.name for path in (Path(config.MIGRATIONS_FOLDER) / "versions").glob("*.py"))
    assert [name[:5] for name in names] == [f"{number:04d}_" for number in range(1, len(names) + 1)]

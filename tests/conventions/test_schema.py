"""Migrations produce exactly the models, on both databases, and can be downgraded."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from helpdesk import extensions
from helpdesk.cli import schema_migration

NOT_OURS = "ticket_search"  # the search index is made by its migration alone; the database keeps it


def is_compared(thing, name, kind, reflected, compare_to) -> bool:
    table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", "")
    return not (table or "").startswith(NOT_OURS)


def test_models_and_migrations_agree(app):
    with extensions.db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": is_compared, "compare_type": True, "compare_server_default": False}
        )
        differences = compare_metadata(context, extensions.Model.metadata)
    assert differences == []


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

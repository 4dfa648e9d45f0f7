"""Run by test_new_status with ``extra_entry`` loaded: the guide's migration makes what the edited table says."""

import shutil
from pathlib import Path

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from helpdesk import config
from helpdesk.database.types import one_of_condition
from helpdesk.extensions import db
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from tests.conventions.test_migrations import list_blocking_indexes
from tests.domain.new_status import guide

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNSOLVED_INDEXES = {
    each.name: each for each in Ticket.__table__.indexes if each.name.startswith("ix_tickets_unsolved_")
}


def read_sql(connection, name: str) -> str:
    """What the schema says of a table or an index."""
    return connection.scalar(text("SELECT sql FROM sqlite_schema WHERE name = :name"), {"name": name})


def test_the_guide_makes_what_the_models_say_and_takes_it_back(app, tmp_path):
    folder = tmp_path / "migrations"
    shutil.copytree(Path(config.MIGRATIONS_FOLDER), folder, ignore=shutil.ignore_patterns("__pycache__"))
    with db.engine.connect() as connection:
        before = {name: read_sql(connection, name) for name in UNSOLVED_INDEXES}
    assert list_blocking_indexes(guide.write_migration(folder / "versions")) == []
    db.session.remove()
    upgrade(directory=str(folder))
    with db.engine.begin() as connection:
        assert f"CHECK ({one_of_condition('status', Status)})" in read_sql(connection, "tickets")
        for name, index in UNSOLVED_INDEXES.items():
            migrated = read_sql(connection, name)
            assert migrated != before[name]
            index.drop(connection)
            index.create(connection)
            assert read_sql(connection, name) == migrated
    downgrade(directory=str(folder))
    with db.engine.connect() as connection:
        assert {name: read_sql(connection, name) for name in UNSOLVED_INDEXES} == before
        assert "escalated" not in read_sql(connection, "tickets")

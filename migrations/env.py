"""Runs the migrations inside the application, on its own engine."""

from alembic import context
from flask import current_app

from helpdesk import models  # noqa: F401
from helpdesk.database.transactions import start_write_transaction
from helpdesk.extensions import Model, db

PATIENCE = "SET lock_timeout = '2s'"  # on PostgreSQL: rather fail and try again than hold up a busy table


def run() -> None:
    """Migrate the schema to the revision of the command."""
    start_write_transaction()
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            connection.exec_driver_sql(PATIENCE)
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            render_as_batch=is_sqlite,
            transaction_per_migration=not is_sqlite,
        )
        with context.begin_transaction():
            context.run_migrations()


assert current_app
run()

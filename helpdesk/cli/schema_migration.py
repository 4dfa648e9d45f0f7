"""Where the database's schema stands, and bringing it to where the code wants it."""

import contextlib
import io
import logging

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from helpdesk import config
from helpdesk.extensions import db


def get_latest_revision() -> str:
    """The newest revision the code knows."""
    settings = Config()
    settings.set_main_option("script_location", config.MIGRATIONS_FOLDER)
    return ScriptDirectory.from_config(settings).get_current_head()


def get_revisions() -> tuple[str | None, str]:
    """The revision the database is at (None: empty) and the newest one."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with db.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    return at, get_latest_revision()


def upgrade_schema() -> bool:
    """Bring the database to the newest revision, quietly. True if there was anything to do."""
    from flask_migrate import upgrade as migrate

    at, newest = get_revisions()
    if at == newest:
        return False
    with contextlib.redirect_stdout(io.StringIO()):
        migrate()
    return True

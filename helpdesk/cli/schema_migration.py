"""The revision of the database's schema, and the upgrade to the newest one."""

import contextlib
import io
import logging

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from helpdesk import config
from helpdesk.extensions import db


def get_latest_revision() -> str | None:
    """Return the newest revision of the code."""
    settings = Config()
    settings.set_main_option("script_location", config.MIGRATIONS_FOLDER)
    return ScriptDirectory.from_config(settings).get_current_head()


def get_revisions() -> tuple[str | None, str | None]:
    """Return the revision of the database (None: empty) and the newest one."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with db.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    return revision, get_latest_revision()


def upgrade_schema() -> bool:
    """Upgrade the database to the newest revision without output. True if there was anything to do."""
    from flask_migrate import upgrade as migrate

    revision, newest = get_revisions()
    if revision == newest:
        return False
    with contextlib.redirect_stdout(io.StringIO()):
        migrate()
    return True

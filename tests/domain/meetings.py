"""Two transactions that meet: the second waits for the first, which is not committed yet. For PostgreSQL."""

import threading

from flask import current_app
from sqlalchemy import text

from helpdesk.domain.errors import DomainError
from helpdesk.extensions import db
from tests import timeouts

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def meet(session, first, second) -> list[DomainError]:
    """Do ``first`` and, while it is not committed, ``second``, which waits for it. Returns what ``second`` raised."""
    app, refused = current_app._get_current_object(), []

    def go_on():
        with app.app_context():
            try:
                second()
                db.session.commit()
            except DomainError as error:
                refused.append(error)

    first()
    waiting = threading.Thread(target=go_on, daemon=True)
    waiting.start()
    with session.get_bind().connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        timeouts.wait_for(lambda: other.scalar(WAITING), "one to wait for the other")
    session.commit()
    waiting.join(timeouts.LIMIT)
    return refused

"""What happens by the clock: job and seconds between two runs. Every job may run twice, so every worker keeps this clock."""

import logging
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from helpdesk.extensions import db
from workers import jobs

PERIODIC = ((jobs.sweep, 1.0),)
log = logging.getLogger(__name__)


def start(app) -> threading.Thread:
    """Run the schedule in a thread of this process until it ends."""
    thread = threading.Thread(target=_run, args=(app,), name="schedule", daemon=True)
    thread.start()
    return thread


def _run(app) -> None:
    due = {job: 0.0 for job, _ in PERIODIC}
    while True:
        for job, every in PERIODIC:
            if time.monotonic() >= due[job]:
                due[job] = time.monotonic() + every
                _once(app, job)
        time.sleep(0.2)


def _once(app, job) -> None:
    try:
        with app.app_context():
            job()
    except SQLAlchemyError as error:
        log.warning("The database did not take part in %s: %s", job.__name__, type(error).__name__)
    except Exception:
        log.exception("%s failed; it runs again at its next time", job.__name__)
    finally:
        with app.app_context():
            db.session.remove()

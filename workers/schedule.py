"""What happens by the clock. Every worker keeps it; Redis gives each turn to one of them.

The sweep is done in this thread, since it is what finds work when Redis has forgotten it. Everything else goes through the
queue, so that nothing long keeps the sweep from its second.
"""

import logging
import threading
import time

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import extensions
from helpdesk.jobs import wake_workers
from workers import jobs

SWEEP_EVERY = 1.0  # seconds
PERIODIC = {
    "reconcile": 240,
    "warn_of_service_levels": 60,
    "close_solved": 300,
    "sweep_drafts": 900,
    "send_weekly_summaries": 600,
    "erase_what_is_old": 3600,
    "forget_ended_sessions": 86_400,
    "poll_mailbox": 20,
    "alert_admins": 60,
}  # job: seconds between two turns
log = logging.getLogger(__name__)


def start(app) -> threading.Thread:
    """Keep the clock in a thread of this process until it ends."""
    thread = threading.Thread(target=_run, args=(app,), name="schedule", daemon=True)
    thread.start()
    return thread


def _run(app) -> None:
    while True:
        begun = time.monotonic()
        _sweep(app)
        for job, every in PERIODIC.items():
            if _is_our_turn(job, every):
                wake_workers([(job, 0)])
        time.sleep(max(0.1, SWEEP_EVERY - (time.monotonic() - begun)))


def _is_our_turn(job: str, every: int) -> bool:
    """Whether nobody has had this job's turn lately. Without Redis there are no turns; they come when it is back."""
    if time.monotonic() < _next_look.get(job, 0):
        return False
    _next_look[job] = time.monotonic() + min(10, every / 4)
    try:
        return bool(extensions.redis().set(f"helpdesk:turn:{job}", "1", nx=True, ex=every))
    except RedisError:
        return False


_next_look: dict[str, float] = {}


def _sweep(app) -> None:
    try:
        with app.app_context():
            jobs.sweep()
    except SQLAlchemyError as error:
        log.warning("The database did not take part in the sweep: %s", type(error).__name__)
    except Exception:
        log.exception("The sweep failed; it runs again in a second")

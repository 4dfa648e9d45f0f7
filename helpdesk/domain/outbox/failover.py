"""Look before sending after another database server took over, since it may have lost what was committed last.

A delivery that was sent just before the former server ended may be pending again. The server's identity (system
identifier and timeline) under which the rows were written is kept beside them; when another one answers, every pending
row is looked for on the other side before it is sent. The time is kept, too: what a channel brings again after it is
looked for as well (repeated_events). Restoring a backup is such a takeover.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select, update

from helpdesk import clock
from helpdesk.database import postgresql_server, transactions
from helpdesk.database.types import affected_rows
from helpdesk.domain.administration import setting_rows
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.setting import Setting
from helpdesk.translation import N_

IDENTITY_KEY = "database_identity"
TAKEN_OVER_KEY = "database_taken_over_at"
LOOKING_REASON = N_("Another database server has taken over; looking before sending.")
MARGIN = timedelta(minutes=1)  # by which the clock that dates an event may differ from ours
REPEATED_WITHIN = timedelta(hours=1)  # of the takeover, events whose time is not known may come a second time
CALL_SECONDS = 12  # longer than a call takes that another worker began before the former server ended
log = logging.getLogger(__name__)
_checked: str | None = None


def has_moved() -> bool:
    """Whether another server answers than the one that was checked last; to be asked before something is sent."""
    return postgresql_server.current_identity() != _checked


def look_first_after_failover() -> int:
    """Have every pending row looked for first, if another server answers than the rows were written under.

    Returns how many rows. Commits. A comparison of two texts while nothing has changed.
    """
    global _checked
    identity = postgresql_server.current_identity()
    if identity is None or identity == _checked:
        return 0
    with transactions.read_only():
        known = db.session.scalar(select(Setting.value).where(Setting.key == IDENTITY_KEY))
    count = 0 if known == identity else _remember(identity)
    _checked = identity
    return count


def look_after_takeover(said_at: datetime | None) -> datetime | None:
    """Return when to look for what is sent for an event of the time ``said_at``, which may have been applied before
    another server took over; None where nothing needs to be looked for. To be asked in the transaction that adds it.
    """
    identity = postgresql_server.current_identity()
    rows = select(Setting.key, Setting.value).where(Setting.key.in_((IDENTITY_KEY, TAKEN_OVER_KEY)))
    known = {row.key: row.value for row in db.session.execute(rows)}
    now = clock.now()
    if identity is not None and known.get(IDENTITY_KEY, identity) != identity:
        taken_over_at = now  # no worker has seen it yet
    elif TAKEN_OVER_KEY in known:
        taken_over_at = datetime.fromisoformat(known[TAKEN_OVER_KEY])
    else:
        return None
    is_older = said_at < taken_over_at + MARGIN if said_at is not None else now < taken_over_at + REPEATED_WITHIN
    return taken_over_at + timedelta(seconds=CALL_SECONDS) if is_older else None


def invalidate_check() -> None:
    """Compare again at the next call: another database is used."""
    global _checked
    _checked = None


def _remember(identity: str) -> int:
    row = setting_rows.lock_row(IDENTITY_KEY, identity)
    count = 0
    if row.value != identity:
        count = _mark_pending()
        row.value = identity
        db.session.merge(Setting(key=TAKEN_OVER_KEY, value=clock.now().isoformat()))
        log.warning("Another database server has taken over; %d pending deliveries are looked for first.", count)
    db.session.commit()
    return count


def _mark_pending() -> int:
    soon = clock.now() + timedelta(seconds=CALL_SECONDS)
    marked = db.session.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.pending, or_(Delivery.due_at <= soon, Delivery.attempts > 0))
        .values(
            state=DeliveryState.unknown,
            possibly_sent_since=func.coalesce(Delivery.possibly_sent_since, Delivery.created_at),
            due_at=case((Delivery.due_at > soon, Delivery.due_at), else_=soon),
            reason=LOOKING_REASON,
        )
        .execution_options(synchronize_session=False)
    )
    return affected_rows(marked)

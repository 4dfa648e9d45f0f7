"""Resume mail to an address that was marked as undeliverable."""

from sqlalchemy import select

from helpdesk.domain import outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.people import permissions, undeliverable_addresses
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.thread import Thread
from helpdesk.models.user import User
from helpdesk.translation import gettext


def reset_and_retry(user: User, *, actor: User) -> int:
    """Clear the mark of ``user``'s address and retry their failed mails. Returns how many."""
    permissions.ensure(actor.is_team and actor.is_active, gettext("Only the team can do this."))
    was_marked = user.email_undeliverable_reason is not None
    undeliverable_addresses.clear_bounces(user)
    failed = select(Delivery).join(Thread).where(Thread.user_id == user.id, Delivery.state == DeliveryState.failed)
    rows = list(db.session.scalars(failed.order_by(Delivery.id)))
    for delivery in rows:
        outbox.retry_delivery(delivery, actor=actor)
    if was_marked or rows:
        audit_log.add_entry("tried an address again", actor, user.email, user.organization_id)
    return len(rows)

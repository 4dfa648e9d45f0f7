"""Send events of a webhook's log again: one that was received, or all since some time."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.delivery import FINISHED_STATES, Delivery, DeliveryKind
from helpdesk.models.user import User
from helpdesk.models.webhook import Webhook
from helpdesk.translation import format_number, gettext

MAX_EVENTS = 1000  # of one replay
PERIODS_HOURS = (1, 24, 168)
REPLAY_KEY, SEQUENCE_KEY = "replay_of", "sequence"  # of the first request, so that what it says stays as old as it is


def replay_delivery(delivery: Delivery, *, actor: User) -> Delivery:
    """Send the event of a finished ``delivery`` again, as it was; ``replay_of`` in its body names the first id.

    Raises PermissionDenied, and ConflictError if it is not finished or the webhook is off.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set up webhooks."))
    webhook = db.session.get(Webhook, delivery.subject_id)
    if delivery.state not in FINISHED_STATES or delivery.kind != DeliveryKind.webhook:
        raise ConflictError(gettext("This event is still on its way."))
    if webhook is None or not webhook.is_active:
        raise ConflictError(gettext("Switch the webhook on first."))
    if not _has_content(delivery):
        raise ConflictError(gettext("Its content was erased."))
    return _send_again(webhook, delivery)


def replay_since(webhook: Webhook, hours: int, *, actor: User) -> int:
    """Send all events of the last ``hours`` again, in their order; returns how many.

    Tests, earlier replays, and events whose content was erased are left out. Raises PermissionDenied, ValidationError
    and ConflictError.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set up webhooks."))
    if hours not in PERIODS_HOURS:
        raise ValidationError(gettext("Choose since when."), "hours")
    if not webhook.is_active:
        raise ConflictError(gettext("Switch the webhook on first."))
    rows = select(Delivery).where(
        Delivery.kind == DeliveryKind.webhook,
        Delivery.subject_id == webhook.id,
        Delivery.state.in_(FINISHED_STATES),
        Delivery.created_at >= clock.now() - timedelta(hours=hours),
    )
    found = [
        delivery
        for delivery in db.session.scalars(rows.order_by(Delivery.id).limit(MAX_EVENTS + 1))
        if _has_content(delivery)
        and delivery.data["payload"].get("event") != "test"
        and REPLAY_KEY not in delivery.data["payload"]
    ]
    if len(found) > MAX_EVENTS:
        raise ValidationError(
            gettext(
                "There are more than %(max_events)s events. Choose a shorter time.",
                max_events=format_number(MAX_EVENTS),
            ),
            "hours",
        )
    for delivery in found:
        _send_again(webhook, delivery)
    audit_log.add_entry("sent events of a webhook again", actor, webhook.name, hours=hours, number=len(found))
    return len(found)


def _has_content(delivery: Delivery) -> bool:
    """Whether the payload says more than which event it was: whom it was about may have been erased since."""
    return not delivery.data["payload"].keys() <= {"event", "at", REPLAY_KEY, SEQUENCE_KEY}


def _send_again(webhook: Webhook, delivery: Delivery) -> Delivery:
    payload = delivery.data["payload"]
    first = {REPLAY_KEY: delivery.key, SEQUENCE_KEY: delivery.id}
    return webhooks.enqueue_delivery(webhook.id, first | payload if REPLAY_KEY in payload else payload | first)

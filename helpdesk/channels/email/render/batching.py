"""Send several messages of a short time as one mail: the first delivery carries those behind it, and all of them end
together.
"""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.channels.email import delivery_data
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import MessageKind

MAX_MESSAGES = 20  # messages of one mail


def collect_batch(delivery: Delivery) -> list[Delivery]:
    """Return the deliveries that are sent with ``delivery``, in order, and store their ids in it. None of them while
    grouping is off.
    """
    found = list(_following_deliveries(delivery)) if settings.get("mail_grouping_seconds") else []
    if found or delivery_data.carried_ids(delivery) is not None:
        delivery_data.set_carried_ids(delivery, [each.id for each in found])
    return found


def mark_batch_sent(delivery: Delivery) -> None:
    """Mark the deliveries that ``delivery`` carried as sent, in the same mail."""
    carried = delivery_data.carried_ids(delivery)
    if not carried:
        return
    rows = select(Delivery).where(Delivery.id.in_(carried), Delivery.thread_id == delivery.thread_id)
    for row in db.session.scalars(rows.where(Delivery.state != DeliveryState.sent)):
        row.state = DeliveryState.sent
        row.external_id = delivery.external_id
        row.reason = None
        row.finished_at = clock.now()


def _following_deliveries(delivery: Delivery) -> Iterator[Delivery]:
    """Yield the deliveries that can be sent in the same mail. Stops at the first that cannot, so that the order stays:
    another kind of mail, one that a person holds, one whose author may still take it back.
    """
    behind = (
        select(Delivery)
        .where(
            Delivery.thread_id == delivery.thread_id,
            Delivery.queue_key == delivery.queue_key,
            Delivery.id > delivery.id,
            Delivery.state.not_in((DeliveryState.sent, DeliveryState.cancelled)),
        )
        .options(joinedload(Delivery.message))
        .order_by(Delivery.id)
        .limit(MAX_MESSAGES - 1)
    )
    now = clock.now()
    for row in db.session.scalars(behind):
        message = row.message
        if row.kind != DeliveryKind.message or row.state != DeliveryState.pending or message is None:
            return
        if message.kind != MessageKind.reply or message.deleted_at or (message.release_at and message.release_at > now):
            return
        yield row

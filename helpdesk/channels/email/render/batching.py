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


def collect_batch(delivery: Delivery, with_solved: bool = False) -> tuple[list[Delivery], bool]:
    """Return the messages that are sent with ``delivery``, in order, and whether it is also the mail that the ticket
    was solved, which is looked for if ``with_solved``. Their ids are stored in it. No messages while grouping is off.
    """
    found = list(_following_deliveries(delivery)) if settings.get("mail_grouping_seconds") else []
    solved = _find_solved(found[-1] if found else delivery) if with_solved else None
    carried = [each.id for each in found] + ([solved.id] if solved is not None else [])
    if carried or delivery_data.carried_ids(delivery) is not None:
        delivery_data.set_carried_ids(delivery, carried)
    return found, solved is not None


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


def _find_solved(last: Delivery) -> Delivery | None:
    """Return the mail that the ticket was solved if it is the next after ``last`` and is due: one press did both."""
    following = (
        select(Delivery)
        .where(
            Delivery.thread_id == last.thread_id,
            Delivery.queue_key == last.queue_key,
            Delivery.id > last.id,
            Delivery.state.not_in((DeliveryState.sent, DeliveryState.cancelled)),
        )
        .order_by(Delivery.id)
        .limit(1)
    )
    row = db.session.scalar(following)
    is_due = row is not None and row.state == DeliveryState.pending and row.due_at <= clock.now()
    return row if is_due and row.kind == DeliveryKind.solved else None


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

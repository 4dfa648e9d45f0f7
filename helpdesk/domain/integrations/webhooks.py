"""Webhooks: for each event one delivery in the outbox per subscribed webhook, in the same transaction."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select

from helpdesk import clock, jobs
from helpdesk.domain.errors import ConflictError, ensure_fields
from helpdesk.domain.integrations import webhook_address
from helpdesk.domain.people import permissions
from helpdesk.domain.representations import Attachment as FileObject
from helpdesk.domain.representations import Message as MessageObject
from helpdesk.domain.representations import TicketDetails
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.models.webhook import WEBHOOK_EVENTS, Webhook
from helpdesk.translation import format_number, gettext, lazy_gettext

MAX_WEBHOOKS = 20
_webhook = Webhook.__table__
# Built once, because every event executes it.
ACTIVE_WEBHOOKS_QUERY = select(*_webhook.c["id", "events"]).where(_webhook.c.is_active)
HAS_ACTIVE_WEBHOOKS = exists().where(_webhook.c.is_active).label("has_webhooks")  # for statements of others
EVENT_BY_KIND = {"solved": "ticket.solved", "reopened": "ticket.reopened", "tagged": "ticket.tagged"}
UPDATE_KINDS = {
    "status",
    "priority",
    "assigned",
    "closed",
    "moved",
    "merged",
    "answered",
    "requester",
    "subject",
    "followed",
    "unfollowed",
}
EVENT_LABELS = {
    "ticket.filed": lazy_gettext("A ticket was filed"),
    "ticket.updated": lazy_gettext("Status, priority, assignee or answers changed"),
    "ticket.solved": lazy_gettext("A ticket was solved"),
    "ticket.reopened": lazy_gettext("A solved ticket was taken up again"),
    "ticket.tagged": lazy_gettext("Tags were added or removed"),
    "ticket.erased": lazy_gettext("A ticket was erased"),
    "message.replied": lazy_gettext("Somebody replied"),
    "message.noted": lazy_gettext("The team wrote a note"),
    "message.edited": lazy_gettext("A reply or note was edited, or became internal"),
    "message.deleted": lazy_gettext("A reply or note was deleted"),
    "file.removed": lazy_gettext("A file was withdrawn, or had a virus"),
    "person.added": lazy_gettext("A person was added"),
    "person.changed": lazy_gettext("A person’s name, address or access changed"),
    "person.merged": lazy_gettext("Two people were merged"),
    "person.erased": lazy_gettext("A person was erased"),
}


def enqueue_ticket_created(ticket: Ticket, message: Message) -> None:
    """Enqueue ``ticket.filed`` for a new ticket with its first ``message``."""
    _enqueue_for_subscribers("ticket.filed", ticket, message)


def enqueue_message_added(message: Message) -> None:
    """Enqueue ``message.replied`` or ``message.noted``."""
    _enqueue_for_subscribers(
        "message.noted" if message.is_note else "message.replied",
        message.ticket,
        message,
        due_at=None if message.origin_thread_id else message.release_at,
    )


def enqueue_message_changed(message: Message) -> None:
    """Enqueue ``message.edited`` or ``message.deleted``; of a note only for webhooks that get notes."""
    event = "message.deleted" if message.deleted_at else "message.edited"
    _enqueue_for_subscribers(event, message.ticket, message, also="message.noted" if message.is_note else event)


def enqueue_message_made_internal(message: Message) -> None:
    """Enqueue that a reply became a note: ``message.edited`` for the webhooks that get notes.

    For the others it is gone: they get ``message.deleted`` without its words, and what waits to be sent to them about
    it for the first time is not sent.
    """
    enqueue_message_changed(message)
    get_notes = list_subscribers("message.noted")
    unsent = delete(Delivery).where(
        Delivery.kind == DeliveryKind.webhook,
        Delivery.state == DeliveryState.pending,
        Delivery.attempts == 0,
        Delivery.subject_id.not_in(get_notes),
        Delivery.data[("payload", "message", "id")].as_integer() == message.id,
    )
    deleted = db.session.execute(
        unsent.returning(Delivery.subject_id, Delivery.data).execution_options(synchronize_session=False)
    )
    unaware = [row.subject_id for row in deleted if row.data["payload"]["event"] == "message.replied"]
    removed = {"kind": "reply", "body": "", "attachments": [], "deleted_at": clock.now().isoformat()}
    omitted = (*get_notes, *unaware)
    _enqueue_for_subscribers("message.deleted", message.ticket, message, omitted=omitted, message_values=removed)


def enqueue_file_removed(message: Message, attachment: Attachment) -> None:
    """Enqueue ``file.removed`` for a file whose bytes were deleted; of a note only for webhooks that get notes."""
    file = FileObject.model_validate(attachment).model_dump(mode="json") | {"reason": attachment.reason}
    also = "message.noted" if message.is_note else None
    _enqueue_for_subscribers("file.removed", message.ticket, message, also=also, file=file)


def enqueue_ticket_changed(ticket: Ticket, kind: str, changes: dict[str, Any]) -> None:
    """Enqueue the event for ``kind`` (as in the timeline), after the change; ``changes`` has old and new values."""
    if kind in EVENT_BY_KIND:
        _enqueue_for_subscribers(EVENT_BY_KIND[kind], ticket, change=kind, changes=changes)
    elif kind in UPDATE_KINDS:
        _enqueue_for_subscribers("ticket.updated", ticket, change=kind, changes=changes)


def enqueue_tickets_erased(numbers: list[int]) -> None:
    """Enqueue ``ticket.erased`` for each ticket, with its number only: who has a copy has to delete it."""
    for webhook_id in list_subscribers("ticket.erased"):
        for number in numbers:
            payload = {"event": "ticket.erased", "at": clock.now().isoformat(), "ticket": {"number": number}}
            enqueue_delivery(webhook_id, payload)


def delete_unsent(message_id: int) -> None:
    """Delete the deliveries about a new message that are not due yet; it was taken back."""
    waiting = select(Delivery).where(
        Delivery.kind == DeliveryKind.webhook,
        Delivery.state == DeliveryState.pending,
        Delivery.attempts == 0,
        Delivery.due_at > clock.now(),
    )
    for delivery in db.session.scalars(waiting):
        if (delivery.data["payload"].get("message") or {}).get("id") == message_id:
            db.session.delete(delivery)


def find_earlier_unfinished(delivery: Delivery) -> datetime | None:
    """When the earlier event of the same ticket that ``delivery`` has to wait for is due; None where there is none.

    A failed one is not waited for.
    """
    number = (delivery.data["payload"].get("ticket") or {}).get("number")
    if number is None:
        return None
    earlier = select(Delivery.due_at).where(
        Delivery.kind == DeliveryKind.webhook,
        Delivery.subject_id == delivery.subject_id,
        Delivery.id < delivery.id,
        Delivery.state.in_((DeliveryState.pending, DeliveryState.sending, DeliveryState.unknown)),
        Delivery.data[("payload", "ticket", "number")].as_integer() == number,
    )
    return db.session.scalar(earlier.order_by(Delivery.id).limit(1))


def save_webhook(
    webhook: Webhook | None, *, name: str, url: str, events: list[str], actor: User, is_active: bool = True
) -> Webhook:
    """Create (``webhook`` None) or change a webhook.

    Raises PermissionDenied, and ValidationError with a sentence for every wrong field.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set up webhooks."))
    name, url = to_one_line(name), url.strip()
    has_place = webhook is not None or _count_webhooks() < MAX_WEBHOOKS
    most = format_number(MAX_WEBHOOKS)
    url_error = webhook_address.url_error(url) if 0 < len(url) <= 500 else None
    ensure_fields(
        gettext("Some answers need another look."),
        (
            "name",
            has_place,
            gettext("There are %(most_webhooks)s webhooks already; delete one first.", most_webhooks=most),
        ),
        ("name", 0 < len(name) <= 80, gettext("A name has between 1 and 80 characters.")),
        ("url", 0 < len(url) <= 500, gettext("Write the address to be told, with https://.")),
        ("url", not url_error, url_error or ""),
        ("events", events and set(events) <= set(WEBHOOK_EVENTS), gettext("Choose at least one event.")),
    )
    if webhook is None:
        webhook = Webhook(created_by_id=actor.id)
        db.session.add(webhook)
    webhook.name, webhook.url, webhook.is_active = name, url, is_active
    webhook.events = [event for event in WEBHOOK_EVENTS if event in events]
    db.session.flush()
    return webhook


def _count_webhooks() -> int:
    return db.session.scalar(select(db.func.count()).select_from(Webhook)) or 0


def delete_webhook(webhook: Webhook, *, actor: User) -> None:
    """Delete a webhook; its pending deliveries are skipped when they are due. Raises PermissionDenied."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set up webhooks."))
    db.session.delete(webhook)


def send_test(webhook: Webhook, *, actor: User) -> Delivery:
    """Enqueue a test delivery, whose result the log shows. Raises PermissionDenied, and ConflictError if it is off."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins set up webhooks."))
    if not webhook.is_active:
        raise ConflictError(gettext("Switch the webhook on first."))
    return enqueue_delivery(
        webhook.id,
        {
            "event": "test",
            "at": clock.now().isoformat(),
            "message": f"Hello from {actor.display_name}.",
        },
    )


def list_deliveries(webhook: Webhook, limit: int = 50) -> list[Delivery]:
    """Return the latest deliveries to ``webhook``, sent or pending, latest first."""
    rows = select(Delivery).where(Delivery.kind == DeliveryKind.webhook, Delivery.subject_id == webhook.id)
    return list(db.session.scalars(rows.order_by(Delivery.id.desc()).limit(limit)))


def list_subscribers(*events: str) -> list[int]:
    """The ids of the webhooks that are on and get all of ``events``."""
    return [row.id for row in db.session.execute(ACTIVE_WEBHOOKS_QUERY) if set(events) <= set(row.events)]


def _enqueue_for_subscribers(
    event: str,
    ticket: Ticket,
    message: Message | None = None,
    due_at: datetime | None = None,
    also: str | None = None,
    omitted: Collection[int] = (),
    message_values: Mapping[str, Any] | None = None,
    **more: Any,
) -> None:
    """Enqueue ``event`` for the webhooks that get it and, where named, the event ``also``, but not for ``omitted``.

    ``message_values``: of the message, in place of its own.
    """
    subscribers = [webhook_id for webhook_id in list_subscribers(event, also or event) if webhook_id not in omitted]
    if subscribers and message:
        more["message"] = {**MessageObject.model_validate(message).model_dump(mode="json"), **(message_values or {})}
    if subscribers:
        more["ticket"] = TicketDetails.model_validate(ticket).model_dump(mode="json")
    for webhook_id in subscribers:
        enqueue_delivery(webhook_id, {"event": event, "at": clock.now().isoformat(), **more}, due_at)


def enqueue_delivery(webhook_id: int, payload: dict[str, Any], due_at: datetime | None = None) -> Delivery:
    """Enqueue one request with ``payload``, not before ``due_at``."""
    delivery = Delivery(
        kind=DeliveryKind.webhook,
        queue_key="mail",
        subject_id=webhook_id,
        due_at=due_at or clock.now(),
        data={"payload": payload},
    )
    db.session.add(delivery)
    db.session.flush()
    jobs.enqueue_after_commit("deliver", delivery.id)
    return delivery

"""Replies that nobody outside the team sees until their undo window ends: until then each is stored as a note.

So every rule that keeps notes from customers keeps them, too: pages, search, mail, channels, exports and the API.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from helpdesk import clock, jobs, live_events
from helpdesk.database import transactions
from helpdesk.domain import locking, outbox
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import permissions
from helpdesk.domain.people.reader_language import in_team_language
from helpdesk.domain.tickets import change_listeners, messages, side_effects, status, timeline
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext

BATCH_SIZE = 50


def hold_reply(
    ticket: Ticket,
    *,
    author: User,
    body: str,
    publish_at: datetime,
    origin: Thread,
    origin_external_id: str,
    attachments: Sequence[Attachment] = (),
) -> Message:
    """Add a reply that becomes public at ``publish_at``. Raises PermissionDenied, ValidationError, and ConflictError on
    a closed ticket.
    """
    ticket = messages.lock_for_message(ticket, origin, author, permissions.can_reply, messages.REPLY_REFUSAL)
    permissions.ensure(author.is_team, messages.REPLY_REFUSAL)
    if ticket.is_closed:
        raise ConflictError(gettext("This ticket is closed. File a follow-up instead."), "body")
    message, stored = messages.add_message(
        ticket, MessageKind.note, author, body, attachments, origin, origin_external_id, None
    )
    if stored:
        message.publish_at = publish_at
    return message


def publish_held(message: Message) -> bool:
    """Make a held reply public now, with everything that a new reply causes. Returns whether it was one still.

    On a ticket that was closed meanwhile it stays a note, and the thread it came from says so.
    """
    message = locking.lock_message_if(message, lambda _: True)
    ticket = message.ticket
    if message.publish_at is None:
        return False
    message.publish_at = None
    if message.deleted_at:
        return False
    if ticket.is_closed:
        _report_closed(message)
        return False
    message.kind = MessageKind.reply
    message.seq = timeline.take_next_seq(ticket)
    message.created_at = message.release_at = clock.now()
    messages.record_reply(ticket, message)
    messages.index_message(message)  # customers find it from now on
    status.apply_reply_to_status(ticket, message)
    outbox.fan_out_message(message)
    outbox.announce_published(message)
    side_effects.on_message_added(message)
    change_listeners.after_reply(message)
    live_events.bump_version_and_publish(ticket)
    return True


def publish_due_replies() -> int:
    """Make every held reply public whose window has ended. Returns how many. Commits after each."""
    with transactions.read_only():
        due = select(Message.id).where(Message.publish_at.is_not(None), Message.publish_at <= clock.now())
        ids = list(db.session.scalars(due.order_by(Message.id).limit(BATCH_SIZE)))
    published = 0
    for message_id in ids:
        message = db.session.get(Message, message_id)
        published += message is not None and publish_held(message)
        db.session.commit()
    return published


@in_team_language
def _report_closed(message: Message) -> None:
    origin = db.session.get(Thread, message.origin_thread_id) if message.origin_thread_id else None
    if origin is not None:
        sentence = gettext(
            "The ticket was closed meanwhile, so the reply above was not sent to the customer. It is a note."
        )
        line = outbox.enqueue_delivery(origin, DeliveryKind.line, sentence=sentence, team_only=True)
        jobs.enqueue_after_commit("deliver", line.id)

"""Decide whether somebody gets a mail now, and convert times to their time zone."""

from datetime import datetime

from sqlalchemy import select

from helpdesk import presence
from helpdesk.domain.administration import settings
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.domain.people import admission
from helpdesk.domain.people.reader_time_zone import get_reader_time_zone
from helpdesk.extensions import db
from helpdesk.models.message import Message
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.thread import Thread
from helpdesk.models.user import User
from helpdesk.translation import lazy_gettext

RECHECK_SECONDS = 15  # seconds until it is checked again whether somebody still reads the ticket


def get_recipient(thread: Thread) -> User:
    """Return the recipient. Raises SkipDelivery where they may no longer read the ticket, left, or their address is
    undeliverable.
    """
    user = thread.user
    if thread.ended_at is not None:
        raise SkipDelivery(lazy_gettext("%(user)s left this conversation.", user=user.display_name))
    if not admission.can_receive_mail(user, thread.ticket):
        raise SkipDelivery(lazy_gettext("%(user)s may no longer see this ticket.", user=user.display_name))
    if user.email_undeliverable_reason:
        raise SkipDelivery(
            lazy_gettext(
                "Mail to %(email)s does not arrive: %(reason)s",
                email=user.email,
                reason=user.email_undeliverable_reason,
            )
        )
    return user


def ensure_not_reading(user: User, message: Message) -> None:
    """Check that the user is not reading the ticket's page.

    Raises SkipDelivery if they are and have read the message, RetryLater if they have not yet.
    """
    if settings.get("mail_while_reading") or user.id not in presence.present_users(message.ticket_id):
        return
    read = db.session.scalar(
        select(ReadReceipt.seq).where(ReadReceipt.user_id == user.id, ReadReceipt.ticket_id == message.ticket_id)
    )
    if (read or 0) >= message.seq:
        raise SkipDelivery(lazy_gettext("%(user)s read it in the portal.", user=user.display_name))
    raise RetryLater(
        lazy_gettext(
            "%(user)s is at the ticket right now; mailed if they leave without reading it.", user=user.display_name
        ),
        RECHECK_SECONDS,
    )


def to_local_time(when: datetime, reader: User | None) -> datetime:
    """Convert ``when`` to the reader's time zone, else the helpdesk's."""
    return when.astimezone(get_reader_time_zone(reader))

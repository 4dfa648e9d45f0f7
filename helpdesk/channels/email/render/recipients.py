"""Whether somebody gets a mail now, and what their clock says."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from helpdesk import presence
from helpdesk.domain.administration import settings
from helpdesk.domain.outbox.errors import RetryLater, SkipDelivery
from helpdesk.domain.people import admission
from helpdesk.extensions import db
from helpdesk.models.message import Message
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.thread import Thread
from helpdesk.models.user import User

RECHECK_SECONDS = 15  # seconds until somebody who is reading the ticket is looked after again


def get_recipient(thread: Thread) -> User:
    """The one who gets it. Raises Skip where they may no longer read the ticket, left, or their address is dead."""
    user = thread.user
    if thread.ended_at is not None:
        raise SkipDelivery(f"{user.display_name} left this conversation.")
    if not admission.can_receive_mail(user, thread.ticket):
        raise SkipDelivery(f"{user.display_name} may no longer see this ticket.")
    if user.email_undeliverable_reason:
        raise SkipDelivery(f"Mail to {user.email} does not arrive: {user.email_undeliverable_reason}")
    return user


def ensure_not_reading(user: User, message: Message) -> None:
    """Somebody at the ticket's page has it before their eyes: Skip once they have read it, NotYet until then."""
    if settings.get("mail_while_reading") or user.id not in presence.present_users(message.ticket_id):
        return
    read = db.session.scalar(
        select(ReadReceipt.seq).where(ReadReceipt.user_id == user.id, ReadReceipt.ticket_id == message.ticket_id)
    )
    if (read or 0) >= message.seq:
        raise SkipDelivery(f"{user.display_name} read it in the portal.")
    raise RetryLater(
        f"{user.display_name} is at the ticket right now; mailed if they leave without reading it.",
        RECHECK_SECONDS,
    )


def to_local_time(when: datetime, reader: User | None) -> datetime:
    """``when`` on the reader's clock: their own time zone, else the helpdesk's."""
    try:
        return when.astimezone(ZoneInfo((reader and reader.time_zone) or settings.get("time_zone")))
    except (ZoneInfoNotFoundError, ValueError):
        return when

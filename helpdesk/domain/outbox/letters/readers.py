"""Whether somebody gets a mail now, and what their clock says."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from helpdesk import presence
from helpdesk.domain import access, settings
from helpdesk.domain.outbox.reasons import NotYet, Skip
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.people import User
from helpdesk.models.tickets import Message, ReadMark

LOOKS_AGAIN = 15  # seconds until somebody who is reading the ticket is looked after again


def of(thread: Thread) -> User:
    """The one who gets it. Raises Skip where they may no longer read the ticket, left, or their address is dead."""
    user = thread.user
    if thread.ended_at is not None:
        raise Skip(f"{user.display_name} left this conversation.")
    if not access.may_receive(user, thread.ticket):
        raise Skip(f"{user.display_name} may no longer see this ticket.")
    if user.mail_dead_reason:
        raise Skip(f"Mail to {user.email} does not arrive: {user.mail_dead_reason}")
    return user


def leave_to_page(user: User, message: Message) -> None:
    """Somebody at the ticket's page has it before their eyes: Skip once they have read it, NotYet until then."""
    if settings.get("mail_while_reading") or user.id not in presence.who(message.ticket_id):
        return
    read = db.session.scalar(
        select(ReadMark.seq).where(ReadMark.user_id == user.id, ReadMark.ticket_id == message.ticket_id)
    )
    if (read or 0) >= message.seq:
        raise Skip(f"{user.display_name} read it in the portal.")
    raise NotYet(
        f"{user.display_name} is at the ticket right now; mailed if they leave without reading it.",
        LOOKS_AGAIN,
    )


def at(when: datetime, reader: User | None) -> datetime:
    """``when`` on the reader's clock: their own time zone, else the helpdesk's."""
    try:
        return when.astimezone(ZoneInfo((reader and reader.time_zone) or settings.get("time_zone")))
    except (ZoneInfoNotFoundError, ValueError):
        return when

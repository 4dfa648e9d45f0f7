"""The mail conversations of tickets: one thread for each person, with its own reply address."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.channels.email import token
from helpdesk.domain.outbox.channel import NewThread
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

KIND = "email"
MAIL_CHANNEL_QUERY = select(Channel).where(Channel.kind == KIND)


def new_thread(channel_id: int, user_id: int) -> NewThread:
    """Return the conversation with the requester of a new ticket."""
    issued = token.issue()
    return NewThread(channel_id, user_id, issued.nonce, issued.hash)


def open_thread(ticket: Ticket, user: User) -> Thread:
    """Return the mail conversation with ``user`` about ``ticket``; it is created where there is none, and an ended one
    is reopened with a new reply address.
    """
    thread = find_thread(ticket, user)
    if thread is None:
        thread = Thread(
            ticket_id=ticket.id, organization_id=ticket.organization_id, channel=get_mail_channel(), user=user
        )
        _assign_reply_address(thread)
        db.session.add(thread)
    elif thread.nonce is None:
        _assign_reply_address(thread)
    thread.ended_at = None
    db.session.flush()
    return thread


def find_thread(ticket: Ticket, user: User) -> Thread | None:
    """Return the mail conversation with ``user`` about ``ticket``, also an ended one; of two the open one."""
    own = Thread.ticket_id == ticket.id, Thread.channel_id == get_mail_channel().id, Thread.user_id == user.id
    return db.session.scalars(select(Thread).where(*own).order_by(Thread.ended_at.is_not(None), Thread.id)).first()


def get_mail_channel() -> Channel:
    """Return the one channel of all mail. Of several concurrent first tickets, one creates it and the others wait for
    it.
    """
    channel = db.session.scalar(MAIL_CHANNEL_QUERY)
    if channel is None:
        dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
        row = {
            "kind": KIND,
            "external_id": "mail",
            "name": "email",
            "audience": "customer",
            "has_personal_threads": True,
        }
        db.session.execute(dialect.insert(Channel).values(row).on_conflict_do_nothing())
        channel = db.session.scalars(MAIL_CHANNEL_QUERY).one()
    return channel


def _assign_reply_address(thread: Thread) -> None:
    issued = token.issue()
    thread.nonce, thread.token_hash = issued.nonce, issued.hash

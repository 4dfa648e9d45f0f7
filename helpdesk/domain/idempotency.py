"""The same form sent twice: a double click, a browser's re-send, a lost answer. Its token leads to what the first one made."""

import re

from sqlalchemy import bindparam, select

from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.ticket import Message, Ticket
from helpdesk.models.user import User

_message = Message.__table__
MESSAGE_BY_TOKEN_QUERY = select(_message.c.id).where(
    _message.c.author_id == bindparam("author_id"),
    _message.c.form_token == bindparam("form_token"),
    _message.c.ticket_id == bindparam("ticket_id"),
)
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def valid_token(text: str | None) -> str | None:
    """``text`` if it can be a form's token, else None: then every sending counts."""
    return text if text and TOKEN_PATTERN.fullmatch(text) else None


def find_created_ticket(requester: User, form_token: str | None) -> Ticket | None:
    """The ticket that ``requester`` filed with this form before."""
    if not form_token:
        return None
    return db.session.scalar(
        permissions.visible_tickets(requester).where(
            Ticket.requester_id == requester.id, Ticket.form_token == form_token
        )
    )


def was_message_sent(author: User, ticket: Ticket, form_token: str | None) -> bool:
    """Whether ``author`` wrote on ``ticket`` with this form before."""
    if not form_token:
        return False
    asked = {"author_id": author.id, "form_token": form_token, "ticket_id": ticket.id}
    return db.session.execute(MESSAGE_BY_TOKEN_QUERY, asked).first() is not None

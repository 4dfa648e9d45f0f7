"""The same form sent twice: a double click, a browser's re-send, a lost answer. Its token leads to what the first one made."""

import re

from sqlalchemy import bindparam, select

from helpdesk.extensions import db
from helpdesk.models.ticket import Message, Ticket
from helpdesk.models.user import User

_message, _ticket = Message.__table__, Ticket.__table__
MESSAGE = select(_message.c["id", "ticket_id"]).where(
    _message.c.author_id == bindparam("author_id"), _message.c.form_token == bindparam("form_token")
)
TICKET = select(_ticket.c.id).where(
    _ticket.c.requester_id == bindparam("requester_id"), _ticket.c.form_token == bindparam("form_token")
)
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def valid_token(text: str | None) -> str | None:
    """``text`` if it can be a form's token, else None: then every sending counts."""
    return text if text and TOKEN_PATTERN.fullmatch(text) else None


def find_created_ticket(requester: User, form_token: str | None) -> Ticket | None:
    """The ticket that ``requester`` filed with this form before."""
    if not form_token:
        return None
    id = db.session.scalar(TICKET, {"requester_id": requester.id, "form_token": form_token})
    return db.session.get(Ticket, id) if id else None


def find_message(author: User, form_token: str) -> Message | None:
    """What ``author`` wrote with this form before."""
    row = db.session.execute(MESSAGE, {"author_id": author.id, "form_token": form_token}).first()
    return db.session.get(Message, row.id) if row else None


def was_message_sent(author: User, ticket: Ticket, form_token: str | None) -> bool:
    """Whether ``author`` wrote on ``ticket`` with this form before."""
    if not form_token:
        return False
    row = db.session.execute(MESSAGE, {"author_id": author.id, "form_token": form_token}).first()
    return row is not None and row.ticket_id == ticket.id

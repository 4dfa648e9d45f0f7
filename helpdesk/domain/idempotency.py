"""Recognise a form that is sent twice: by a double click, a repeated request or after a lost response.

Its token finds what the first request created.
"""

import base64
import hashlib
import json
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, select

from helpdesk import clock, key_derivation
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.key_derivation import Purpose
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import lazy_gettext

_message, _ticket = Message.__table__, Ticket.__table__
# Built once: every new ticket and message executes one of these.
MESSAGE = select(_message.c.id, _message.c.ticket_id).where(
    _message.c.author_id == bindparam("author_id"), _message.c.form_token == bindparam("form_token")
)
TICKET = select(_ticket.c.id).where(
    _ticket.c.requester_id == bindparam("requester_id"), _ticket.c.form_token == bindparam("form_token")
)
SENT_TWICE = lazy_gettext("This form was sent twice. What it says is stored once.")
REPEAT_WINDOW = timedelta(minutes=10)  # in which a form that is sent again is answered with the secret that it made
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def valid_token(text: str | None) -> str | None:
    """``text`` if it can be a form's token, else None, which turns the check off."""
    return text if text and TOKEN_PATTERN.fullmatch(text) else None


def bind_token(token: str | None, content: object) -> str | None:
    """Return a token for this form with this ``content`` (JSON), or None where ``token`` is none.

    Sent again unchanged, a form is the same; somebody who went back and changed their words sends another.
    """
    if token is None:
        return None
    return hashlib.sha256(f"{token} {json.dumps(content, sort_keys=True)}".encode()).hexdigest()


def make_secret(user: User, form_token: str | None) -> str:
    """Return a secret that is shown once, 43 characters (256 bits): random, or the form's, which is the same each time.

    A browser shows the answer to the second of two sendings only: what the first one made has to stand in it. The
    secret follows from our key and from ``form_token``, of which the database has neither.
    """
    if form_token is None:
        return secrets.token_urlsafe(32)
    signature = key_derivation.sign(Purpose.SECRET_OF_FORM, f"{user.id} {form_token}")
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def ensure_repeated_soon(created_at: datetime, *, is_valid: bool) -> None:
    """Raise ConflictError if what a form made may not be shown again: it ended, or was made before REPEAT_WINDOW."""
    if not is_valid or created_at < clock.now() - REPEAT_WINDOW:
        raise ConflictError(SENT_TWICE)


def find_ticket_id(requester: User, form_token: str | None) -> int | None:
    """Return the id of the ticket that an earlier request with this form created for ``requester``."""
    return db.session.scalar(TICKET, {"requester_id": requester.id, "form_token": form_token}) if form_token else None


def find_message_id(author: User, form_token: str | None) -> int | None:
    """Return the id of the message that an earlier request with this form created for ``author``."""
    row = _find_message(author, form_token)
    return row.id if row else None


def find_created_ticket(requester: User, form_token: str | None) -> Ticket | None:
    """Return the ticket that an earlier request with this form created for ``requester``, if they may still see it."""
    ticket_id = find_ticket_id(requester, form_token)
    return permissions.find_ticket(requester, ticket_id) if ticket_id else None


def was_message_sent(author: User, ticket: Ticket, form_token: str | None) -> bool:
    """Whether an earlier request with this form created a message of ``author`` on ``ticket``."""
    row = _find_message(author, form_token)
    return row is not None and row.ticket_id == ticket.id


def _find_message(author: User, form_token: str | None) -> Row[int, int] | None:
    return (
        db.session.execute(MESSAGE, {"author_id": author.id, "form_token": form_token}).first() if form_token else None
    )

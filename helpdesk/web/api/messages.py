"""What is said on a ticket, for programs."""

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.domain import paging, tickets
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.tickets import Message
from helpdesk.web.api import reading, shapes, tokens
from helpdesk.web.api.tickets import found

blueprint = Blueprint("api_messages", __name__, url_prefix="/api/tickets/<int:number>/messages")
IN_ORDER = paging.Order(((Message.seq, False), (Message.id, False)))


@blueprint.get("")
@tokens.needs("tickets:read")
def index(number: int):
    """Replies and notes, oldest first; ``next`` goes into ``after``."""
    ticket = found(number)
    given = reading.paging_arguments()
    query = select(Message).where(Message.ticket_id == ticket.id)
    query = query.options(joinedload(Message.author), selectinload(Message.attachments))
    page = paging.page(query, IN_ORDER, given.get("after"), reading.limit(given.get("limit")))
    return reading.answer({"data": [shapes.message(row[0]) for row in page.rows], "next": page.next})


@blueprint.post("")
@tokens.needs("tickets:write")
def say(number: int):
    """Reply, or write a note; as the token's person."""
    found(number)
    given = reading.body({"kind": "text", "body": "text"}, required=("body",))
    kind = given.get("kind", "reply")
    if kind not in ("reply", "note"):
        raise Invalid("A message is a reply or a note.", "kind")
    key = tokens.idempotency_key()
    verb = tickets.reply if kind == "reply" else tickets.note
    for attempt in (1, 2):
        try:
            message = verb(found(number), author=tokens.user(), body=given["body"], form_token=key)
            db.session.commit()
            break
        except IntegrityError:
            db.session.rollback()
            if attempt == 2 or key is None:
                raise
    return reading.answer(shapes.message(message), 201)

"""The messages of a ticket in the API."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.database import pagination
from helpdesk.domain import tickets
from helpdesk.domain.tickets import attachments
from helpdesk.extensions import db
from helpdesk.models.message import Message, MessageKind
from helpdesk.web.api import selection, token_authentication
from helpdesk.web.api.request_validation import validate_body, validate_parameters
from helpdesk.web.api.schemas import FieldsPageParameters, NewMessage
from helpdesk.web.api.schemas import Message as MessageSchema
from helpdesk.web.api.serializers import render_one, render_page
from helpdesk.web.api.tickets import get_ticket_or_404

blueprint = Blueprint("api_messages", __name__, url_prefix="/api/tickets/<int:number>/messages")
MESSAGE_ORDER = pagination.Order(((Message.seq, False), (Message.id, False)))


@blueprint.get("")
@token_authentication.require_scope("tickets:read")
def list_messages(number: int) -> ResponseReturnValue:
    """Replies and notes, oldest first; ``next`` is the value of ``after`` for the next page."""
    ticket = get_ticket_or_404(number)
    parameters = validate_parameters(FieldsPageParameters)
    query = select(Message).where(Message.ticket_id == ticket.id)
    query = query.options(joinedload(Message.author), selectinload(Message.attachments))
    selected = selection.read_selection(MessageSchema, parameters)
    page = pagination.fetch_page(query, MESSAGE_ORDER, parameters.after, parameters.limit)
    return render_page(MessageSchema, (row[0] for row in page.rows), page.next, selected)


@blueprint.post("")
@token_authentication.require_scope("tickets:write")
def create_message(number: int) -> ResponseReturnValue:
    """Reply or write a note, as the token's user."""
    get_ticket_or_404(number)
    body = validate_body(NewMessage)
    add_message = tickets.reply if body.kind == MessageKind.reply else tickets.add_note

    def create() -> int:
        author = token_authentication.get_token_user()
        files = attachments.attach_uploads(body.attachments, author)
        return add_message(get_ticket_or_404(number), author=author, body=body.body, attachments=files).id

    message_id = token_authentication.create_once(create)
    return render_one(MessageSchema, db.session.get_one(Message, message_id), 201)

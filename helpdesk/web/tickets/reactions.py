"""React to messages on the page."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import reactions
from helpdesk.extensions import db
from helpdesk.models.message import Message
from helpdesk.web.middleware import authentication
from helpdesk.web.tickets.responses import render_after_change
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_reactions", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.post("/messages/<int:message_id>/reactions")
def set_reaction(number: int, message_id: int) -> ResponseReturnValue:
    """Put the ``emoji`` of the pressed button on a message, or take the one that is ``removed`` away."""
    ticket, reader = get_ticket_or_404(number), authentication.get_current_user()
    query = select(Message).where(Message.id == message_id, Message.ticket_id == ticket.id)
    message = db.session.scalar(query)
    if message is None or message.deleted_at or not permissions.can_read(reader, message):
        abort(404)
    added, removed = request.form.get("emoji"), request.form.get("removed", "")
    reactions.set_reaction(message, removed if added is None else added, actor=reader, is_added=added is not None)
    db.session.commit()
    return render_after_change(number, first="conversation", address=f"/tickets/{number}#message-{message_id}")

"""Add and remove followers of a ticket."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.responses import render_after_change
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("followers", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.post("/followers")
def add_follower(number: int) -> ResponseReturnValue:
    """Add oneself or a colleague as a follower."""
    ticket = get_ticket_or_404(number)
    text = request.form.get("user", "")
    user = db.session.get(User, parse_id(text) or 0)
    if user is None:
        raise ValidationError(gettext("Only people of the same organization can follow this ticket."), "user")
    tickets.add_follower(ticket, user, actor=authentication.get_current_user())
    db.session.commit()
    return render_after_change(number, first="facts")


@blueprint.post("/followers/<int:user_id>/delete")
def remove_follower(number: int, user_id: int) -> ResponseReturnValue:
    """Remove oneself; the team and the requester may remove anybody.

    A person who now cannot see the ticket any more is redirected to the list.
    """
    ticket = get_ticket_or_404(number)
    user = db.session.get(User, user_id)
    if user is not None:
        tickets.remove_follower(ticket, user, actor=authentication.get_current_user())
        db.session.commit()
    if permissions.find_ticket(authentication.get_current_user(), number) is None:
        return htmx_responses.redirect_to("/tickets")
    return render_after_change(number, first="facts")

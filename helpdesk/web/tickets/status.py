"""Change status, assignee and priority. Customers may solve and reopen; the rest is for the team."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.tickets import undo
from helpdesk.web.tickets.responses import render_after_change
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_status", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.post("/solution")
def solve_ticket(number: int) -> ResponseReturnValue:
    """Mark the ticket as solved."""
    ticket = get_ticket_or_404(number)
    agent = authentication.get_current_user()
    if not agent.is_team or ticket.is_solved:
        tickets.solve(ticket, actor=agent)
        db.session.commit()
        return render_after_change(number)
    until = tickets.window_end()
    ticket = tickets.solve(ticket, actor=agent, release_at=until)
    offer = undo.describe_solved(ticket, ticket.next_seq - 1, until)
    db.session.commit()
    return render_after_change(number, more=(undo.make_toast(offer),))


@blueprint.post("/solution/delete")
def reopen_ticket(number: int) -> ResponseReturnValue:
    """Reopen a solved ticket."""
    ticket = get_ticket_or_404(number)
    tickets.reopen(ticket, actor=authentication.get_current_user())
    db.session.commit()
    return render_after_change(number)


@blueprint.post("/status")
@authorization.team_only
def set_status(number: int) -> ResponseReturnValue:
    """Set the status."""
    ticket = get_ticket_or_404(number)
    new_status, until = request.form.get("status", ""), tickets.window_end()
    offer = None
    is_changed = ticket.status != new_status
    ticket = tickets.set_status(ticket, new_status, actor=authentication.get_current_user(), release_at=until)
    if is_changed and ticket.is_solved:
        offer = undo.describe_solved(ticket, ticket.next_seq - 1, until)
    db.session.commit()
    return render_after_change(number, first="facts", more=(undo.make_toast(offer),) if offer else ())


@blueprint.post("/assignee")
@authorization.team_only
def assign_ticket(number: int) -> ResponseReturnValue:
    """Assign the ticket to an agent, or to nobody."""
    ticket = get_ticket_or_404(number)
    text = request.form.get("assignee", "")
    assignee = None
    if text:
        assignee = db.session.get(User, parse_id(text) or 0)
        if assignee is None:
            raise ValidationError(gettext("There is no such person."), "assignee")
    tickets.assign(ticket, assignee, actor=authentication.get_current_user())
    db.session.commit()
    return render_after_change(number, first="facts")


@blueprint.post("/priority")
@authorization.team_only
def set_priority(number: int) -> ResponseReturnValue:
    """Set the priority."""
    ticket = get_ticket_or_404(number)
    tickets.set_priority(ticket, request.form.get("priority", ""), actor=authentication.get_current_user())
    db.session.commit()
    return render_after_change(number, first="facts")

"""Change the subject of a ticket."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.tickets import subject
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_subject", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.get("/subject")
@authorization.team_only
def show_subject_form(number: int) -> ResponseReturnValue:
    """The subject in a form."""
    ticket = get_ticket_or_404(number)
    return render_page(ticket, ticket.subject)


@blueprint.post("/subject")
@authorization.team_only
def change_subject(number: int) -> ResponseReturnValue:
    """Change it, if it is still the one that was shown."""
    typed, shown = request.form.get("subject", ""), request.form.get("shown")
    try:
        subject.change_subject(get_ticket_or_404(number), typed, actor=authentication.get_current_user(), shown=shown)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 409 if isinstance(error, ConflictError) else 422
        return render_page(get_ticket_or_404(number), typed, error.message), status
    db.session.commit()
    return htmx_responses.redirect_to(f"/tickets/{number}")


def render_page(ticket: Ticket, typed: str, error: str = "") -> str:
    """The page, with what was typed if it was refused."""
    errors = {"subject": error} if error else {}
    return render_template("tickets/subject.html", ticket=ticket, typed=typed, errors=errors)

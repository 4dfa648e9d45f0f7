"""Change the requester of a ticket."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, DomainError, ValidationError
from helpdesk.domain.people import users
from helpdesk.domain.tickets import requester
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_requester", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.get("/requester")
@authorization.team_only
def show_requester_form(number: int) -> ResponseReturnValue:
    """Choose another person of the same organization."""
    return render_requester_page(get_ticket_or_404(number))


@blueprint.post("/requester")
@authorization.team_only
def change_requester(number: int) -> ResponseReturnValue:
    """Make the chosen person the requester, if the ticket still has the one that was shown."""
    ticket = get_ticket_or_404(number)
    chosen = users.get_user(parse_id(request.form.get("requester")) or 0)
    former_follows, shown = "former_follows" in request.form, parse_id(request.form.get("former"))
    try:
        if chosen is None:
            raise ValidationError(gettext("Choose whom the ticket is for."), "requester")
        if shown is not None and shown != ticket.requester_id:
            sentence = gettext("Somebody else changed the requester meanwhile. Below is who it is now.")
            raise ConflictError(sentence, "requester")
        actor = authentication.get_current_user()
        requester.change_requester(ticket, chosen, actor=actor, former_follows=former_follows)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 422 if isinstance(error, ValidationError) else 409
        return render_requester_page(get_ticket_or_404(number), error, request.form), status
    db.session.commit()
    flash(gettext("This ticket is for %(name)s now.", name=chosen.display_name), "success")
    return htmx_responses.redirect_to(f"/tickets/{number}")


def render_requester_page(ticket: Ticket, error: DomainError | None = None, given: Any = None) -> str:
    """Render the page, with what was chosen if it was refused."""
    return render_template(
        "tickets/requester.html",
        ticket=ticket,
        people_there=[(user.id, f"{user.display_name} · {user.email}") for user in requester.list_candidates(ticket)],
        chosen=parse_id(given.get("requester")) if given else "",
        former_follows="former_follows" in given if given else True,
        errors={error.field or "requester": error.message} if error else {},
    )

"""Link and unlink two tickets."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.domain.tickets import links
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.tickets.agent_tools import render_refusal, render_tools
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

MAX_CANDIDATES = 8

blueprint = Blueprint("ticket_links", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.get("/links/candidates")
@authorization.team_only
def show_candidates(number: int) -> ResponseReturnValue:
    """Offer the tickets that have the words typed so far, whosever they are."""
    ticket, words = get_ticket_or_404(number), request.args.get("number", "").strip()[:100]
    reader, filters = authentication.get_current_user(), {"view": "all", "q": words}
    found = agent_queue.fetch_queue_page(reader, filters, size=MAX_CANDIDATES + 1).tickets if words else []
    candidates = [row for row in found if row.number != ticket.number][:MAX_CANDIDATES]
    return render_template("tickets/_link_candidates.html", candidates=candidates)


@blueprint.post("/links")
@authorization.team_only
def link_ticket(number: int) -> ResponseReturnValue:
    """Link another ticket: its number, chosen by words or typed."""
    ticket = get_ticket_or_404(number)
    try:
        links.link_tickets(
            ticket, find_other_ticket(request.form.get("number", "")), actor=authentication.get_current_user()
        )
    except (ValidationError, ConflictError) as error:
        return render_refusal(number, error.message)
    db.session.commit()
    return render_tools(number)


@blueprint.post("/links/<int:other_number>/delete")
@authorization.team_only
def unlink_ticket(number: int, other_number: int) -> ResponseReturnValue:
    """Remove the link to another ticket."""
    ticket = get_ticket_or_404(number)
    links.unlink_tickets(ticket, get_ticket_or_404(other_number), actor=authentication.get_current_user())
    db.session.commit()
    return render_tools(number)


def find_other_ticket(text: str) -> Ticket:
    """Return the ticket named by ``text`` (#42 or 42), as the person may see it. Raises ValidationError."""
    digits = text.strip().removeprefix("#")
    ticket = permissions.find_ticket(authentication.get_current_user(), parse_id(digits) or 0)
    if ticket is None:
        raise ValidationError(gettext("There is no ticket with this number."), "number")
    return ticket

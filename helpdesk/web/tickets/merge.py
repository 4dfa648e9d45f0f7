"""Merge a ticket into another one."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.domain.tickets import merge_undo, merging
from helpdesk.extensions import db
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.links import find_other_ticket
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

MAX_CANDIDATES = 10

blueprint = Blueprint("ticket_merge", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.get("/merge")
@authorization.team_only
def show_merge_form(number: int) -> ResponseReturnValue:
    """What merging means, before the button that does it."""
    return render_merge_page(get_ticket_or_404(number), request.args.get("into", ""))


@blueprint.get("/merge/candidates")
@authorization.team_only
def show_candidates(number: int) -> ResponseReturnValue:
    """Show the tickets that have the words typed so far."""
    ticket = get_ticket_or_404(number)
    candidates = list_candidates(ticket, request.args.get("into", "").strip()[:100])
    return render_template("tickets/_merge_candidates.html", ticket=ticket, candidates=candidates)


@blueprint.post("/merge")
@authorization.team_only
def merge_ticket(number: int) -> ResponseReturnValue:
    """Merge the ticket into the one the form names."""
    ticket = get_ticket_or_404(number)
    into = request.form.get("into", "")
    try:
        target = merging.merge_tickets(ticket, find_other_ticket(into), actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_merge_page(get_ticket_or_404(number), into, error.message), 422
    db.session.commit()
    flash(gettext("#%(number)s is merged into this ticket.", number=number), "success")
    return htmx_responses.redirect_to(f"/tickets/{target.number}")


@blueprint.post("/merge/undo")
@authorization.team_only
def undo_merge(number: int) -> ResponseReturnValue:
    """Undo the merge of this ticket into another, within a day."""
    try:
        merge_undo.undo_merge(get_ticket_or_404(number), actor=authentication.get_current_user())
    except ConflictError as error:
        db.session.rollback()
        flash(error.message, "warning")
        return htmx_responses.redirect_to(f"/tickets/{number}")
    db.session.commit()
    flash(gettext("The merge is undone. What was written since then stays in the other ticket."), "success")
    return htmx_responses.redirect_to(f"/tickets/{number}")


def render_merge_page(ticket: Ticket, into: str, error: str = "") -> str:
    """Render the page, with the target ticket once it is named."""
    target, text = None, into.strip()[:100]
    is_number = text.removeprefix("#").isdecimal()
    if text and is_number and not error:
        try:
            target = find_other_ticket(into)
        except ValidationError as invalid:
            error = invalid.message
    return render_template(
        "tickets/merge.html",
        ticket=ticket,
        target=target,
        into=into,
        errors={"into": error} if error else {},
        candidates=[] if target else list_candidates(ticket, "" if is_number else text),
    )


def list_candidates(ticket: Ticket, text: str) -> list[Any]:
    """Other tickets of the same organization that are not closed and have the words of ``text``, latest first."""
    filters = {"view": "all", "organization": ticket.organization.slug, "q": text}
    found = agent_queue.fetch_queue_page(authentication.get_current_user(), filters).tickets
    return [row for row in found if row.number != ticket.number and row.status != Status.closed][:MAX_CANDIDATES]

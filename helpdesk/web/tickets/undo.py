"""Undo a reply or a change of the status, while its toast is on the page."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.database.row_ids import parse_seq
from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError
from helpdesk.extensions import db, htmx
from helpdesk.models.message import Message
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.message_edits import get_own_message_or_404
from helpdesk.web.tickets.page_context import composer_context, page_context
from helpdesk.web.tickets.responses import changed_fragments, render_after_change
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_undo", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.post("/messages/<int:message_id>/undo")
@authorization.team_only
def undo_reply(number: int, message_id: int) -> ResponseReturnValue:
    """Take a reply back: its words and files are in the composer again, before what was typed there meanwhile."""
    ticket = get_ticket_or_404(number)
    message = get_own_message_or_404(ticket, message_id)
    body, kept = message.body, list(message.attachments)
    try:
        tickets.take_back_reply(message, editor=authentication.get_current_user())
    except ConflictError as error:
        return render_refusal(number, error)
    db.session.commit()
    ticket = get_ticket_or_404(number)
    typed = request.form.get("body", "").replace("\r\n", "\n").strip()
    is_note = bool(typed) and "note" in (request.form.get("compose"), request.form.get("written_as"))
    values = {
        "kind": "reply",
        "body": f"{body}\n\n{typed}" if typed else body,
        "written_as": "note" if is_note else "",  # a question is asked before it goes to the customer
        "is_taken_back": True,
    }
    context = composer_context(ticket, values=values, stored_uploads={"files": kept} if kept else None)
    if not htmx:
        return render_template("tickets/show.html", **(page_context(ticket) | context))
    return htmx_responses.swap_fragments(
        ("tickets/_composer.html", context),
        *changed_fragments(ticket).values(),
        make_toast(None),
        address=f"/tickets/{number}",
    )


@blueprint.post("/status/undo")
@authorization.team_only
def undo_status_change(number: int) -> ResponseReturnValue:
    """Set the status as it was before the change that the form names by its number in the timeline."""
    ticket = get_ticket_or_404(number)
    seq = request.form.get("seq", "")
    try:
        tickets.undo_status(ticket, parse_seq(seq) or 0, actor=authentication.get_current_user())
    except ConflictError as error:
        return render_refusal(number, error)
    db.session.commit()
    return render_after_change(number, more=(make_toast(None),))


def render_refusal(number: int, error: ConflictError) -> ResponseReturnValue:
    """Render the ticket as it is, with the reason why it was too late, in place of the toast."""
    db.session.rollback()
    if not htmx:
        flash(error.message, "warning")
    return render_after_change(number, more=(make_toast({"sentence": error.message}),))


def make_toast(undo: dict[str, Any] | None) -> tuple[str, dict[str, Any]]:
    """Return the fragment that offers to undo; None empties it."""
    return "tickets/_undo_toast.html", {"undo": undo}


def describe_reply(message: Message | None) -> dict[str, Any] | None:
    """What the toast says about a reply; None if it cannot be undone."""
    if message is None or message.release_at is None:
        return None
    path = f"/tickets/{message.ticket_id}/messages/{message.id}/undo"
    return {
        "sentence": gettext("Reply sent."),
        "path": path,
        "target": "#composer",
        "fields": {},
        "offers_next": message.ticket.status == Status.solved,
        "until": message.release_at,
        "message_id": message.id,
    }


def describe_solved(ticket: Ticket, seq: int, until: datetime | None) -> dict[str, Any] | None:
    """What the toast says about a ticket that was just solved by the event ``seq``; None if it cannot be undone."""
    if until is None or until <= clock.now():
        return None
    path = f"/tickets/{ticket.number}/status/undo"
    return {
        "sentence": gettext("#%(number)s is solved.", number=ticket.number),
        "path": path,
        "target": "#ticket-header",
        "fields": {"seq": seq},
        "offers_next": True,
        "until": until,
    }

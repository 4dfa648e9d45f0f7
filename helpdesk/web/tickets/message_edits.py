"""Edit and delete one's own messages, and show the revisions to the team."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdesk.domain import locking, tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.responses import render_after_change
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_message_edits", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.get("/messages/<int:message_id>/edit")
def show_edit_form(number: int, message_id: int) -> ResponseReturnValue:
    """One's own message in a form."""
    message = get_own_message_or_404(get_ticket_or_404(number), message_id)
    return render_form(message, message.body)


@blueprint.post("/messages/<int:message_id>")
def update_message(number: int, message_id: int) -> ResponseReturnValue:
    """Replace the text of one's own message; earlier versions remain visible to the team."""
    ticket = get_ticket_or_404(number)
    message = get_own_message_or_404(ticket, message_id)
    body = request.form.get("body", "")
    try:
        locking.lock_ticket(ticket)
        db.session.refresh(message)
        stale_forms.compare({"body": message.body})
        tickets.edit_message(message, editor=authentication.get_current_user(), body=body)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 409 if isinstance(error, ConflictError) else 422
        return render_form(get_own_message_or_404(get_ticket_or_404(number), message_id), body, error.message), status
    db.session.commit()
    return htmx_responses.redirect_to(f"/tickets/{number}#message-{message_id}")


@blueprint.post("/messages/<int:message_id>/delete")
def delete_message(number: int, message_id: int) -> ResponseReturnValue:
    """Delete one's own message."""
    ticket = get_ticket_or_404(number)
    tickets.delete_message(get_own_message_or_404(ticket, message_id), editor=authentication.get_current_user())
    db.session.commit()
    return render_after_change(number, first="conversation", address=f"/tickets/{number}#message-{message_id}")


@blueprint.get("/messages/<int:message_id>/revisions")
@authorization.team_only
def list_revisions(number: int, message_id: int) -> ResponseReturnValue:
    """Show the earlier versions of a message that was edited or deleted."""
    ticket = get_ticket_or_404(number)
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.ticket_id == ticket.id))
    if message is None:
        abort(404)
    for revision in message.revisions:
        revision.html = markdown_rendering.markdown_to_html(revision.body)
    return render_template("tickets/revisions.html", ticket=ticket, message=message, revisions=message.revisions)


def render_form(message: Message, body: str, error: str = "") -> str:
    """Render the form with ``body``, and what is wrong with it."""
    return render_template(
        "tickets/edit.html",
        ticket=message.ticket,
        message=message,
        body=body,
        loaded=stale_forms.fingerprint({"body": message.body}),
        errors={"body": error} if error else {},
    )


def get_own_message_or_404(ticket: Ticket, message_id: int) -> Message:
    """Return the message, if the signed-in person may change it; else 404.

    Raises ConflictError if they wrote it and it is deleted: the page then shows what they typed.
    """
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.ticket_id == ticket.id))
    me = authentication.get_current_user()
    if message is None or not permissions.can_read(me, message):
        abort(404)
    if message.deleted_at and message.author_id == me.id and request.method == "POST":
        raise ConflictError(gettext("This message was deleted meanwhile."))
    if not permissions.can_edit(me, message):
        abort(404)
    return message

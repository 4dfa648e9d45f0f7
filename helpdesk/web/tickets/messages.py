"""What people say on a ticket: replies, notes, and taking their own words back."""

from flask import Blueprint, render_template, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from helpdesk.domain import idempotency, tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.web import uploads
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.page_context import composer_context, page_context
from helpdesk.web.tickets.responses import render_after_reply
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_messages", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.post("/replies")
def create_reply(number: int):
    """Reply; on a closed ticket, file the follow-up. The team may set a status in the same step."""
    return create_message(number, "reply")


@blueprint.post("/notes")
@authorization.team_only
def create_note(number: int):
    """Write a note only the team reads."""
    return create_message(number, "note")


def create_message(number: int, kind: str):
    """Say what the form holds, once."""
    ticket = get_ticket_or_404(number)
    token = idempotency.valid_token(request.form.get("form_token"))
    then = request.form.get("status") if kind == "reply" and current_user.is_team else None
    # A plain reply sent twice is one to the verb; what else a second sending would do must not begin.
    if (ticket.is_closed or then or uploads.has_uploads()) and idempotency.was_message_sent(
        authentication.get_current_user(), ticket, token
    ):
        return render_after_reply(number, moved=True)
    earlier = idempotency.find_created_ticket(authentication.get_current_user(), token) if ticket.is_closed else None
    if earlier:
        return htmx_responses.redirect_to(f"/tickets/{earlier.number}")
    kept = uploads.FormUploads(authentication.get_current_user())
    body = request.form.get("body", "")
    stood, moved = ticket_state(ticket), True
    try:
        kept.take()
        if kind == "reply" and ticket.is_closed:
            new = tickets.create_follow_up(
                ticket,
                requester=authentication.get_current_user(),
                body=body,
                form_token=token,
                attachments=kept.claim(),
            )
            db.session.commit()
            return htmx_responses.redirect_to(f"/tickets/{new.number}")
        verb = tickets.reply if kind == "reply" else tickets.add_note
        verb(ticket, author=authentication.get_current_user(), body=body, form_token=token, attachments=kept.claim())
        if then and then != ticket.status:
            tickets.set_status(ticket, then, actor=authentication.get_current_user())
        moved = ticket_state(ticket) != stood
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        if not idempotency.was_message_sent(authentication.get_current_user(), get_ticket_or_404(number), token):
            raise
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        if not idempotency.was_message_sent(authentication.get_current_user(), get_ticket_or_404(number), token):
            kept.keep_for_later()
            return render_rejected_form(number, error, kind, body, kept)
    return render_after_reply(number, moved)


def ticket_state(ticket: Ticket) -> tuple:
    """What of the ticket its page shows beside the conversation."""
    return ticket.status, ticket.assignee_id


def render_rejected_form(
    number: int, error: ValidationError | ConflictError, kind: str, body: str, kept: uploads.FormUploads
):
    """The composer again with every word still in it, and what to mend."""
    ticket = get_ticket_or_404(number)
    field = error.field if error.field in {"body", "files", "status"} else "body"
    values = {"kind": kind, "body": body, "status": request.form.get("status", "")}
    needs = composer_context(ticket, {field: error.sentence}, values, kept.listed())
    if htmx_responses.htmx:
        return render_template("tickets/_composer.html", **needs), 422
    return render_template("tickets/show.html", **(page_context(ticket) | needs)), 422

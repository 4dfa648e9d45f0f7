"""File a ticket from a customer's message on another one."""

import secrets

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdesk.domain import idempotency
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.tickets import attachments, splitting
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext
from helpdesk.web.form_tokens import read_form_token
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_split", __name__, url_prefix=TICKET_URL_PREFIX)
SUBJECT_LENGTH = 80  # characters of the message that are offered as subject


@blueprint.get("/messages/<int:message_id>/split")
@authorization.team_only
def show_split_form(number: int, message_id: int) -> ResponseReturnValue:
    """What becomes of the message, with a subject; the ticket that was filed from it already, if there is one."""
    message = get_message_or_404(get_ticket_or_404(number), message_id)
    if earlier := splitting.find_split(message):
        return redirect(f"/tickets/{earlier.number}")
    return render_page(message, markdown_rendering.make_excerpt(message.body, SUBJECT_LENGTH))


@blueprint.post("/messages/<int:message_id>/split")
@authorization.team_only
def split_message(number: int, message_id: int) -> ResponseReturnValue:
    """File the ticket; the same form sent twice gives the same one."""
    message = get_message_or_404(get_ticket_or_404(number), message_id)
    actor, token, subject = authentication.get_current_user(), read_form_token(message_id), request.form.get("subject")
    keys: list[str] = []
    try:
        if not splitting.find_split(message):
            files = splitting.list_files(message, actor)
            db.session.commit()  # nothing is locked while files are copied, which may take long
            keys = attachments.copy_files(files, actor)
            db.session.commit()
        new = splitting.split_message(
            message,
            subject=subject or "",
            actor=actor,
            files=attachments.attach_uploads(keys, actor),
            form_token=token,
        )
        new_number = new.number
        db.session.commit()
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        for key in keys:
            attachments.discard_upload(authentication.get_current_user(), key)
        db.session.commit()
        message = get_message_or_404(get_ticket_or_404(number), message_id)
        return render_page(message, subject or "", {error.field or "subject": error.message}), 422
    flash(gettext("Ticket #%(number)s is filed from the message.", number=new_number), "success")
    return htmx_responses.redirect_to(f"/tickets/{new_number}")


def get_message_or_404(ticket: Ticket, message_id: int) -> Message:
    """A message of the ticket that may become one of its own."""
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.ticket_id == ticket.id))
    if message is None or not splitting.can_split(authentication.get_current_user(), message):
        abort(404)
    return message


def render_page(message: Message, subject: str, errors: dict[str, str] | None = None) -> str:
    """The page with the message and the subject of the new ticket."""
    token = idempotency.valid_token(request.form.get("form_token"))
    return render_template(
        "tickets/split.html",
        ticket=message.ticket,
        message=message,
        requester=splitting.find_requester(message),
        subject=subject,
        errors=errors or {},
        form_token=token or secrets.token_hex(16),
    )

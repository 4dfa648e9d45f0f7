"""Write replies and notes on a ticket."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from helpdesk import presence
from helpdesk.database import transactions
from helpdesk.database.row_ids import parse_seq
from helpdesk.domain import idempotency, tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.tickets import collisions, macros
from helpdesk.extensions import db, htmx
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.web import drafts, uploads
from helpdesk.web.form_tokens import read_form_token
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets import undo
from helpdesk.web.tickets.page_context import composer_context, page_context
from helpdesk.web.tickets.responses import render_after_reply
from helpdesk.web.tickets.ticket_lookup import (
    TICKET_URL_PREFIX,
    get_locked_ticket_or_404,
    get_ticket_or_404,
    get_ticket_to_change_or_404,
)

blueprint = Blueprint("ticket_messages", __name__, url_prefix=TICKET_URL_PREFIX)
CHANGE_NAMES = ("status", "assignee", "priority", "tags")


@blueprint.post("/replies")
def create_reply(number: int) -> ResponseReturnValue:
    """Reply; on a closed ticket, create a follow-up. The team may set a status in the same step."""
    return create_message(number, "reply")


@blueprint.post("/notes")
@authorization.team_only
def create_note(number: int) -> ResponseReturnValue:
    """Write a note that only the team reads."""
    return create_message(number, "note")


def create_message(number: int, kind: str) -> ResponseReturnValue:
    """Save the message of the form, once, even if the form is sent twice.

    A form that says it is a note never becomes a reply, whichever address it was sent to, and whoever sends it: its
    author may have left the team since the page was loaded.
    """
    # While files are stored, which takes a while, nobody has to wait for the ticket.
    ticket = get_ticket_to_change_or_404(number) if uploads.has_uploads() else get_locked_ticket_or_404(number)
    if request.form.get("compose") == "note":
        kind = "note"
    token = read_form_token(number, kind)
    changes = read_changes() if kind == "reply" and current_user.is_team else macros.Changes()
    # A plain reply is deduplicated by the domain; status, files and follow-ups of a repeated form must be stopped here.
    if (ticket.is_closed or changes != macros.Changes() or uploads.has_uploads()) and idempotency.was_message_sent(
        authentication.get_current_user(), ticket, token
    ):
        return render_after_reply(number, is_changed=True, kind=kind)
    existing = idempotency.find_created_ticket(authentication.get_current_user(), token) if ticket.is_closed else None
    if existing:
        return htmx_responses.redirect_to(f"/tickets/{existing.number}")
    form_uploads = uploads.FormUploads(authentication.get_current_user())
    body = request.form.get("body", "")
    state_before, is_changed = ticket_state(ticket), True
    undo_offer, written = None, None
    try:
        form_uploads.store()
        drafts.empty_sent_draft(authentication.get_current_user(), f"message-{number}")
        if kind == "reply" and not is_change_alone(ticket, kind, changes, body) and has_other_audience(ticket, token):
            form_uploads.keep_for_retry()
            return render_rejected_form(number, None, kind, body, form_uploads, has_other_audience=True)
        if kind == "reply" and ticket.is_closed:
            follow_up = tickets.create_follow_up(
                ticket,
                requester=authentication.get_current_user(),
                body=body,
                form_token=token,
                attachments=form_uploads.attach(),
            )
            db.session.commit()
            return htmx_responses.redirect_to(f"/tickets/{follow_up.number}")
        if is_change_alone(ticket, kind, changes, body):
            macros.apply_changes(ticket, changes, actor=authentication.get_current_user())
            db.session.commit()
            return render_after_reply(number, is_changed=True, kind=kind)
        newer = find_newer_reply(ticket) if kind == "reply" else None
        if newer is not None and not idempotency.was_message_sent(authentication.get_current_user(), ticket, token):
            form_uploads.keep_for_retry()
            return render_rejected_form(number, None, kind, body, form_uploads, newer)
        fields = {
            "author": authentication.get_current_user(),
            "body": body,
            "form_token": token,
            "attachments": form_uploads.attach(),
        }
        if kind == "reply":
            release_at = tickets.window_end() if current_user.is_team else None
            message = tickets.reply(ticket, release_at=release_at, **fields)
            macros.apply_changes(message.ticket, changes, actor=fields["author"], release_at=message.release_at)
            undo_offer = undo.describe_reply(message)
        else:
            message = tickets.add_note(ticket, **fields)
        is_changed = ticket_state(ticket) != state_before
        if current_user.is_team:
            presence.mark_reading_after_commit(number, current_user.id)
        if is_changed or message.ticket is not ticket:
            db.session.commit()
        else:
            transactions.commit_and_keep_loaded()
            written = ticket
    except IntegrityError:
        db.session.rollback()
        if not idempotency.was_message_sent(authentication.get_current_user(), get_ticket_or_404(number), token):
            raise
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        if not idempotency.was_message_sent(authentication.get_current_user(), get_ticket_or_404(number), token):
            form_uploads.keep_for_retry()
            return render_rejected_form(number, error, kind, body, form_uploads)
    return render_after_reply(number, is_changed, kind, undo_offer, written)


def has_other_audience(ticket: Ticket, token: str | None) -> bool:
    """Whether others would read the reply than its form said; False for customers, and for what was sent already."""
    user, number = authentication.get_current_user(), parse_seq(request.form.get("seen"))
    if not user.is_team or number is None or not collisions.has_other_audience(ticket, user, number):
        return False
    return not idempotency.was_message_sent(user, ticket, token)


def find_newer_reply(ticket: Ticket) -> Message | None:
    """Return a colleague's reply that the form's sender has not seen; None for customers and forms without ``seen``."""
    number = parse_seq(request.form.get("seen"))
    if not current_user.is_team or number is None:
        return None
    return collisions.find_newer_reply(ticket, authentication.get_current_user(), number)


def ticket_state(ticket: Ticket) -> tuple[Any, ...]:
    """Return the values of the ticket that its page shows beside the conversation."""
    return ticket.status, ticket.assignee_id, ticket.priority


def read_changes() -> macros.Changes:
    """What the form sets besides the reply."""
    return macros.Changes(**{name: request.form.get(name, "") for name in CHANGE_NAMES})


def is_change_alone(ticket: Ticket, kind: str, changes: macros.Changes, body: str) -> bool:
    """Whether the form sends a macro without a text: it changes the ticket and says nothing."""
    is_from_macro = bool(changes.assignee or changes.priority or changes.tags or request.form.get("macro"))
    is_empty = not body.strip() and not uploads.has_uploads() and not request.form.getlist("uploads")
    return kind == "reply" and is_from_macro and is_empty and not ticket.is_closed


def render_rejected_form(
    number: int,
    error: ValidationError | ConflictError | None,
    kind: str,
    body: str,
    form_uploads: uploads.FormUploads,
    newer: Message | None = None,
    has_other_audience: bool = False,
) -> ResponseReturnValue:
    """Render the composer with everything that was typed, and the error, a colleague's ``newer`` reply, or that others
    would read it.
    """
    db.session.rollback()
    ticket = get_ticket_or_404(number)
    errors = {error.field if error.field in {"body", "files", "status"} else "body": error.message} if error else {}
    values = {"kind": kind, "body": body} | {
        name: request.form.get(name, "") for name in ("status", "assignee", "priority", "macro", "written_as")
    }
    context = composer_context(ticket, errors, values, form_uploads.list_pending(), newer, has_other_audience)
    if htmx:
        return render_template("tickets/_composer.html", **context), 422
    return render_template("tickets/show.html", **(page_context(ticket) | context)), 422

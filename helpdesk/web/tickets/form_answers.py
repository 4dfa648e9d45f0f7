"""The answers of a ticket's form, which the team may change."""

from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdesk.domain import forms, locking, tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.extensions import db
from helpdesk.models.form import Answer
from helpdesk.models.ticket import Ticket
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.tickets.responses import render_after_change
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("form_answers", __name__, url_prefix=TICKET_URL_PREFIX + "/answers")


@blueprint.get("")
@authorization.team_only
def list_answers(number: int) -> ResponseReturnValue:
    """Show every field of the ticket's form with its answer."""
    return render_page(get_ticket_or_404(number))


@blueprint.post("/<key>")
@authorization.team_only
def update_answer(number: int, key: str) -> ResponseReturnValue:
    """Change one answer; an empty one is deleted."""
    ticket = get_ticket_or_404(number)
    fields = ticket.form_version.fields if ticket.form_version else ()
    field = next((field for field in fields if field.key == key), None) or abort(404)
    texts = request.form.getlist(f"field-{key}")
    try:
        stale_forms.compare(stored_answer(locking.lock_ticket(ticket), key))
        tickets.change_answer(ticket, field, texts, authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        errors = error.errors if isinstance(error, ValidationError) else {f"field-{key}": error.message}
        typed = {key: texts if len(texts) > 1 else "".join(texts)}
        return render_page(get_ticket_or_404(number), typed, errors), 409 if isinstance(error, ConflictError) else 422
    db.session.commit()
    return render_after_change(number, first="facts")


def stored_answer(ticket: Ticket, key: str) -> dict[str, Any]:
    """The stored answer to one field of the locked ``ticket``."""
    answers = db.session.scalars(select(Answer).where(Answer.ticket_id == ticket.id))
    return {"value": next((answer.value for answer in answers if answer.field.key == key), None)}


def render_page(ticket: Ticket, typed: dict[str, Any] | None = None, errors: dict[str, Any] | None = None) -> str:
    """Render the page, with stored answers or with what was typed and the errors."""
    if ticket.form_version is None:
        abort(404)
    answers = db.session.scalars(select(Answer).where(Answer.ticket_id == ticket.id))
    stored = {answer.field.key: answer.value for answer in answers}
    fields = [field for field in ticket.form_version.fields if not forms.field_type_for(field).is_file]
    return render_template(
        "tickets/form_answers.html",
        ticket=ticket,
        form=ticket.form_version,
        values=stored | (typed or {}),
        loaded={field.key: stale_forms.fingerprint({"value": stored.get(field.key)}) for field in fields},
        errors=errors or {},
        fields=fields,
        offered=forms.choices_for(fields, authentication.get_current_user(), ticket.organization_id),
    )

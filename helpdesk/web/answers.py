"""A ticket's answers, changed by the team in the words of the form it was filed with."""

from flask import Blueprint, abort, render_template, request
from sqlalchemy import select

from helpdesk.domain import forms
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.forms import Answer
from helpdesk.models.tickets import Ticket
from helpdesk.web import access, identity
from helpdesk.web.tickets import PREFIX, changed, found

blueprint = Blueprint("answers", __name__, url_prefix=PREFIX + "/answers")


@blueprint.get("")
@access.team_only
def show(number: int):
    """Every field of the ticket's form with its answer."""
    return page(found(number))


@blueprint.post("/<key>")
@access.team_only
def change(number: int, key: str):
    """Change one answer; an empty one takes it away."""
    ticket = found(number)
    fields = ticket.form_version.fields if ticket.form_version else ()
    field = next((field for field in fields if field.key == key), None) or abort(404)
    texts = request.form.getlist(f"field-{key}")
    try:
        forms.change_answer(ticket, field, texts, identity.me())
    except Invalid as error:
        db.session.rollback()
        return page(found(number), {key: texts if len(texts) > 1 else "".join(texts)}, error.errors), 422
    db.session.commit()
    return changed(number, first="facts")


def page(ticket: Ticket, given: dict | None = None, errors: dict | None = None) -> str:
    if ticket.form_version is None:
        abort(404)
    kept = db.session.scalars(select(Answer).where(Answer.ticket_id == ticket.id))
    person = any(field.kind == "person" for field in ticket.form_version.fields)
    return render_template(
        "tickets/answers.html",
        ticket=ticket,
        form=ticket.form_version,
        values={answer.field.key: answer.value for answer in kept} | (given or {}),
        errors=errors or {},
        people=forms.people_for(identity.me(), ticket.organization_id) if person else [],
    )

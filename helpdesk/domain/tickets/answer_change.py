"""Changing an answer after the ticket was filed."""

from sqlalchemy import select

from helpdesk.domain import outbox
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.forms import answers, kinds
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import timeline
from helpdesk.extensions import db
from helpdesk.models.form import Answer, Field
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


def change_answer(ticket: Ticket, field: Field, texts: list[str], actor: User) -> Answer | None:
    """Set the team's answer to ``field`` on ``ticket`` to what ``texts`` (as a form sends them) mean; nothing takes it away.

    Returns the answer, None where there is none now. Raises NotAllowed, and Invalid about ``field-<key>``.
    """
    permissions.ensure(permissions.can_manage(actor, ticket), "Only the team changes answers.")
    name = f"field-{field.key}"
    if field.version_id != ticket.form_version_id or field.kind == "file":
        raise ValidationError("This field cannot be changed here.", name)
    try:
        value = kinds.read(field, texts)
    except kinds.Wrong as wrong:
        raise ValidationError(str(wrong), name) from None
    people = (
        {id for id, _ in answers.selectable_people(actor, ticket.organization_id)}
        if field.kind == "person" and value
        else ()
    )
    if field.kind == "person" and value and value not in people:
        raise ValidationError(f"Choose somebody of the organization for {field.label}.", name)
    ticket = timeline.lock(ticket)
    answer = db.session.scalar(select(Answer).where(Answer.ticket_id == ticket.id, Answer.field_id == field.id))
    old = answer.value if answer else None
    if old == value:
        return answer
    words = answers.display_value(field, value)
    if value is None:
        db.session.delete(answer)
    elif answer:
        answer.value, answer.text = value, words
    else:
        answer = Answer(
            ticket_id=ticket.id,
            organization_id=ticket.organization_id,
            field_id=field.id,
            value=value,
            text=words,
        )
        db.session.add(answer)
    db.session.flush()
    timeline.add_event(ticket, "answered", actor, team_only=field.team_only, label=field.label, new=words)
    outbox.enqueue_card_update(ticket)
    return None if value is None else answer

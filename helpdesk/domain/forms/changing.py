"""Changing an answer after the ticket was filed."""

from sqlalchemy import select

from helpdesk.domain import outbox, permissions
from helpdesk.domain.errors import Invalid
from helpdesk.domain.forms import answers, kinds
from helpdesk.domain.tickets import timeline
from helpdesk.extensions import db
from helpdesk.models.forms import Answer, Field
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket


def change_answer(ticket: Ticket, field: Field, texts: list[str], actor: User) -> Answer | None:
    """Set the team's answer to ``field`` on ``ticket`` to what ``texts`` (as a form sends them) mean; nothing takes it away.

    Returns the answer, None where there is none now. Raises NotAllowed, and Invalid about ``field-<key>``.
    """
    permissions.require(permissions.can_work(actor, ticket), "Only the team changes answers.")
    name = f"field-{field.key}"
    if field.version_id != ticket.form_version_id or field.kind == "file":
        raise Invalid("This field cannot be changed here.", name)
    try:
        value = kinds.read(field, texts)
    except kinds.Wrong as wrong:
        raise Invalid(str(wrong), name) from None
    people = (
        {id for id, _ in answers.people_for(actor, ticket.organization_id)} if field.kind == "person" and value else ()
    )
    if field.kind == "person" and value and value not in people:
        raise Invalid(f"Choose somebody of the organization for {field.label}.", name)
    ticket = timeline.lock(ticket)
    answer = db.session.scalar(select(Answer).where(Answer.ticket_id == ticket.id, Answer.field_id == field.id))
    old = answer.value if answer else None
    if old == value:
        return answer
    words = answers.words_of(field, value)
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
    timeline.say_event(ticket, "answered", actor, team_only=field.team_only, label=field.label, new=words)
    outbox.card_changed(ticket)
    return None if value is None else answer

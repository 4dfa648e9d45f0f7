"""Changes of an answer after the ticket was filed."""

from sqlalchemy import select

from helpdesk.domain import locking, outbox
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.forms import answers
from helpdesk.domain.forms.field_types import AnswerContext, InvalidAnswer, field_type_for
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import permissions
from helpdesk.domain.search_index import entries
from helpdesk.domain.tickets import timeline
from helpdesk.extensions import db
from helpdesk.models.form import Answer, Field
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


def change_answer(ticket: Ticket, field: Field, texts: list[str], actor: User) -> Answer | None:
    """Set the answer to ``field`` on ``ticket`` to the value of ``texts``, as a form sends them; no text deletes it.

    Returns the answer, None if there is none now. Raises PermissionDenied, and ValidationError about ``field-<key>``.
    """
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_manage(actor, locked), gettext("Only the team changes answers.")
    )
    name = answers.field_name(field)
    if field.version_id != ticket.form_version_id or field_type_for(field).is_file:
        raise ValidationError(gettext("This field cannot be changed here."), name)
    try:
        value = answers.parse_answer(field, texts, AnswerContext(actor, ticket.organization_id))
    except InvalidAnswer as error:
        raise ValidationError(str(error), name) from None
    answer = db.session.scalar(select(Answer).where(Answer.ticket_id == ticket.id, Answer.field_id == field.id))
    old = answer.value if answer else None
    if old == value:
        return answer
    text = answers.store_text(field, value)
    if answer is None:
        answer = answers.make_answer(ticket, field, value)
        db.session.add(answer)
    elif value is None:
        db.session.delete(answer)
    else:
        answer.value, answer.text = value, text
    db.session.flush()
    _index_answers(ticket)
    timeline.add_event(ticket, "answered", actor, team_only=field.team_only, label=field.label, new=text)
    outbox.enqueue_card_update(ticket)
    webhooks.enqueue_ticket_changed(ticket, "answered", {"field": field.key, "old": old, "new": value})
    return None if value is None else answer


def _index_answers(ticket: Ticket) -> None:
    query = select(Answer.text, Field.team_only).join(Field).where(Answer.ticket_id == ticket.id).order_by(Answer.id)
    answers = [(row.text, row.team_only) for row in db.session.execute(query)]
    entries.delete_answers(ticket.id)
    entries.write_entries(entries.answer_entries(ticket.id, ticket.organization_id, answers))

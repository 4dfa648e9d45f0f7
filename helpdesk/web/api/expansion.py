"""Load what a program wants to read about tickets besides their own columns."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload, undefer

from helpdesk.domain.errors import ValidationError
from helpdesk.extensions import db
from helpdesk.models.form import Answer
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.web.api import schemas
from helpdesk.web.api.selection import Selection

ALWAYS = (
    joinedload(Ticket.requester),
    joinedload(Ticket.assignee),
    joinedload(Ticket.organization),
    undefer(Ticket.tag_text),
    selectinload(Ticket.answers).joinedload(Answer.field),
)
BY_EXPANSION: dict[str, Any] = {
    "requester": joinedload(Ticket.requester).joinedload(User.organization),
    "assignee": joinedload(Ticket.assignee).joinedload(User.organization),
    "organization": joinedload(Ticket.organization).selectinload(Organization.domains),
}


def load_options(selection: Selection) -> list[Any]:
    """The options of a query of tickets, so that a page is read in few statements."""
    return [*ALWAYS, *(option for name, option in BY_EXPANSION.items() if name in selection.expand)]


def to_representations(tickets: Sequence[Ticket], selection: Selection) -> list[schemas.Ticket]:
    """The tickets with what is selected of them. Two statements for their messages, if these are expanded."""
    messages = _load_messages(tickets) if "messages" in selection.expand else {}
    return [_represent(ticket, messages.get(ticket.id, ()), selection.expand) for ticket in tickets]


def ensure_small_enough(selection: Selection, limit: int) -> None:
    """Raise ValidationError for a page of too many tickets with their messages."""
    if "messages" in selection.expand and limit > schemas.MAX_EXPANDED_TICKETS:
        sentence = f"With messages a page has at most {schemas.MAX_EXPANDED_TICKETS} tickets."
        raise ValidationError(schemas.INVALID_REQUEST, errors={"limit": sentence})


def _represent(ticket: Ticket, messages: Sequence[Message], expand: frozenset[str]) -> schemas.Ticket:
    made = schemas.Ticket.model_validate(ticket)
    more: dict[str, Any] = {"messages": [schemas.Message.model_validate(message) for message in messages]}
    for name, schema, details in (
        ("requester", schemas.PersonDetails, schemas.PERSON_DETAILS),
        ("assignee", schemas.PersonDetails, schemas.PERSON_DETAILS),
        ("organization", schemas.Organization, schemas.ORGANIZATION_DETAILS),
    ):
        part = getattr(ticket, name)
        if name in expand and part is not None:
            whole = schema.model_validate(part)
            more[name] = getattr(made, name).model_copy(update={each: getattr(whole, each) for each in details})
    return made.model_copy(update=more)


def _load_messages(tickets: Sequence[Ticket]) -> dict[int, list[Message]]:
    """The newest messages of each ticket by its id, oldest first."""
    place = func.row_number().over(partition_by=Message.ticket_id, order_by=Message.seq.desc())
    ids = [ticket.id for ticket in tickets]
    ranked = select(Message.id, place.label("place")).where(Message.ticket_id.in_(ids)).subquery()
    query = (
        select(Message)
        .join(ranked, ranked.c.id == Message.id)
        .where(ranked.c.place <= schemas.MAX_EXPANDED_MESSAGES)
        .options(joinedload(Message.author), selectinload(Message.attachments))
        .order_by(Message.ticket_id, Message.seq)
    )
    found: dict[int, list[Message]] = {}
    for message in db.session.scalars(query).unique():
        found.setdefault(message.ticket_id, []).append(message)
    return found

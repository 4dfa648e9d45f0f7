"""Tickets for programs: list, file, read, change."""

from flask import Blueprint, abort
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from helpdesk.domain import forms, tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.extensions import db
from helpdesk.models.priorities import DEFAULT_PRIORITY, Priority
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.web.api import reading, shapes, token_authentication

blueprint = Blueprint("api_tickets", __name__, url_prefix="/api/tickets")
FILTER_NAMES = ("q", "status", "priority", "organization", "assignee", "form", "sort")
QUERY_PATTERNS = {
    "q": r"(?s).{0,200}",
    "status": "|".join(Status),
    "priority": "|".join(Priority),
    "organization": r"[a-z0-9-]{1,80}",
    "assignee": r"none|me|[0-9]{1,18}",
    "form": r"[a-z0-9-]{1,80}",
    "sort": "|".join(filter(None, agent_queue.SORT_LABELS)),
    "after": r"[A-Za-z0-9_-]{0,1000}",
}
CREATE_FIELDS = {
    "requester": "text",
    "subject": "text",
    "body": "text",
    "priority": "text",
    "form": "text",
    "answers": "object",
}
UPDATE_FIELDS = {"status": "text", "priority": "text", "assignee": "text or null"}


@blueprint.get("")
@token_authentication.require_scope("tickets:read")
def list_tickets():
    """A page of tickets; ``next`` goes into ``after``."""
    given = reading.arguments((*FILTER_NAMES, "after", "limit"))
    size = reading.limit(given.get("limit"))
    reading.fits(given, QUERY_PATTERNS)
    filters = {name: given.get(name, "") for name in FILTER_NAMES} | {"view": "all"}
    page = agent_queue.fetch_tickets_page(
        token_authentication.get_token_user(), filters, after=given.get("after"), size=size
    )
    return reading.answer({"data": [shapes.ticket(ticket) for ticket in page.tickets], "next": page.next})


@blueprint.post("")
@token_authentication.require_scope("tickets:write")
def create_ticket():
    """File a ticket for a customer."""
    given = reading.body(CREATE_FIELDS, required=("requester", "subject", "body"))
    requester = find_customer(given["requester"])
    priority = given.get("priority", DEFAULT_PRIORITY)
    if priority not in list(Priority):
        raise ValidationError("There is no such priority.", "priority")
    key = token_authentication.get_idempotency_key()
    for attempt in (1, 2):
        try:
            form, answers = _parse_form(given, requester)
            ticket = tickets.create_ticket(
                requester=requester,
                filed_by=token_authentication.get_token_user(),
                subject=given["subject"],
                body=given["body"],
                priority=priority,
                form=form,
                answers=answers,
                form_token=key,
            )
            db.session.commit()
            break
        except IntegrityError:
            db.session.rollback()
            if attempt == 2 or key is None:
                raise
    return reading.answer(shapes.ticket(get_ticket_or_404(ticket.id)), 201, f"/api/tickets/{ticket.id}")


@blueprint.get("/<int:number>")
@token_authentication.require_scope("tickets:read")
def show_ticket(number: int):
    """One ticket."""
    reading.arguments(())
    return reading.answer(shapes.ticket(get_ticket_or_404(number)))


@blueprint.patch("/<int:number>")
@token_authentication.require_scope("tickets:write")
def update_ticket(number: int):
    """Change status, priority or assignee: all of it or nothing."""
    ticket = get_ticket_or_404(number)
    given = reading.body(UPDATE_FIELDS)
    if "assignee" in given:
        tickets.assign(
            ticket,
            find_agent(given["assignee"]) if given["assignee"] is not None else None,
            actor=token_authentication.get_token_user(),
        )
    if "priority" in given:
        tickets.set_priority(ticket, given["priority"], actor=token_authentication.get_token_user())
    if "status" in given:
        tickets.set_status(ticket, given["status"], actor=token_authentication.get_token_user())
    db.session.commit()
    return reading.answer(shapes.ticket(get_ticket_or_404(number)))


def get_ticket_or_404(number: int) -> Ticket:
    """The ticket with this number as the token's person may see it, else 404."""
    if not 0 < number < 2**63:
        abort(404)
    visible = permissions.visible_tickets(token_authentication.get_token_user()).where(Ticket.id == number)
    people = (joinedload(Ticket.requester), joinedload(Ticket.assignee), joinedload(Ticket.organization))
    return db.session.scalar(visible.options(*people).execution_options(populate_existing=True)) or abort(404)


def find_customer(email: str) -> User:
    """The customer with this address. Raises Invalid."""
    user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None or user.is_team or not user.is_active or user.organization_id is None:
        raise ValidationError("No customer has this address.", "requester")
    return user


def find_agent(email: str) -> User:
    """Somebody of the team by address. Raises Invalid."""
    user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None or not user.is_team or not user.is_active:
        raise ValidationError("Nobody of the team has this address.", "assignee")
    return user


def _parse_form(given: dict, requester: User) -> tuple:
    """The form and its checked answers; neither where none is named."""
    if "form" not in given:
        if given.get("answers"):
            raise ValidationError("Answers belong to a form; name it.", "form")
        return None, {}
    form = forms.find_form(forms.published(requester.organization_id), given["form"])
    if form is None:
        raise ValidationError("This customer has no such form.", "form")
    try:
        values = forms.JsonValues(form, given.get("answers", {}))
    except forms.InvalidAnswer as error:
        raise ValidationError(str(error), "answers") from None
    answers, errors = forms.parse_answers(
        form, values, True, asker=token_authentication.get_token_user(), organization_id=requester.organization_id
    )
    if errors:
        raise ValidationError("Some answers do not fit the form.", errors=errors)
    return form, answers

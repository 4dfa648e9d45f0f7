"""Tickets in the API: list, create, read and update."""

from typing import Any

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from helpdesk.database import pagination
from helpdesk.database.row_ids import is_id
from helpdesk.domain import email_address, forms, tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions, users
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.domain.tickets import attachments, tags
from helpdesk.extensions import db
from helpdesk.models.form import FormVersion
from helpdesk.models.ticket import LAST_CHANGE, Ticket
from helpdesk.models.user import User
from helpdesk.web.api import expansion, problem_details, schemas, selection, token_authentication
from helpdesk.web.api.request_validation import validate_body, validate_parameters
from helpdesk.web.api.serializers import render_one, render_page

blueprint = Blueprint("api_tickets", __name__, url_prefix="/api/tickets")
CHANGE_ORDER = pagination.Order(((LAST_CHANGE, False), (Ticket.id, False)))
FILTER_NAMES = ("q", "status", "priority", "organization", "assignee", "form", "tag", "sort")


@blueprint.get("")
@token_authentication.require_scope("tickets:read")
def list_tickets() -> ResponseReturnValue:
    """A page of tickets; ``next`` is the value of ``after`` for the next page."""
    parameters = validate_parameters(schemas.TicketParameters)
    selected = selection.read_selection(schemas.Ticket, parameters)
    expansion.ensure_small_enough(selected, parameters.limit)
    if parameters.updated_since or parameters.requester is not None:
        return _list_changes(parameters, selected)
    filters = {name: getattr(parameters, name) or "" for name in FILTER_NAMES} | {"view": "all"}
    page = agent_queue.fetch_tickets_page(
        token_authentication.get_token_user(),
        filters,
        after=parameters.after,
        size=parameters.limit,
        options=expansion.load_options(selected),
    )
    return _render_tickets(page.tickets, page.next, selected)


@blueprint.post("")
@token_authentication.require_scope("tickets:write")
def create_ticket() -> ResponseReturnValue:
    """Create a ticket for a customer."""
    body = validate_body(schemas.NewTicket)
    requester = find_customer(body.requester)

    def create() -> int:
        form, answers = _parse_form(body, requester)
        actor = token_authentication.get_token_user()
        ticket = tickets.create_ticket(
            requester=requester,
            filed_by=actor,
            subject=body.subject,
            body=body.body,
            priority=body.priority,
            form=form,
            answers=answers,
            attachments=attachments.attach_uploads(body.attachments, actor),
        )
        if body.tags:
            tags.change_tags(ticket, add=body.tags, actor=actor)
        return ticket.id

    number = token_authentication.create_once(create)
    return _render_ticket(get_ticket_or_404(number), 201, f"/api/tickets/{number}")


@blueprint.get("/<int:number>")
@token_authentication.require_scope("tickets:read")
def show_ticket(number: int) -> ResponseReturnValue:
    """One ticket."""
    selected = selection.read_selection(schemas.Ticket, validate_parameters(schemas.ExpandParameters))
    ticket = get_ticket_or_404(number, selected)
    [made] = expansion.to_representations([ticket], selected)
    response = render_one(schemas.Ticket, made, selection=selected)
    response.set_etag(str(ticket.version))
    return response


@blueprint.patch("/<int:number>")
@token_authentication.require_scope("tickets:write")
def update_ticket(number: int) -> ResponseReturnValue:
    """Change status, priority, assignee, requester or tags, all or none; with If-Match, only if nobody changed it."""
    ticket = get_ticket_or_404(number)
    changes = validate_body(schemas.TicketChange)
    if request.if_match:
        ticket = tickets.lock(ticket)
        if not request.if_match.contains(f"{ticket.version}"):
            db.session.rollback()
            sentence = "Somebody changed this ticket meanwhile; read it again."
            return problem_details.render_problem(412, sentence)
    if "assignee" in changes.model_fields_set:
        tickets.assign(
            ticket,
            find_agent(changes.assignee) if changes.assignee is not None else None,
            actor=token_authentication.get_token_user(),
        )
    if changes.requester:
        tickets.change_requester(ticket, find_customer(changes.requester), actor=token_authentication.get_token_user())
    if changes.priority:
        tickets.set_priority(ticket, changes.priority, actor=token_authentication.get_token_user())
    _change_tags(ticket, changes)
    if changes.status:
        tickets.set_status(ticket, changes.status, actor=token_authentication.get_token_user())
    db.session.commit()
    return _render_ticket(get_ticket_or_404(number))


def get_ticket_or_404(number: int, selected: selection.Selection = selection.EVERYTHING) -> Ticket:
    """The ticket with this number, if the token's user may see it, else 404."""
    if not is_id(number):
        abort(404)
    visible = permissions.visible_tickets(token_authentication.get_token_user()).where(Ticket.id == number)
    query = visible.options(*expansion.load_options(selected)).execution_options(populate_existing=True)
    return db.session.scalar(query) or abort(404)


def find_user(email: str) -> User | None:
    """The person with this address, however it is written."""
    try:
        return users.find_user(email_address.canonical_address(email.strip()))
    except ValueError:
        return None


def find_customer(email: str) -> User:
    """The customer with this address. Raises ValidationError."""
    user = find_user(email)
    if user is None or user.is_team or not user.is_active or user.organization_id is None:
        raise ValidationError("No customer has this address.", "requester")
    return user


def find_agent(email: str) -> User:
    """The team member with this address. Raises ValidationError."""
    user = find_user(email)
    if user is None or not user.is_team or not user.is_active:
        raise ValidationError("Nobody of the team has this address.", "assignee")
    return user


def _change_tags(ticket: Ticket, changes: schemas.TicketChange) -> None:
    actor = token_authentication.get_token_user()
    if "tags" in changes.model_fields_set:
        if changes.add_tags or changes.remove_tags:
            raise ValidationError("Send tags, or add_tags and remove_tags.", "tags")
        tags.set_tags(ticket, changes.tags, actor=actor)
    elif changes.add_tags or changes.remove_tags:
        tags.change_tags(ticket, add=changes.add_tags, remove=changes.remove_tags, actor=actor)


def _list_changes(parameters: schemas.TicketParameters, selected: selection.Selection) -> ResponseReturnValue:
    """A page in the order of the last change, oldest first.

    A ticket that changes meanwhile moves towards the end: a program that reads to the end misses none.
    """
    if parameters.q is not None or parameters.sort is not None:
        raise ValidationError("Use updated_since and requester without q and sort.", "updated_since")
    filters = {name: getattr(parameters, name) or "" for name in FILTER_NAMES} | {"view": "all"}
    query, values = agent_queue.filtered_query(token_authentication.get_token_user(), filters)
    if parameters.updated_since:
        query = query.where(LAST_CHANGE >= parameters.updated_since)
    if parameters.requester is not None:
        requester = find_user(parameters.requester)
        query = query.where(Ticket.requester_id == (requester.id if requester else None))
    paged = pagination.PagedQuery(query.options(*expansion.load_options(selected)), CHANGE_ORDER)
    page = paged.fetch_page(parameters.after, parameters.limit, values)
    return _render_tickets([row[0] for row in page.rows], page.next, selected)


def _render_tickets(found: list[Ticket], next_cursor: str | None, selected: selection.Selection) -> Response:
    return render_page(schemas.Ticket, expansion.to_representations(found, selected), next_cursor, selected)


def _render_ticket(ticket: Ticket, status: int = 200, location: str = "") -> Response:
    """``ticket`` with its version as ETag, for If-Match."""
    response = render_one(schemas.Ticket, ticket, status, location)
    response.set_etag(str(ticket.version))
    return response


def _parse_form(body: schemas.NewTicket, requester: User) -> tuple[FormVersion | None, dict[str, Any]]:
    """The form and its validated answers; None and {} if no form is named."""
    if not body.form:
        if body.answers:
            raise ValidationError("Answers belong to a form; name it.", "form")
        return None, {}
    form = forms.find_form(forms.published(requester.organization_id), body.form)
    if form is None:
        raise ValidationError("This customer has no such form.", "form")
    if unknown := sorted(body.answers.keys() - {field.key for field in form.fields}):
        raise ValidationError(f"The form does not ask for {', '.join(unknown)}.", "answers")
    try:
        values = forms.JsonValues(form, body.answers)
    except forms.InvalidAnswer as error:
        raise ValidationError(str(error), "answers") from None
    answers, errors = forms.parse_answers(
        form, values, True, asker=token_authentication.get_token_user(), organization_id=requester.organization_id
    )
    if errors:
        raise ValidationError("Some answers do not fit the form.", errors=errors)
    return form, answers

"""Tickets for programs: list, file, read, change."""

from flask import Blueprint, abort
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict

from helpdesk.domain import desk, forms, permissions, tickets
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.tickets import Priority, Status, Ticket
from helpdesk.web.api import reading, shapes, tokens

blueprint = Blueprint("api_tickets", __name__, url_prefix="/api/tickets")
FILTERS = ("q", "status", "priority", "organization", "assignee", "form", "sort")
KNOWN = {
    "q": r"(?s).{0,200}",
    "status": "|".join(Status),
    "priority": "|".join(Priority),
    "organization": r"[a-z0-9-]{1,80}",
    "assignee": r"none|me|[0-9]{1,18}",
    "form": r"[a-z0-9-]{1,80}",
    "sort": "|".join(filter(None, desk.SORTS)),
    "after": r"[A-Za-z0-9_-]{0,1000}",
}
TO_FILE = {
    "requester": "text",
    "subject": "text",
    "body": "text",
    "priority": "text",
    "form": "text",
    "answers": "object",
}
TO_CHANGE = {"status": "text", "priority": "text", "assignee": "text or null"}


@blueprint.get("")
@tokens.needs("tickets:read")
def index():
    """A page of tickets; ``next`` goes into ``after``."""
    given = reading.arguments((*FILTERS, "after", "limit"))
    size = reading.limit(given.get("limit"))
    reading.fits(given, KNOWN)
    filters = {name: given.get(name, "") for name in FILTERS} | {"view": "all"}
    page = desk.tickets_page(tokens.user(), filters, after=given.get("after"), size=size)
    return reading.answer({"data": [shapes.ticket(ticket) for ticket in page.tickets], "next": page.next})


@blueprint.post("")
@tokens.needs("tickets:write")
def file():
    """File a ticket for a customer."""
    given = reading.body(TO_FILE, required=("requester", "subject", "body"))
    requester = customer(given["requester"])
    priority = given.get("priority", Priority.normal)
    if priority not in list(Priority):
        raise Invalid("There is no such priority.", "priority")
    key = tokens.idempotency_key()
    for attempt in (1, 2):
        try:
            form, answers = _form(given, requester)
            ticket = tickets.file(
                requester=requester,
                filed_by=tokens.user(),
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
    return reading.answer(shapes.ticket(found(ticket.id)), 201, f"/api/tickets/{ticket.id}")


@blueprint.get("/<int:number>")
@tokens.needs("tickets:read")
def show(number: int):
    """One ticket."""
    reading.arguments(())
    return reading.answer(shapes.ticket(found(number)))


@blueprint.patch("/<int:number>")
@tokens.needs("tickets:write")
def change(number: int):
    """Change status, priority or assignee: all of it or nothing."""
    ticket = found(number)
    given = reading.body(TO_CHANGE)
    if "assignee" in given:
        tickets.assign(ticket, agent(given["assignee"]) if given["assignee"] is not None else None, actor=tokens.user())
    if "priority" in given:
        tickets.set_priority(ticket, given["priority"], actor=tokens.user())
    if "status" in given:
        tickets.set_status(ticket, given["status"], actor=tokens.user())
    db.session.commit()
    return reading.answer(shapes.ticket(found(number)))


def found(number: int) -> Ticket:
    """The ticket with this number as the token's person may see it, else 404."""
    if not 0 < number < 2**63:
        abort(404)
    visible = permissions.visible_tickets(tokens.user()).where(Ticket.id == number)
    people = (joinedload(Ticket.requester), joinedload(Ticket.assignee), joinedload(Ticket.organization))
    return db.session.scalar(visible.options(*people).execution_options(populate_existing=True)) or abort(404)


def customer(email: str) -> User:
    """The customer with this address. Raises Invalid."""
    user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None or user.is_team or not user.is_active or user.organization_id is None:
        raise Invalid("No customer has this address.", "requester")
    return user


def agent(email: str) -> User:
    """Somebody of the team by address. Raises Invalid."""
    user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None or not user.is_team or not user.is_active:
        raise Invalid("Nobody of the team has this address.", "assignee")
    return user


def _form(given: dict, requester: User) -> tuple:
    """The form and its checked answers; neither where none is named."""
    if "form" not in given:
        if given.get("answers"):
            raise Invalid("Answers belong to a form; name it.", "form")
        return None, {}
    form = next((each for each in forms.published(requester.organization_id) if each.form.slug == given["form"]), None)
    if form is None:
        raise Invalid("This customer has no such form.", "form")
    texts = MultiDict()
    for key, value in given.get("answers", {}).items():
        values = value if isinstance(value, list) else [value]
        texts.setlist(f"field-{key}", [_text(each) for each in values])
    answers, errors = forms.read_answers(
        form, texts, True, asker=tokens.user(), organization_id=requester.organization_id
    )
    if errors:
        raise Invalid("Some answers do not fit the form.", errors=errors)
    return form, answers


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, str | int | float):
        return str(value).encode("utf-8", "replace").decode().replace("\x00", "")
    raise Invalid("An answer is a text, a number, true, false, or a list of texts.", "answers")

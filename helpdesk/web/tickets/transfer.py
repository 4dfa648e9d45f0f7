"""Transfer a ticket to another organization."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organizations
from helpdesk.domain.people.organization_choices import list_choices
from helpdesk.domain.tickets import transfer
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_transfer", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.get("/move")
@authorization.team_only
def show_transfer_form(number: int) -> ResponseReturnValue:
    """Choose the organization and the requester; then read what the transfer exposes."""
    return render_transfer_page(get_ticket_or_404(number), request.args.get("organization", ""))


@blueprint.post("/move")
@authorization.team_only
def transfer_ticket(number: int) -> ResponseReturnValue:
    """Transfer the ticket to the organization and requester of the form."""
    ticket = get_ticket_or_404(number)
    slug, text = request.form.get("organization", ""), request.form.get("requester", "")
    organization = organizations.find_by_slug(slug)
    requester = db.session.get(User, parse_id(text) or 0)
    try:
        if organization is None or requester is None:
            raise ValidationError(gettext("Choose an organization and whom the ticket is for."), "requester")
        if "understood" not in request.form:
            raise ValidationError(gettext("Confirm that you have read what this exposes."), "understood")
        transfer.transfer_ticket(ticket, organization, requester=requester, actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_transfer_page(get_ticket_or_404(number), slug, {error.field or "requester": error.message}), 422
    db.session.commit()
    flash(gettext("This ticket is %(organization)s's now.", organization=organization.name), "success")
    return htmx_responses.redirect_to(f"/tickets/{number}")


def render_transfer_page(ticket: Ticket, slug: str, errors: dict[str, Any] | None = None) -> str:
    """Render the page; once an organization is chosen, with its people and what the transfer exposes."""
    organization = organizations.find_by_slug(slug)
    people = []
    if organization is not None:
        members = select(User).where(User.organization_id == organization.id, User.deactivated_at.is_(None))
        people = [
            (user.id, f"{user.display_name} · {user.email}")
            for user in db.session.scalars(members.order_by(User.search_words, User.id).limit(200))
        ]
    others = list_choices(Organization.id != ticket.organization_id)
    return render_template(
        "tickets/transfer.html",
        ticket=ticket,
        organization=organization,
        organizations=[(each.slug, each.name) for each in others],
        people_there=people,
        exposure=transfer.preview_transfer(ticket, organization) if organization else None,
        errors=errors or {},
    )

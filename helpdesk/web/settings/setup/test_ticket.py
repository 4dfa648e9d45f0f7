"""The checklist's last step: a ticket that goes all the way."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from helpdesk.domain import forms as ticket_forms
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.people import customers, organizations
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings.setup import page
from helpdesk.web.settings.setup.forms import TestTicketForm

blueprint = Blueprint("settings_setup_ticket", __name__, url_prefix="/settings/setup/ticket")


@blueprint.post("")
@authorization.admin_only
def file_test_ticket() -> ResponseReturnValue:
    """Add whoever plays the customer, and file a ticket for them."""
    form, actor = TestTicketForm(request.form), authentication.get_current_user()
    try:
        organization = organizations.find_by_slug(form.organization.data)
        requester = customers.add_customer(form.email.data, name="", organization=organization, actor=actor)
        available = ticket_forms.published(requester.organization_id or 0)
        ticket = tickets.create_ticket(
            requester=requester,
            filed_by=actor,
            subject=gettext("A test of the helpdesk"),
            body=gettext("This ticket tries everything together. Answer it, and reply as the customer."),
            form=available[0] if available else None,
        )
    except (ValidationError, ConflictError, PermissionDenied) as error:
        db.session.rollback()
        form.add_refusal(error)
        return page.render_checklist("ticket", ticket=form), 422
    settings.set("setup_ticket", str(ticket.number))
    db.session.commit()
    return page.redirect_to("ticket", gettext("Ticket %(number)s is filed.", number=ticket.number))

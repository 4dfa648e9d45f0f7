"""Sender addresses: who uses each, and the DNS records that receivers require."""

from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.channels.email import administration, diagnostics
from helpdesk.database.row_ids import parse_id
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import organizations
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web.form_base import to_choices
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.mail_form import SenderForm

blueprint = Blueprint("settings_sender_addresses", __name__, url_prefix="/settings/mail/senders")
MAX_CHOICES = 500  # organizations to choose from; the others have the same field on their own page


@blueprint.get("")
@authorization.admin_only
def list_sender_addresses() -> ResponseReturnValue:
    """Show all sender addresses with their DNS records."""
    return render_page()


@blueprint.post("")
@authorization.admin_only
def save_sender_address() -> ResponseReturnValue:
    """Set an organization's own address; an empty field removes it."""
    form = SenderForm(request.form)
    organization = organizations.get_organization(parse_id(form.organization.data) or 0)
    if organization is None:
        form.add_error("organization", gettext("Choose an organization."))
        return render_page(form), 422
    try:
        address = administration.set_organization_address(
            organization, form.from_address.data or "", actor=authentication.get_current_user()
        )
    except ValidationError as error:
        db.session.rollback()
        form.add_refusal(error)
        return render_page(form), 422
    db.session.commit()
    name = organization.name
    flash(
        gettext("Mail about tickets of %(organization)s comes from %(address)s.", organization=name, address=address)
        if address
        else gettext("Mail about tickets of %(organization)s comes from the system address.", organization=name),
        "success",
    )
    return redirect("/settings/mail/senders", 303)


@blueprint.post("/check")
@authorization.admin_only
def check_dns() -> ResponseReturnValue:
    """Query the DNS for the records of one address, and show the results beside them."""
    email = request.form.get("email", "")
    if email not in [sender.email for sender in administration.list_senders()]:
        flash(gettext("No mail comes from that address any more."), "error")
        return redirect("/settings/mail/senders", 303)
    db.session.rollback()  # a DNS query may take long
    try:
        findings = administration.check_dns_records(email)
    except ValidationError as error:
        findings = [diagnostics.DiagnosticResult(False, error.message)]
    return render_page(checked=email, findings=findings)


def render_page(form: SenderForm | None = None, checked: str = "", findings: list[Any] | None = None) -> str:
    """Render the page; ``findings`` are the results for the address ``checked``."""
    form = form or SenderForm()
    form.organization.choices = to_choices(
        (str(each.id), each.name) for each in organizations.search_organizations(size=MAX_CHOICES)
    )
    return navigation.render_settings_page(
        "settings/mail_senders.html",
        form=form,
        senders=[(sender, *list_dns_records(sender)) for sender in administration.list_senders()],
        used=settings.get("use_custom_from"),
        organizations=form.organization.choices,
        checked=checked,
        findings=findings or [],
    )


def list_dns_records(sender: administration.SenderAddress) -> tuple[list[diagnostics.DnsRecord], str]:
    """Return the records that the address's domain needs, or why they are unknown."""
    try:
        return administration.required_dns_records(sender.email), ""
    except ValidationError as error:
        return [], error.message

"""The addresses mail comes from: whose each is, and the DNS records without which receivers doubt it."""

from flask import Blueprint, flash, redirect, request

from helpdesk.channels.email import check
from helpdesk.domain import mail_settings, organizations, settings
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.web import access, identity
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_mail_senders", __name__, url_prefix="/settings/mail/senders")
OFFERED = 500  # organizations in the list to choose from; all others have the same field on their own page


@blueprint.get("")
@access.admin_only
def show():
    return page()


@blueprint.post("")
@access.admin_only
def save():
    """Give an organization an address of its own, or with an empty field take it away."""
    typed = {"organization": request.form.get("organization", ""), "from_address": request.form.get("from_address", "")}
    number = int(typed["organization"]) if typed["organization"].isdecimal() and len(typed["organization"]) < 19 else 0
    organization = organizations.get(number)
    if organization is None:
        return page(typed, {"organization": "Choose an organization."}), 422
    try:
        chosen = mail_settings.set_own_address(organization, typed["from_address"], actor=identity.me())
    except Invalid as error:
        db.session.rollback()
        return page(typed, {"from_address": error.sentence}), 422
    db.session.commit()
    where = f"from {chosen}" if chosen else "from the system address"
    flash(f"Mail about tickets of {organization.name} comes {where}.", "success")
    return redirect("/settings/mail/senders", 303)


@blueprint.post("/check")
@access.admin_only
def ask_dns():
    """Ask the DNS for the records of one address, and show what it says beside them."""
    email = request.form.get("email", "")
    if email not in [sender.email for sender in mail_settings.all_senders()]:
        flash("No mail comes from that address any more.", "error")
        return redirect("/settings/mail/senders", 303)
    db.session.rollback()  # the DNS may take its time
    try:
        findings = mail_settings.check_records(email)
    except Invalid as error:
        findings = [check.Finding(False, error.sentence)]
    return page(checked=email, findings=findings)


def page(
    values: dict | None = None, errors: dict | None = None, checked: str = "", findings: list | None = None
) -> str:
    return navigation.render(
        "settings/mail_senders.html",
        values=values or {},
        errors=errors or {},
        senders=[(sender, *records_of(sender)) for sender in mail_settings.all_senders()],
        used=settings.get("use_custom_from"),
        organizations=[(str(each.id), each.name) for each in organizations.find(size=OFFERED)],
        checked=checked,
        findings=findings or [],
    )


def records_of(sender: mail_settings.Sender) -> tuple[list[check.Record], str]:
    """The records its domain needs, or why they cannot be said."""
    try:
        return mail_settings.records(sender.email), ""
    except Invalid as error:
        return [], error.sentence

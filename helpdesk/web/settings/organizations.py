"""Customer organizations, and whom each admits by which rules."""

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import sessions
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organizations, users
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.organization_form import OrganizationForm, stored_form

blueprint = Blueprint("settings_organizations", __name__, url_prefix="/settings/organizations")
PAGE_SIZE = 50
INITIAL_VALUES = {"portal_enabled": True, "default_ticket_visibility": "organization", "users": "everybody"}


@blueprint.get("")
@authorization.admin_only
def list_organizations() -> ResponseReturnValue:
    """Show all organizations by name."""
    text = request.args.get("q", "").strip()[:100]
    rows = organizations.search_organizations(text, after=parse_id(request.args.get("after")) or 0, size=PAGE_SIZE + 1)
    page_rows = rows[:PAGE_SIZE]
    return navigation.render_settings_page(
        "settings/organizations.html",
        organizations=page_rows,
        counts=organizations.count_people(page_rows),
        words=text,
        more=page_rows[-1].id if len(rows) > PAGE_SIZE else None,
    )


@blueprint.get("/new")
@authorization.admin_only
def show_new_organization() -> ResponseReturnValue:
    """Show the empty form of an organization."""
    return render_page(None, OrganizationForm(data=INITIAL_VALUES))


@blueprint.post("")
@authorization.admin_only
def create_organization() -> ResponseReturnValue:
    """Create an organization."""
    form = OrganizationForm(request.form)
    rules = form.to_rules()
    try:
        organization = organizations.create_organization(
            rules.pop("name"), specific_users=rules.pop("addresses"), actor=authentication.get_current_user(), **rules
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        return render_page(None, form), 422
    db.session.commit()
    flash(gettext("%(organization)s is added.", organization=organization.name), "success")
    return redirect(f"/settings/organizations/{organization.id}", 303)


@blueprint.get("/<int:organization_id>")
@authorization.admin_only
def show_organization(organization_id: int) -> ResponseReturnValue:
    """Show one organization: its rules and its people."""
    organization = get_organization_or_404(organization_id)
    if organization.merged_into_id:
        flash(gettext("%(organization)s was merged into this organization.", organization=organization.name), "info")
        return redirect(f"/settings/organizations/{organization.merged_into_id}", 303)
    return render_page(organization, stored_form(organization))


@blueprint.post("/<int:organization_id>")
@authorization.admin_only
def update_organization(organization_id: int) -> ResponseReturnValue:
    """Save its rules; people who are no longer admitted are signed out."""
    organization, form = get_organization_or_404(organization_id), OrganizationForm(request.form)
    try:
        organizations.update_organization(
            organization,
            version=parse_id(form.version.data) or 0,
            actor=authentication.get_current_user(),
            **form.to_rules(),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        status = 409 if isinstance(error, ConflictError) and not error.field else 422
        return render_page(get_organization_or_404(organization_id), form), status
    db.session.commit()
    flash(gettext("%(organization)s is saved.", organization=organization.name), "success")
    return redirect(f"/settings/organizations/{organization.id}", 303)


@blueprint.post("/<int:organization_id>/viewing")
@authorization.admin_only
def start_impersonation(organization_id: int) -> ResponseReturnValue:
    """View the portal as this customer: read-only, and recorded in the audit log."""
    organization = get_organization_or_404(organization_id)
    sessions.impersonate(current_user.session, organization)
    audit_log.add_entry("viewed as a customer", authentication.get_current_user(), organization.name, organization.id)
    db.session.commit()
    return redirect("/tickets", 303)


def get_organization_or_404(organization_id: int) -> Organization:
    """Return the organization, else 404."""
    return organizations.get_organization(organization_id) or abort(404)


def render_page(organization: Organization | None, form: OrganizationForm) -> str:
    """Render the page of one organization; None is a new one."""
    form.prepare(organization)
    return navigation.render_settings_page(
        "settings/organization.html",
        organization=organization,
        form=form,
        people_there=users.list_members(organization) if organization else [],
    )

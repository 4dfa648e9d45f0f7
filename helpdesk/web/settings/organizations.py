"""Customer organizations, and whom each admits by which rules."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import sessions
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organization_channels, organizations, users
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.translation import gettext, offered_languages
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_organizations", __name__, url_prefix="/settings/organizations")
PAGE_SIZE = 50
TEXT_NAMES = (
    "name",
    "domains",
    "addresses",
    "slack_channels",
    "microsoft_tenant",
    "from_address",
    "language",
    "notes",
    "default_ticket_visibility",
    "users",
)


@blueprint.get("")
@authorization.admin_only
def list_organizations() -> ResponseReturnValue:
    """All organizations by name."""
    text = request.args.get("q", "").strip()[:100]
    rows = organizations.search_organizations(text, after=request.args.get("after", "")[:200], size=PAGE_SIZE + 1)
    page_rows = rows[:PAGE_SIZE]
    return navigation.render_settings_page(
        "settings/organizations.html",
        organizations=page_rows,
        counts=organizations.count_people(page_rows),
        words=text,
        more=page_rows[-1].name if len(rows) > PAGE_SIZE else None,
    )


@blueprint.get("/new")
@authorization.admin_only
def show_new_organization() -> ResponseReturnValue:
    """An empty form."""
    return render_page(
        None, {"portal_enabled": True, "default_ticket_visibility": "organization", "users": "everybody"}
    )


@blueprint.post("")
@authorization.admin_only
def create_organization() -> ResponseReturnValue:
    """Create an organization."""
    values = parse_form()
    rules = to_rules(values)
    try:
        organization = organizations.create_organization(
            rules.pop("name"), specific_users=rules.pop("addresses"), actor=authentication.get_current_user(), **rules
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_page(None, values, get_errors(error)), 422
    db.session.commit()
    flash(gettext("%(organization)s is added.", organization=organization.name), "success")
    return redirect(f"/settings/organizations/{organization.id}", 303)


@blueprint.get("/<int:organization_id>")
@authorization.admin_only
def show_organization(organization_id: int) -> ResponseReturnValue:
    """One organization: its rules and its people."""
    organization = get_organization_or_404(organization_id)
    if organization.merged_into_id:
        flash(gettext("%(organization)s was merged into this organization.", organization=organization.name), "info")
        return redirect(f"/settings/organizations/{organization.merged_into_id}", 303)
    return render_page(organization, stored_values(organization))


@blueprint.post("/<int:organization_id>")
@authorization.admin_only
def update_organization(organization_id: int) -> ResponseReturnValue:
    """Save its rules; people who are no longer admitted are signed out."""
    organization, values = get_organization_or_404(organization_id), parse_form()
    version = request.form.get("version", "")
    try:
        organizations.update_organization(
            organization,
            version=parse_id(version) or 0,
            actor=authentication.get_current_user(),
            **to_rules(values),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 409 if isinstance(error, ConflictError) and not error.field else 422
        return render_page(
            get_organization_or_404(organization_id), values | {"version": version}, get_errors(error)
        ), status
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
    """The organization, else 404."""
    return organizations.get_organization(organization_id) or abort(404)


def render_page(organization: Organization | None, values: dict[str, Any], errors: dict[str, Any] | None = None) -> str:
    """The page of one organization; None is a new one."""
    return navigation.render_settings_page(
        "settings/organization.html",
        organization=organization,
        values=values,
        errors=errors or {},
        people_there=users.list_members(organization) if organization else [],
        languages=[(each.code, each.name) for each in offered_languages()],
        tenants=organizations.list_microsoft_tenants(organization) if organization else [],
    )


def parse_form() -> dict[str, Any]:
    """The values of the form, as they were typed."""
    return {name: request.form.get(name, "") for name in TEXT_NAMES} | {
        "portal_enabled": "portal_enabled" in request.form
    }


def stored_values(organization: Organization) -> dict[str, Any]:
    """The stored values, in the same form."""
    return {
        "version": organization.version,
        "name": organization.name,
        "domains": "\n".join(row.domain for row in organization.domains),
        "addresses": "\n".join(row.email for row in organization.addresses),
        "slack_channels": "\n".join(organization_channels.list_channel_ids(organization)),
        "microsoft_tenant": organization.microsoft_tenant or "",
        "from_address": organization.from_address or "",
        "language": organization.language or "",
        "notes": organization.notes,
        "default_ticket_visibility": organization.default_ticket_visibility,
        "users": "listed" if organization.allowlist_only else "everybody",
        "portal_enabled": organization.portal_enabled,
    }


def to_rules(values: dict[str, Any]) -> dict[str, Any]:
    """Convert the form's texts to the domain's arguments."""
    rules = {name: value for name, value in values.items() if name != "users"}
    for name in ("domains", "addresses", "slack_channels"):
        rules[name] = values[name].replace(",", " ").replace(";", " ").split()
    return rules | {"allowlist_only": values["users"] == "listed"}


def get_errors(error: ValidationError | ConflictError) -> dict[str, Any]:
    """The error messages by field."""
    return getattr(error, "errors", None) or {error.field or "": error.message}

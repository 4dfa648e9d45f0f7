"""Customer companies: whom each lets in, and by which rules."""

from flask import Blueprint, abort, flash, redirect, request
from flask_login import current_user

from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication import sessions
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organization_channels, organizations, users
from helpdesk.extensions import db
from helpdesk.models.user import Organization
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.request import parse_id
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_organizations", __name__, url_prefix="/settings/organizations")
PAGE = 50
TYPED = (
    "name",
    "domains",
    "addresses",
    "slack_channels",
    "microsoft_tenant",
    "from_address",
    "notes",
    "default_sees",
    "users",
)


@blueprint.get("")
@authorization.admin_only
def list_organizations():
    """All organizations by name."""
    words = request.args.get("q", "").strip()[:100]
    found = organizations.search_organizations(words, after=request.args.get("after", "")[:200], size=PAGE + 1)
    shown = found[:PAGE]
    return navigation.render_settings_page(
        "settings/organizations.html",
        organizations=shown,
        counts=organizations.count_people(shown),
        words=words,
        more=shown[-1].name if len(found) > PAGE else None,
    )


@blueprint.get("/new")
@authorization.admin_only
def show_new_organization():
    """An empty form."""
    return page(None, {"portal_enabled": True, "default_sees": "organization", "users": "everybody"})


@blueprint.post("")
@authorization.admin_only
def create_organization():
    """Add one."""
    values = typed()
    rules = as_rules(values)
    try:
        organization = organizations.create_organization(
            rules.pop("name"), specific_users=rules.pop("addresses"), actor=authentication.get_current_user(), **rules
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return page(None, values, errors_of(error)), 422
    db.session.commit()
    flash(f"{organization.name} is added.", "success")
    return redirect(f"/settings/organizations/{organization.id}", 303)


@blueprint.get("/<int:organization_id>")
@authorization.admin_only
def show_organization(organization_id: int):
    """One organization: its rules and its people."""
    organization = found(organization_id)
    return page(organization, stored(organization))


@blueprint.post("/<int:organization_id>")
@authorization.admin_only
def update_organization(organization_id: int):
    """Change its rules; whoever is no longer let in is signed out."""
    organization, values = found(organization_id), typed()
    version = request.form.get("version", "")
    try:
        organizations.update_organization(
            organization,
            version=parse_id(version) or 0,
            actor=authentication.get_current_user(),
            **as_rules(values),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 409 if isinstance(error, ConflictError) and not error.field else 422
        return page(found(organization_id), values | {"version": version}, errors_of(error)), status
    db.session.commit()
    flash(f"{organization.name} is saved.", "success")
    return redirect(f"/settings/organizations/{organization.id}", 303)


@blueprint.post("/<int:organization_id>/viewing")
@authorization.admin_only
def start_impersonation(organization_id: int):
    """Look at the portal as this customer sees it: read-only, and in the audit trail."""
    organization = found(organization_id)
    sessions.impersonate(current_user.session, organization)
    audit_log.add_entry("viewed as a customer", authentication.get_current_user(), organization.name, organization.id)
    db.session.commit()
    return redirect("/tickets", 303)


def found(organization_id: int) -> Organization:
    return organizations.get_organization(organization_id) or abort(404)


def page(organization: Organization | None, values: dict, errors: dict | None = None) -> str:
    return navigation.render_settings_page(
        "settings/organization.html",
        organization=organization,
        values=values,
        errors=errors or {},
        people_there=users.list_members(organization) if organization else [],
        tenants=organizations.list_microsoft_tenants(organization) if organization else [],
    )


def typed() -> dict:
    """What stands in the form, as it was typed."""
    return {name: request.form.get(name, "") for name in TYPED} | {"portal_enabled": "portal_enabled" in request.form}


def stored(organization: Organization) -> dict:
    """The same for what is kept."""
    return {
        "version": organization.version,
        "name": organization.name,
        "domains": "\n".join(row.domain for row in organization.domains),
        "addresses": "\n".join(row.email for row in organization.addresses),
        "slack_channels": "\n".join(organization_channels.list_channel_ids(organization)),
        "microsoft_tenant": organization.microsoft_tenant or "",
        "from_address": organization.from_address or "",
        "notes": organization.notes,
        "default_sees": organization.default_sees,
        "users": "listed" if organization.specific_users_only else "everybody",
        "portal_enabled": organization.portal_enabled,
    }


def as_rules(values: dict) -> dict:
    """The form's texts as the verbs want them."""
    rules = {name: value for name, value in values.items() if name != "users"}
    for name in ("domains", "addresses", "slack_channels"):
        rules[name] = values[name].replace(",", " ").replace(";", " ").split()
    return rules | {"specific_users_only": values["users"] == "listed"}


def errors_of(error: ValidationError | ConflictError) -> dict:
    return getattr(error, "errors", None) or {error.field or "": error.sentence}

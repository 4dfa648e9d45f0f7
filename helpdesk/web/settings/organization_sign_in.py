"""Which ways of signing in an organization lets in, and its own providers."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.authentication import way_rules, ways
from helpdesk.domain.authentication.connections import administration
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.translation import gettext, ngettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.organizations import get_organization_or_404

blueprint = Blueprint("settings_organization_sign_in", __name__, url_prefix="/settings/organizations")


@blueprint.get("/<int:organization_id>/sign-in")
@authorization.admin_only
def show_ways(organization_id: int) -> ResponseReturnValue:
    """Show the ways and the organization's own providers."""
    return render_page(organization_id)


@blueprint.post("/<int:organization_id>/sign-in")
@authorization.admin_only
def save_ways(organization_id: int) -> ResponseReturnValue:
    """Save the rules; sessions and links that they no longer let in end."""
    organization = get_organization_or_404(organization_id)
    given = {name: request.form.get(name, "") for name in (*ways.WAYS, "emergency_admin")}
    try:
        stale_forms.begin_change(lambda: stored_values(get_organization_or_404(organization_id)))
        ended = way_rules.set_rules(
            organization,
            given,
            actor=authentication.get_current_user(),
            emergency_admin=request.form.get("emergency_admin"),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 409 if isinstance(error, ConflictError) else 422
        return render_page(organization_id, given, {error.field or "": error.message}), status
    db.session.commit()
    flash(gettext("How their people sign in is saved."), "success")
    if ended:
        flash(ngettext("%(num)s session has ended.", "%(num)s sessions have ended.", ended), "info")
    return redirect(f"/settings/organizations/{organization_id}/sign-in", 303)


def stored_values(organization: Organization) -> dict[str, str]:
    """What is stored of how the people of ``organization`` sign in."""
    emergency = way_rules.find_emergency_admin(organization)
    return organization.sign_in_rules | {"emergency_admin": emergency.email if emergency is not None else ""}


def render_page(organization_id: int, given: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
    """Render the page with the stored rules, or with what was given and the errors."""
    organization = get_organization_or_404(organization_id)
    return navigation.render_settings_page(
        "settings/organization_sign_in.html",
        organization=organization,
        rules=given or stored_values(organization),
        admins=[(user.email, user.display_name) for user, _ in way_rules.list_organization_admins(organization)],
        loaded=stale_forms.fingerprint(stored_values(organization)),
        ways=ways.WAY_LABELS,
        choices=list(ways.RULE_LABELS.items()),
        connections=administration.list_connections(organization),
        errors=errors or {},
    )

"""Which ways of signing in an organization lets in, and its own providers."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.authentication import way_rules, ways
from helpdesk.domain.authentication.connections import administration
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.extensions import db
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
    given = {way: request.form.get(way, "") for way in ways.WAYS}
    try:
        stale_forms.begin_change(lambda: get_organization_or_404(organization_id).sign_in_rules)
        ended = way_rules.set_rules(organization, given, actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 409 if isinstance(error, ConflictError) else 422
        return render_page(organization_id, given, {error.field or "": error.message}), status
    db.session.commit()
    flash(gettext("How their people sign in is saved."), "success")
    if ended:
        flash(ngettext("%(num)s session has ended.", "%(num)s sessions have ended.", ended), "info")
    return redirect(f"/settings/organizations/{organization_id}/sign-in", 303)


def render_page(organization_id: int, given: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
    """Render the page with the stored rules, or with what was given and the errors."""
    organization = get_organization_or_404(organization_id)
    return navigation.render_settings_page(
        "settings/organization_sign_in.html",
        organization=organization,
        rules=given or organization.sign_in_rules,
        loaded=stale_forms.fingerprint(organization.sign_in_rules),
        ways=ways.WAY_LABELS,
        choices=list(ways.RULE_LABELS.items()),
        connections=administration.list_connections(organization),
        errors=errors or {},
    )

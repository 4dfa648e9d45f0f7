"""Which ways of signing in an organization lets in, and its own providers."""

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web import sign_in_ways
from helpdesk.web.middleware import authorization
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
    get_organization_or_404(organization_id)
    try:
        sentence = gettext("How their people sign in is saved.")
        sign_in_ways.save_rules(lambda: get_organization_or_404(organization_id), sentence)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 409 if isinstance(error, ConflictError) else 422
        return render_page(organization_id, sign_in_ways.read_rules(), {error.field or "": error.message}), status
    return redirect(f"/settings/organizations/{organization_id}/sign-in", 303)


def render_page(organization_id: int, given: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
    """Render the page with the stored rules, or with what was given and the errors."""
    values = sign_in_ways.describe_ways(get_organization_or_404(organization_id), given, errors)
    return navigation.render_settings_page("settings/organization_sign_in.html", **values)

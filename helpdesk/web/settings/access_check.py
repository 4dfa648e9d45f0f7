"""Explain whether an address would be admitted, and by which rule."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.authentication import way_rules
from helpdesk.domain.people import admission as rules
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_access_check", __name__, url_prefix="/settings/access")


@blueprint.get("")
@authorization.admin_only
def check_access() -> ResponseReturnValue:
    """The explanation for ``?email=``, rule by rule."""
    typed = request.args.get("email", "")
    explanation, errors, allowed_ways = None, {}, []
    if typed:
        try:
            explanation = rules.explain_admission(typed)
            allowed_ways = way_rules.explain(explanation.email, explanation.organizations, explanation.user)
        except ValueError as error:
            errors = {"email": str(error)}
    return navigation.render_settings_page(
        "settings/access.html", typed=typed[:254], explanation=explanation, allowed_ways=allowed_ways, errors=errors
    )

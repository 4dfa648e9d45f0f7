"""Type an address, and read what would happen if it signed in."""

from flask import Blueprint, request

from helpdesk.domain import access as rules
from helpdesk.web import access
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_access", __name__, url_prefix="/settings/access")


@blueprint.get("")
@access.admin_only
def explain():
    """The answer for ``?email=``, rule by rule."""
    typed = request.args.get("email", "")
    explanation, errors = None, {}
    if typed:
        try:
            explanation = rules.explain(typed)
        except ValueError as error:
            errors = {"email": str(error)}
    return navigation.render("settings/access.html", typed=typed[:254], explanation=explanation, errors=errors)

"""The choice of a language by people who have not signed in: a cookie, as long as the browser keeps it."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.translation.languages import offered_codes
from helpdesk.web import cookies, theme
from helpdesk.web.middleware import authorization, language

blueprint = Blueprint("language", __name__)


@blueprint.post("/language")
@authorization.public
def choose_language() -> ResponseReturnValue:
    """Store the language in a cookie; another value than an offered code follows the browser again."""
    code = request.form.get("language", "")
    response = redirect(authorization.get_safe_next_path(request.form.get("next")) or theme.get_return_path(), 303)
    if code in offered_codes():
        cookies.set_cookie(response, language.get_cookie_name(), code, seconds=theme.YEAR_SECONDS)
    else:
        cookies.delete_cookie(response, language.get_cookie_name())
    return response

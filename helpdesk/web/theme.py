"""The installation's accent colour as a style sheet, and the colour scheme of a browser."""

import re

from flask import Blueprint, Response, redirect, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from helpdesk import color_contrast
from helpdesk.domain.administration import settings
from helpdesk.extensions import htmx
from helpdesk.models.setting import SETTINGS
from helpdesk.web import cookies
from helpdesk.web.middleware import authorization

blueprint = Blueprint("theme", __name__)
COLOR_PATTERN = re.compile("#[0-9a-fA-F]{6}")
SCHEMES = ("light", "dark")
YEAR_SECONDS = 365 * 24 * 3600


@blueprint.get("/theme.css")
@authorization.public
def show_theme_css() -> ResponseReturnValue:
    """Show the style sheet with the accent colour for both schemes; its URL changes with the colour."""
    accent = settings.get("accent")
    css = color_contrast.theme(accent if COLOR_PATTERN.fullmatch(accent) else SETTINGS["accent"].default)
    return Response(css, mimetype="text/css", headers={"Cache-Control": "public, max-age=86400"})


@blueprint.post("/scheme")
@authorization.public
def set_color_scheme() -> ResponseReturnValue:
    """Store the scheme light or dark in a cookie; delete the cookie to follow the device."""
    scheme = request.form.get("scheme")
    response = (
        Response(status=204)
        if htmx
        else redirect(authorization.get_safe_next_path(request.form.get("next")) or get_return_path(), 303)
    )
    if scheme in SCHEMES:
        cookies.set_cookie(response, get_scheme_cookie(), scheme, seconds=YEAR_SECONDS, for_scripts=True)
    else:
        cookies.delete_cookie(response, get_scheme_cookie(), for_scripts=True)
    return response


@blueprint.record
def add_template_global(state: BlueprintSetupState) -> None:
    """Let every page know the scheme."""
    state.app.jinja_env.globals["color_scheme"] = get_color_scheme


def get_scheme_cookie() -> str:
    """Return the name of the cookie; scripts read and write it, too."""
    return cookies.get_cookie_name("scheme")


def get_color_scheme() -> str:
    """Return the scheme chosen in this browser; "" follows the device."""
    scheme = request.cookies.get(get_scheme_cookie(), "")
    return scheme if scheme in SCHEMES else ""


def get_return_path() -> str:
    """Return the path of the referring page, if it is one of this portal."""
    referrer = request.referrer or ""
    base = request.host_url.rstrip("/")
    return (authorization.get_safe_next_path(referrer.removeprefix(base)) if referrer.startswith(base) else None) or "/"

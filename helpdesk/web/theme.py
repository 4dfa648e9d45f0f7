"""The installation's accent colour as a style sheet, and the colour scheme of a browser."""

import re

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk import color_contrast, config
from helpdesk.domain.administration import settings
from helpdesk.extensions import htmx
from helpdesk.models.setting import SETTINGS
from helpdesk.web.middleware import authorization

blueprint = Blueprint("theme", __name__)
COLOR_PATTERN = re.compile("#[0-9a-fA-F]{6}")
YEAR_SECONDS = 365 * 24 * 3600


@blueprint.get("/theme.css")
@authorization.public
def show_theme_css() -> ResponseReturnValue:
    """The style sheet with the accent colour for both schemes; its URL changes with the colour."""
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
    if scheme in {"light", "dark"}:
        response.set_cookie("scheme", scheme, max_age=YEAR_SECONDS, samesite="Lax", secure=config.current().is_https)
    else:
        response.delete_cookie("scheme")
    return response


def get_return_path() -> str:
    """The path of the referring page, if it is one of this portal."""
    referrer = request.referrer or ""
    base = request.host_url.rstrip("/")
    return (authorization.get_safe_next_path(referrer.removeprefix(base)) if referrer.startswith(base) else None) or "/"

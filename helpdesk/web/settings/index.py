"""The first settings page: what there is."""

from flask import Blueprint

from helpdesk.web import access
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("")
@access.admin_only
def index():
    """Every page with one sentence of what it is for."""
    return navigation.render("settings/index.html", entries=navigation.NAVIGATION)

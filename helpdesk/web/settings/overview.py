"""The first settings page: what there is."""

from flask import Blueprint

from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_overview", __name__, url_prefix="/settings")


@blueprint.get("")
@authorization.admin_only
def show_overview():
    """Every page with one sentence of what it is for."""
    return navigation.render_settings_page("settings/index.html", entries=navigation.NAVIGATION)

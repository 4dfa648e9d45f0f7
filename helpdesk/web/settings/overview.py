"""The start page of the settings."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_overview", __name__, url_prefix="/settings")


@blueprint.get("")
@authorization.admin_only
def show_overview() -> ResponseReturnValue:
    """Show every page with a one-sentence description."""
    return navigation.render_settings_page(
        "settings/index.html", groups=navigation.list_groups(authentication.get_current_user())
    )

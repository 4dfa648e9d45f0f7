"""Which columns the queue shows in this browser."""

from collections.abc import Mapping

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from helpdesk.translation import lazy_gettext
from helpdesk.web import cookies, theme
from helpdesk.web.middleware import authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("queue_columns", __name__, url_prefix="/desk")
COLUMNS: Mapping[str, object] = {
    "people": lazy_gettext("Organization and requester"),
    "waiting": lazy_gettext("Waiting on"),
    "due": lazy_gettext("Due"),
    "updated": lazy_gettext("Last activity"),
    "tags": lazy_gettext("Tags"),
    "number": lazy_gettext("Number"),
    "priority": lazy_gettext("Priority"),
    "assignee": lazy_gettext("Assignee"),
}
HIDDEN_AT_FIRST = frozenset({"updated"})


def read_hidden_columns() -> frozenset[str]:
    """Return the columns that this browser hides."""
    text = request.cookies.get(_cookie_name())
    return HIDDEN_AT_FIRST if text is None else frozenset(COLUMNS).intersection(text.split("-"))


@blueprint.post("/columns")
@authorization.team_only
def choose_columns() -> ResponseReturnValue:
    """Show the columns that were ticked."""
    hidden = [name for name in COLUMNS if name not in request.form.getlist("columns")]
    response: Response = htmx_responses.redirect_to(
        authorization.get_safe_next_path(request.form.get("back")) or "/desk"
    )
    cookies.set_cookie(response, _cookie_name(), "-".join(hidden) or "none", seconds=theme.YEAR_SECONDS)
    return response


def _cookie_name() -> str:
    return cookies.get_cookie_name("queue_columns")

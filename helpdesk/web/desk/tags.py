"""The names of tags that fields of the team suggest."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from helpdesk.domain.tickets import tag_list
from helpdesk.web.middleware import authorization

blueprint = Blueprint("desk_tags", __name__, url_prefix="/desk")


@blueprint.get("/tags")
@authorization.team_only
def show_tag_names_fragment() -> ResponseReturnValue:
    """The names of the tags, for the fields where one is typed."""
    return render_template("desk/_tag_names.html", names=tag_list.list_names())

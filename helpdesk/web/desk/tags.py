"""The names of tags that fields of the team suggest, and undoing a change of the tags of several tickets."""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.tickets import tag_list, tags
from helpdesk.extensions import db
from helpdesk.translation import gettext, ngettext
from helpdesk.web.desk.agent_queue import get_return_path
from helpdesk.web.desk.undo_offer import UNDO_SECONDS
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("desk_tags", __name__, url_prefix="/desk")
FORM_SECONDS = UNDO_SECONDS + 10  # a press in the last second arrives later


@blueprint.get("/tags")
@authorization.team_only
def show_tag_names_fragment() -> ResponseReturnValue:
    """The names of the tags, for the fields where one is typed."""
    return render_template("desk/_tag_names.html", names=tag_list.list_names())


@blueprint.post("/bulk/undo")
@authorization.team_only
def undo_bulk_tags() -> ResponseReturnValue:
    """Take back the tags that were added and removed together."""
    number = tags.undo_bulk_change(
        request.form.get("bulk", "")[:20], actor=authentication.get_current_user(), seconds=FORM_SECONDS
    )
    db.session.commit()
    if number:
        flash(ngettext("Took back the tags of %(num)s ticket.", "Took back the tags of %(num)s tickets.", number))
    else:
        flash(gettext("There is nothing to undo any more."), "warning")
    return htmx_responses.redirect_to(get_return_path())

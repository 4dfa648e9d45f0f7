"""Set status, assignee and priority of several tickets at once."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.tickets import bulk_update
from helpdesk.extensions import db
from helpdesk.web.desk.agent_queue import get_return_path
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("bulk_update", __name__, url_prefix="/desk")


@blueprint.post("/bulk")
@authorization.team_only
def update_tickets() -> ResponseReturnValue:
    """Set status, assignee and priority of the selected tickets, and report how many changed."""
    numbers = [number for text in request.form.getlist("tickets") if (number := parse_id(text)) is not None]
    try:
        result = bulk_update.update_tickets(
            numbers,
            actor=authentication.get_current_user(),
            status=request.form.get("status", ""),
            assignee=request.form.get("assignee", ""),
            priority=request.form.get("priority", ""),
        )
    except ValidationError as error:
        db.session.rollback()
        flash(error.message, "error")
        return htmx_responses.redirect_to(get_return_path())
    db.session.commit()
    flash(result.sentence, "warning" if result.refused else "success")
    return htmx_responses.redirect_to(get_return_path())

"""Set status, assignee and priority of several tickets at once, or apply a macro to them; undo the former."""

import secrets

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import idempotency
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.tickets import bulk_undo, bulk_update, canned_replies, macros
from helpdesk.extensions import db
from helpdesk.translation import gettext, ngettext
from helpdesk.web.desk.agent_queue import get_return_path
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("bulk_update", __name__, url_prefix="/desk")


@blueprint.post("/bulk")
@authorization.team_only
def update_tickets() -> ResponseReturnValue:
    """Set status, assignee, priority and tags of the selected tickets, or apply the chosen macro; report how many."""
    user, macro_id, bulk = authentication.get_current_user(), parse_id(request.form.get("macro")), secrets.token_hex(6)
    numbers = [number for text in request.form.getlist("tickets") if (number := parse_id(text)) is not None]
    try:
        if macro_id is not None:
            token = idempotency.valid_token(request.form.get("form_token")) or secrets.token_hex(16)
            macro = canned_replies.find_reply(user, macro_id)
            result = macros.apply_to_tickets(numbers, macro, actor=user, form_token=token)
        else:
            result = bulk_update.update_tickets(
                numbers,
                actor=user,
                status=request.form.get("status", ""),
                assignee=request.form.get("assignee", ""),
                priority=request.form.get("priority", ""),
                add_tags=request.form.get("add_tags", ""),
                remove_tags=request.form.get("remove_tags", ""),
                bulk=bulk,
            )
    except ValidationError as error:
        db.session.rollback()
        flash(error.message, "error")
        return htmx_responses.redirect_to(get_return_path())
    db.session.commit()
    path = get_return_path()
    if result.undoable:
        path += f"{'&' if '?' in path else '?'}changed={bulk}"
    if (
        result.refused or not result.changed or result.undoable < result.changed
    ):  # else the toast says it and offers undo
        flash(result.sentence, "warning" if result.refused else "success")
    return htmx_responses.redirect_to(path)


@blueprint.post("/bulk/undo")
@authorization.team_only
def undo_update() -> ResponseReturnValue:
    """Take back what was changed together."""
    number = bulk_undo.undo_changes(request.form.get("bulk", "")[:20], actor=authentication.get_current_user())
    db.session.commit()
    if number:
        flash(ngettext("%(num)s ticket is as it was.", "%(num)s tickets are as they were.", number))
    else:
        flash(gettext("There is nothing to undo any more."), "warning")
    return htmx_responses.redirect_to(get_return_path())

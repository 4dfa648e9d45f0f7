"""The requester's rating of a solved ticket."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.tickets import ratings
from helpdesk.extensions import db, htmx
from helpdesk.web.middleware import authentication
from helpdesk.web.tickets.page_context import composer_context, page_context, rating_context
from helpdesk.web.tickets.responses import render_after_change
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_ratings", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.post("/rating")
def rate_ticket(number: int) -> ResponseReturnValue:
    """Rate a solved ticket, by POST only, because mail scanners open every link."""
    ticket = get_ticket_or_404(number)
    try:
        ratings.save_rating(
            ticket,
            user=authentication.get_current_user(),
            score=request.form.get("score", ""),
            comment=request.form.get("comment", ""),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        ticket = get_ticket_or_404(number)
        values = {name: request.form.get(name, "") for name in ("score", "comment")}
        context = rating_context(ticket) | {"rating_errors": {error.field or "score": error.message}, "given": values}
        if htmx:
            return render_template("tickets/_rating.html", **context), 422
        return render_template("tickets/show.html", **(composer_context(ticket) | page_context(ticket) | context)), 422
    db.session.commit()
    return render_after_change(number, first="rating", address=f"/tickets/{number}#rating")

"""Who follows a ticket, and what its requester thought of it."""

from flask import Blueprint, render_template, request

from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import ratings
from helpdesk.extensions import db
from helpdesk.models.user import User
from helpdesk.web.middleware import authentication
from helpdesk.web.request import parse_id
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets.ticket_page import (
    TICKET_URL_PREFIX,
    composer_context,
    get_ticket_or_404,
    page_context,
    rating_context,
    render_after_change,
)

blueprint = Blueprint("followers", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.post("/followers")
def add_follower(number: int):
    """Add oneself, or a colleague."""
    ticket = get_ticket_or_404(number)
    text = request.form.get("user", "")
    user = db.session.get(User, parse_id(text) or 0)
    if user is None:
        raise ValidationError("Only people of the same organization can follow this ticket.", "user")
    tickets.add_follower(ticket, user, actor=authentication.get_current_user())
    db.session.commit()
    return render_after_change(number, first="facts")


@blueprint.post("/followers/<int:user_id>/delete")
def remove_follower(number: int, user_id: int):
    """Remove oneself; the team and the requester remove anybody. One who sees only what they follow is sent to the list."""
    ticket = get_ticket_or_404(number)
    user = db.session.get(User, user_id) if user_id < 2**63 else None
    if user is not None:
        tickets.remove_follower(ticket, user, actor=authentication.get_current_user())
        db.session.commit()
    if permissions.find_ticket(authentication.get_current_user(), number) is None:
        return htmx_responses.redirect_to("/tickets")
    return render_after_change(number, first="facts")


@blueprint.post("/rating")
def rate_ticket(number: int):
    """Rate a solved ticket, by POST only: mail scanners open every link."""
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
        needs = rating_context(ticket) | {"rating_errors": {error.field or "score": error.sentence}, "given": values}
        if htmx_responses.htmx:
            return render_template("tickets/_rating.html", **needs), 422
        return render_template("tickets/show.html", **(composer_context(ticket) | page_context(ticket) | needs)), 422
    db.session.commit()
    return render_after_change(number, first="rating", address=f"/tickets/{number}#rating")

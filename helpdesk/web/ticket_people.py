"""Who follows a ticket, and what its requester thought of it."""

from flask import Blueprint, render_template, request

from helpdesk.domain import permissions, ratings, tickets
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.web import fragments, identity
from helpdesk.web.tickets import PREFIX, changed, composer, found, rating, whole

blueprint = Blueprint("ticket_people", __name__, url_prefix=PREFIX)


@blueprint.post("/followers")
def follow(number: int):
    """Add oneself, or a colleague."""
    ticket = found(number)
    text = request.form.get("user", "")
    user = db.session.get(User, int(text)) if text.isdecimal() and len(text) < 19 else None
    if user is None:
        raise Invalid("Only people of the same organization can follow this ticket.", "user")
    tickets.follow(ticket, user, actor=identity.me())
    db.session.commit()
    return changed(number, first="facts")


@blueprint.post("/followers/<int:user_id>/delete")
def unfollow(number: int, user_id: int):
    """Remove oneself; the team and the requester remove anybody. One who sees only what they follow is sent to the list."""
    ticket = found(number)
    user = db.session.get(User, user_id) if user_id < 2**63 else None
    if user is not None:
        tickets.unfollow(ticket, user, actor=identity.me())
        db.session.commit()
    if permissions.find_ticket(identity.me(), number) is None:
        return fragments.go("/tickets")
    return changed(number, first="facts")


@blueprint.post("/rating")
def rate(number: int):
    """Rate a solved ticket, by POST only: mail scanners open every link."""
    ticket = found(number)
    try:
        ratings.rate(
            ticket,
            user=identity.me(),
            score=request.form.get("score", ""),
            comment=request.form.get("comment", ""),
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        ticket = found(number)
        values = {name: request.form.get(name, "") for name in ("score", "comment")}
        needs = rating(ticket) | {"rating_errors": {error.field or "score": error.sentence}, "given": values}
        if fragments.htmx:
            return render_template("tickets/_rating.html", **needs), 422
        return render_template("tickets/show.html", **(composer(ticket) | whole(ticket) | needs)), 422
    db.session.commit()
    return changed(number, first="rating", address=f"/tickets/{number}#rating")

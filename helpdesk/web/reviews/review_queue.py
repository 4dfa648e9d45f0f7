"""Solved tickets to review, and the form with rating and comment."""

from typing import Any

from flask import Blueprint, abort, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.reporting import qa_reviews
from helpdesk.extensions import db
from helpdesk.models.qa_review import RATINGS
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.reviews import reports
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("review_queue", __name__, url_prefix="/review")


@blueprint.get("/reading")
@authorization.lead_only
def show_review_queue() -> ResponseReturnValue:
    """Show solved tickets to review."""
    return render_template(
        "review/review_queue.html",
        section="reading",
        rows=qa_reviews.list_reviewable(authentication.get_current_user(), tag=reports.parse_tag()),
        **reports.tag_filter_context(),
    )


@blueprint.get("/reading/<int:number>")
@authorization.lead_only
def show_review_form(number: int) -> ResponseReturnValue:
    """The form to review one ticket."""
    return render_review_form(number, {"rating": "", "comment": ""})


@blueprint.post("/reading/<int:number>")
@authorization.lead_only
def save_review(number: int) -> ResponseReturnValue:
    """Save rating and comment."""
    values = {name: request.form.get(name, "") for name in ("rating", "comment")}
    ticket = permissions.find_ticket(authentication.get_current_user(), number) or abort(404)
    try:
        qa_reviews.save_review(ticket, reviewer=authentication.get_current_user(), **values)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_review_form(number, values, {error.field or "": error.message}), 422
    db.session.commit()
    flash(gettext("Your mark for #%(number)s is saved.", number=number), "success")
    return htmx_responses.redirect_to("/review/reading")


def render_review_form(number: int, values: dict[str, Any], errors: dict[str, Any] | None = None) -> str:
    """The form with one's own review, or with what was typed and the errors."""
    ticket = permissions.find_ticket(authentication.get_current_user(), number) or abort(404)
    review = qa_reviews.get_review(ticket, authentication.get_current_user())
    if review and not errors:
        values = {"rating": review.rating, "comment": review.comment}
    ratings = [(rating, qa_reviews.RATING_LABELS[rating]) for rating in RATINGS]
    return render_template(
        "review/review_form.html",
        section="reading",
        ticket=ticket,
        values=values,
        errors=errors or {},
        marks=ratings,
        found=review,
    )

"""Solved tickets to review, and the form with rating and comment."""

from flask import Blueprint, abort, flash, render_template, request

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.reporting import qa_reviews
from helpdesk.extensions import db
from helpdesk.models.qa_review import RATINGS
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("review_queue", __name__, url_prefix="/review")


@blueprint.get("/reading")
@authorization.lead_only
def show_review_queue():
    """Solved tickets to look into."""
    return render_template(
        "review/reading.html", section="reading", rows=qa_reviews.list_reviewable(authentication.get_current_user())
    )


@blueprint.get("/reading/<int:number>")
@authorization.lead_only
def show_review_form(number: int):
    """One ticket's mark and remark."""
    return render_review_form(number, {"mark": "", "remark": ""})


@blueprint.post("/reading/<int:number>")
@authorization.lead_only
def save_review(number: int):
    """Write the mark down."""
    values = {name: request.form.get(name, "") for name in ("mark", "remark")}
    ticket = permissions.find_ticket(authentication.get_current_user(), number) or abort(404)
    try:
        qa_reviews.save_review(ticket, reviewer=authentication.get_current_user(), **values)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_review_form(number, values, {error.field or "": error.sentence}), 422
    db.session.commit()
    flash(f"Your mark for #{number} is saved.", "success")
    return htmx_responses.redirect_to("/review/reading")


def render_review_form(number: int, values: dict, errors: dict | None = None) -> str:
    ticket = permissions.find_ticket(authentication.get_current_user(), number) or abort(404)
    found = qa_reviews.get_review(ticket, authentication.get_current_user())
    if found and not errors:
        values = {"mark": found.mark, "remark": found.remark}
    marks = [(mark, qa_reviews.RATING_LABELS[mark]) for mark in RATINGS]
    return render_template(
        "review/mark.html",
        section="reading",
        ticket=ticket,
        values=values,
        errors=errors or {},
        marks=marks,
        found=found,
    )

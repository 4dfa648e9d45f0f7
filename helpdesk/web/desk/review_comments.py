"""Comments of reviewers on an agent's own tickets."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.reporting import qa_reviews
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization

blueprint = Blueprint("review_comments", __name__, url_prefix="/desk")


@blueprint.get("/remarks")
@authorization.team_only
def list_review_comments() -> ResponseReturnValue:
    """Show the comments on one's own tickets."""
    return render_comments({}, {})


@blueprint.post("/remarks/<int:number>/answer")
@authorization.team_only
def answer_review_comment(number: int) -> ResponseReturnValue:
    """Answer the review of one of one's own tickets."""
    user, text = authentication.get_current_user(), request.form.get("answer", "")
    ticket = permissions.find_ticket(user, number)
    if ticket is None or not qa_reviews.is_about(ticket, user):
        abort(404)
    try:
        qa_reviews.answer_review(ticket, text, agent=user)
    except ValidationError as error:
        db.session.rollback()
        return render_comments({"number": number, "answer": text}, error.errors), 422
    db.session.commit()
    flash(gettext("Your answer is saved."), "success")
    return redirect("/desk/remarks", 303)


@blueprint.post("/remarks")
@authorization.team_only
def mark_review_comments_read() -> ResponseReturnValue:
    """Mark all comments of reviews for the current user as read."""
    qa_reviews.mark_read(
        qa_reviews.list_comments_for(authentication.get_current_user()), authentication.get_current_user()
    )
    db.session.commit()
    return redirect("/desk/remarks", 303)


def render_comments(typed: dict[str, Any], errors: dict[str, str]) -> str:
    """Render the comments on one's own tickets; ``typed``: an answer that was refused, with its ticket's number."""
    return render_template(
        "desk/review_comments.html",
        marks=qa_reviews.list_comments_for(authentication.get_current_user()),
        words=qa_reviews.RATING_LABELS,
        typed=typed,
        errors=errors,
    )

"""Comments of reviewers on an agent's own tickets."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from helpdesk.domain.reporting import qa_reviews
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization

blueprint = Blueprint("review_comments", __name__, url_prefix="/desk")


@blueprint.get("/remarks")
@authorization.team_only
def list_review_comments() -> ResponseReturnValue:
    """Show the comments on one's own tickets."""
    return render_template(
        "desk/review_comments.html",
        marks=qa_reviews.list_comments_for(authentication.get_current_user()),
        words=qa_reviews.RATING_LABELS,
    )


@blueprint.post("/remarks")
@authorization.team_only
def mark_review_comments_read() -> ResponseReturnValue:
    """Mark all comments of reviews for the current user as read."""
    qa_reviews.mark_read(
        qa_reviews.list_comments_for(authentication.get_current_user()), authentication.get_current_user()
    )
    db.session.commit()
    return redirect("/desk/remarks", 303)

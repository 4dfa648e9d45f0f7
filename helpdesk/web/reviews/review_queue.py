"""Solved tickets to review, a sample by rule, and the form with rating, scores and comment."""

from typing import Any

from flask import Blueprint, abort, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions, users
from helpdesk.domain.reporting import qa_reviews, review_samples, scorecards
from helpdesk.extensions import db
from helpdesk.models.qa_review import RATINGS, QaReview
from helpdesk.translation import gettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization, replica_reads
from helpdesk.web.reviews import report_filters
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("review_queue", __name__, url_prefix="/review")
SCORE_FIELD = "score-"


@blueprint.get("/reading")
@authorization.lead_only
@replica_reads.from_replica
def show_review_queue() -> ResponseReturnValue:
    """Show solved tickets to review, by the rule ``?sample=``."""
    rule, number = request.args.get("sample", ""), parse_id(request.args.get("per_agent"))
    rule = rule if rule in review_samples.SAMPLE_LABELS else ""
    per_agent = number if number in review_samples.PER_AGENT_CHOICES else 3
    agent_id = parse_id(request.args.get("assignee"))
    return render_template(
        "review/review_queue.html",
        section="reading",
        rows=review_samples.list_sample(
            authentication.get_current_user(),
            rule,
            agent_id=agent_id,
            per_agent=per_agent,
            tag=report_filters.parse_tag(),
        ),
        sample=rule,
        samples=list(review_samples.SAMPLE_LABELS.items()),
        per_agent=per_agent,
        numbers=[(str(each), str(each)) for each in review_samples.PER_AGENT_CHOICES],
        assignee=str(agent_id or ""),
        agents=[(str(user.id), user.display_name) for user in users.list_team()],
        **report_filters.tag_filter_context(),
    )


@blueprint.get("/reading/<int:number>")
@authorization.lead_only
def show_review_form(number: int) -> ResponseReturnValue:
    """The form to review one ticket."""
    return render_review_form(number, {"rating": "", "comment": "", "scores": {}})


@blueprint.post("/reading/<int:number>")
@authorization.lead_only
def save_review(number: int) -> ResponseReturnValue:
    """Save rating, scores and comment."""
    values: dict[str, Any] = {name: request.form.get(name, "") for name in ("rating", "comment")}
    values["scores"] = read_scores()
    ticket = permissions.find_ticket(authentication.get_current_user(), number) or abort(404)
    try:
        stale_forms.begin_change(lambda: stored_state(number))
        qa_reviews.save_review(ticket, reviewer=authentication.get_current_user(), **values)
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_review_form(number, values, {error.field or "": error.message}), 422
    db.session.commit()
    flash(gettext("Your mark for #%(number)s is saved.", number=number), "success")
    return htmx_responses.redirect_to("/review/reading")


def stored_state(number: int) -> dict[str, Any]:
    """When the ticket was reviewed and the review answered: another review or answer is not overwritten unseen."""
    review = db.session.get(QaReview, number, populate_existing=True)
    return {"reviewed": review and review.created_at, "answered": review and review.answered_at}


def read_scores() -> dict[int, int]:
    """The scores in the form, by the ids of their criteria; what is left empty does not apply."""
    fields = {name.removeprefix(SCORE_FIELD): value for name, value in request.form.items() if SCORE_FIELD in name}
    return {
        criterion: parse_id(value) or 0 for name, value in fields.items() if value and (criterion := parse_id(name))
    }


def render_review_form(number: int, values: dict[str, Any], errors: dict[str, Any] | None = None) -> str:
    """The form with one's own review, or with what was typed and the errors."""
    ticket = permissions.find_ticket(authentication.get_current_user(), number) or abort(404)
    review = qa_reviews.get_review(ticket, authentication.get_current_user())
    if review and not errors:
        scores = {each.criterion_id: each.score for each in review.scores}
        values = {"rating": review.rating, "comment": review.comment, "scores": scores}
    ratings = [(rating, qa_reviews.RATING_LABELS[rating]) for rating in RATINGS]
    return render_template(
        "review/review_form.html",
        section="reading",
        ticket=ticket,
        values=values,
        errors=errors or {},
        marks=ratings,
        criteria=scorecards.list_criteria(),
        found=review,
        loaded=stale_forms.fingerprint(stored_state(number)),
    )

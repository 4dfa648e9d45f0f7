"""The trends of quality reviews, and the criteria of the scorecard."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ValidationError
from helpdesk.domain.reporting import date_ranges, qa_reviews, quality_trends, scorecards
from helpdesk.domain.reporting.quality_trends import QualityTrends
from helpdesk.extensions import db
from helpdesk.models.qa_review import ReviewCriterion
from helpdesk.translation import format_number, gettext
from helpdesk.web.middleware import authentication, authorization, replica_reads
from helpdesk.web.reviews import report_filters
from helpdesk.web.reviews.charts import Chart, ChartRow, make_chart

blueprint = Blueprint("review_quality", __name__, url_prefix="/review")


@blueprint.get("/quality")
@authorization.lead_only
@replica_reads.from_replica
def show_trends() -> ResponseReturnValue:
    """Show how the reviews of the days and the agent in the address turned out."""
    definition = report_filters.read_definition()
    trends = quality_trends.make_trends(definition)
    context = report_filters.filter_context(definition)
    return render_template(
        "review/quality.html",
        section="quality",
        trends=trends,
        charts=make_charts(trends),
        labels=qa_reviews.RATING_LABELS,
        report=definition,
        ranges=list(date_ranges.RANGE_LABELS.items()),
        agents=context["choices"]["assignee"],
    )


@blueprint.get("/scorecard")
@authorization.lead_only
def show_scorecard() -> ResponseReturnValue:
    """Show the criteria, and a form for a new one."""
    return render_scorecard({}, {})


@blueprint.post("/scorecard")
@authorization.lead_only
def add_criterion() -> ResponseReturnValue:
    """Add a criterion."""
    return save_criterion(None)


@blueprint.post("/scorecard/<int:criterion_id>")
@authorization.lead_only
def update_criterion(criterion_id: int) -> ResponseReturnValue:
    """Change the words of a criterion."""
    return save_criterion(get_criterion_or_404(criterion_id))


@blueprint.post("/scorecard/<int:criterion_id>/move")
@authorization.lead_only
def move_criterion(criterion_id: int) -> ResponseReturnValue:
    """Move a criterion one place up or down."""
    step = -1 if request.form.get("direction") == "up" else 1
    scorecards.move_criterion(get_criterion_or_404(criterion_id), step, actor=authentication.get_current_user())
    db.session.commit()
    return redirect("/review/scorecard", 303)


@blueprint.post("/scorecard/<int:criterion_id>/delete")
@authorization.lead_only
def remove_criterion(criterion_id: int) -> ResponseReturnValue:
    """Score a criterion no longer."""
    scorecards.remove_criterion(get_criterion_or_404(criterion_id), actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The criterion is removed. Its scores stay in the trends."), "success")
    return redirect("/review/scorecard", 303)


def save_criterion(criterion: ReviewCriterion | None) -> ResponseReturnValue:
    """Save the words of a criterion, or show them again with the errors."""
    values = {name: request.form.get(name, "") for name in ("name", "help")}
    criterion_id = criterion.id if criterion else None
    try:
        scorecards.save_criterion(criterion, actor=authentication.get_current_user(), **values)
    except ValidationError as error:
        db.session.rollback()
        return render_scorecard(values, error.errors, criterion_id), 422
    db.session.commit()
    flash(gettext("The scorecard is saved."), "success")
    return redirect("/review/scorecard", 303)


def render_scorecard(values: dict[str, str], errors: dict[str, str], edited_id: int | None = None) -> str:
    """Render the scorecard; ``values`` and ``errors`` are those of the criterion ``edited_id``, or of a new one."""
    return render_template(
        "review/scorecard.html",
        section="quality",
        criteria=scorecards.list_criteria(),
        edited_id=edited_id,
        values=values,
        errors=errors,
    )


def make_charts(trends: QualityTrends) -> list[Chart]:
    """Reviews and average score over time; a part without scores is a gap."""
    counts = [ChartRow(each.label, each.reviews, format_number(each.reviews)) for each in trends.parts]
    scores = [
        ChartRow(each.label, each.score, "–" if each.score is None else format_number(each.score, 1))
        for each in trends.parts
    ]
    return [
        make_chart(gettext("Reviews"), gettext("Reviews"), counts, lambda value: format_number(round(value))),
        make_chart(
            gettext("Average score"),
            gettext("of 5"),
            scores,
            lambda value: format_number(value),
            is_line=True,
            highest=max(scorecards.SCORES),
        ),
    ]


def get_criterion_or_404(criterion_id: int) -> ReviewCriterion:
    """Return the criterion with this id, else 404."""
    return scorecards.find_criterion(criterion_id) or abort(404)

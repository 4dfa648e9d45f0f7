"""What leads read: numbers over weeks, what waits longest, what is at risk, and solved tickets to look into."""

import csv
import io

from flask import Blueprint, Response, flash, render_template, request

from helpdesk.domain import labels
from helpdesk.domain.reporting import reports, weekly_digest
from helpdesk.domain.ticket_lists import csv_export
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("review_reports", __name__, url_prefix="/review")
WEEK_CHOICES = (4, 12, 26, 52)
TABLE_HEADINGS = (
    "Filed",
    "Solved",
    "First answer, median",
    "First answer, p90",
    "Solution, median",
    "Solution, p90",
    "Satisfaction",
    "Ratings",
    "Unsolved",
)


@blueprint.get("")
@authorization.lead_only
def show_report():
    """The numbers, by one grouping (``?by=``) over some weeks (``?weeks=``)."""
    by, count = parse_filters()
    periods = reports.list_weeks(count)
    span = (periods[0][0], periods[-1][1])
    by_week = reports.figures_by_group("week", periods)
    lines = by_week if by == "week" else reports.figures_by_group(by, periods)
    held = reports.time_by_waiting_on(span)
    return render_template(
        "review/index.html",
        section="numbers",
        by=by,
        weeks=count,
        groups=list(reports.GROUP_LABELS.items()),
        spans=WEEK_CHOICES,
        whole=reports.total_figures(span),
        backlog=reports.count_backlog(),
        lines=lines,
        charts=build_chart_rows(by_week),
        held=[build_hours_row(who.definition.report_label, seconds) for who, seconds in held.items()],
    )


@blueprint.get("/export.csv")
@authorization.lead_only
def export_report():
    """The same table as CSV; times in seconds, empty where nothing was measured."""
    by, count = parse_filters()
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow([reports.GROUP_LABELS[by], *TABLE_HEADINGS])
    for line in reports.figures_by_group(by, reports.list_weeks(count)):
        figures = (
            line.filed,
            line.solved,
            line.response_median,
            line.response_p90,
            line.resolution_median,
            line.resolution_p90,
            line.rating,
            line.ratings,
            line.backlog,
        )
        writer.writerow(
            [csv_export.escape_cell(line.label), *("" if each is None else f"{each:g}" for each in figures)]
        )
    headers = {"Content-Disposition": f'attachment; filename="review-by-{by}.csv"'}
    return Response("\ufeff" + target.getvalue(), mimetype="text/csv", headers=headers)


@blueprint.post("/summary")
@authorization.lead_only
def send_weekly_digest():
    """Mail oneself last week's summary now."""
    weekly_digest.send_digest_to(authentication.get_current_user(), weekly_digest.local_today())
    db.session.commit()
    flash(f"Last week's summary is on its way to {authentication.get_current_user().email}.", "success")
    return htmx_responses.redirect_to("/review")


def build_chart_rows(by_week: list[reports.Figures]) -> dict[str, list[tuple[str, float, str]]]:
    """Rows for the pictures, all by week."""
    return {
        "filed": [(line.label, line.filed, str(line.filed)) for line in by_week],
        "backlog": [(line.label, line.backlog or 0, str(line.backlog or 0)) for line in by_week],
        "response": [
            build_hours_row(line.label, line.response_median) for line in by_week if line.response_median is not None
        ],
        "resolution": [
            build_hours_row(line.label, line.resolution_median)
            for line in by_week
            if line.resolution_median is not None
        ],
    }


def build_hours_row(label: str, seconds: float) -> tuple[str, float, str]:
    """A measured week as a row of a picture."""
    return (label, round(seconds / 3600, 1), labels.format_duration(seconds))


def parse_filters() -> tuple[str, int]:
    """Grouping and number of weeks in the address; what makes no sense is the default."""
    by, weeks = request.args.get("by", ""), request.args.get("weeks", "")
    return by if by in reports.GROUP_LABELS else "week", int(weeks) if weeks in {
        str(span) for span in WEEK_CHOICES
    } else 12

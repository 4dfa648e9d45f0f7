"""Reports over weeks for support leads, as a page and as CSV, and the weekly digest on request."""

import csv
import io
from typing import Any

from flask import Blueprint, Response, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain import labels
from helpdesk.domain.reporting import reports, weekly_digest
from helpdesk.domain.ticket_lists import csv_export
from helpdesk.domain.tickets import tag_list
from helpdesk.extensions import db
from helpdesk.translation import gettext, lazy_gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("review_reports", __name__, url_prefix="/review")
WEEK_CHOICES = (4, 12, 26, 52)
TABLE_HEADINGS = (
    lazy_gettext("Filed"),
    lazy_gettext("Solved"),
    lazy_gettext("First response time, median (s)"),
    lazy_gettext("First response time, 90th percentile (s)"),
    lazy_gettext("Resolution time, median (s)"),
    lazy_gettext("Resolution time, 90th percentile (s)"),
    lazy_gettext("Satisfaction"),
    lazy_gettext("Ratings"),
    lazy_gettext("Backlog"),
)


@blueprint.get("")
@authorization.lead_only
def show_report() -> ResponseReturnValue:
    """The figures, grouped by ``?by=``, over ``?weeks=`` weeks, of all tickets or those with ``?tag=``."""
    by, count, tag = parse_filters()
    where = [reports.has_tag(tag)] if tag else []
    periods = reports.list_weeks(count)
    period = (periods[0][0], periods[-1][1])
    by_week = reports.figures_by_group("week", periods, *where)
    rows = by_week if by == "week" else reports.figures_by_group(by, periods, *where)
    waiting_times = reports.time_by_waiting_on(period, *where)
    return render_template(
        "review/index.html",
        section="numbers",
        by=by,
        weeks=count,
        groups=list(reports.GROUP_LABELS.items()),
        spans=WEEK_CHOICES,
        **tag_filter_context(),
        whole=reports.total_figures(period, *where),
        backlog=reports.count_backlog(*where),
        lines=rows,
        charts=build_chart_rows(by_week),
        held=[
            build_hours_row(waiting_on.definition.report_label, seconds)
            for waiting_on, seconds in waiting_times.items()
        ],
    )


@blueprint.get("/export.csv")
@authorization.lead_only
def export_report() -> ResponseReturnValue:
    """Send the table of the report as CSV; times in seconds, empty where nothing was measured."""
    by, count, tag = parse_filters()
    where = [reports.has_tag(tag)] if tag else []
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow([reports.GROUP_LABELS[by], *TABLE_HEADINGS])
    for row in reports.figures_by_group(by, reports.list_weeks(count), *where):
        values = (
            row.filed,
            row.solved,
            row.response_median,
            row.response_p90,
            row.resolution_median,
            row.resolution_p90,
            row.rating,
            row.ratings,
            row.backlog,
        )
        writer.writerow(
            [csv_export.escape_cell(row.label), *("" if value is None else f"{value:g}" for value in values)]
        )
    headers = {"Content-Disposition": f'attachment; filename="review-by-{by}.csv"'}
    return Response("\ufeff" + buffer.getvalue(), mimetype="text/csv", headers=headers)


@blueprint.post("/summary")
@authorization.lead_only
def send_weekly_digest() -> ResponseReturnValue:
    """Mail last week's digest to oneself now."""
    weekly_digest.send_digest_to(authentication.get_current_user(), weekly_digest.local_today())
    db.session.commit()
    flash(
        gettext("Last week's summary is on its way to %(email)s.", email=authentication.get_current_user().email),
        "success",
    )
    return htmx_responses.redirect_to("/review")


def build_chart_rows(by_week: list[reports.Figures]) -> dict[str, list[tuple[str, float, str]]]:
    """Rows of the charts, by week: (label, value, text)."""
    return {
        "filed": [(week.label, week.filed, str(week.filed)) for week in by_week],
        "backlog": [(week.label, week.backlog or 0, str(week.backlog or 0)) for week in by_week],
        "response": [
            build_hours_row(week.label, week.response_median) for week in by_week if week.response_median is not None
        ],
        "resolution": [
            build_hours_row(week.label, week.resolution_median)
            for week in by_week
            if week.resolution_median is not None
        ],
    }


def build_hours_row(label: str, seconds: float) -> tuple[str, float, str]:
    """A duration as a row of a chart, in hours."""
    return (label, round(seconds / 3600, 1), labels.format_duration(seconds))


def parse_filters() -> tuple[str, int, str]:
    """Grouping, number of weeks and tag in the URL; defaults for invalid values, "" for all tickets."""
    by, weeks = request.args.get("by", ""), request.args.get("weeks", "")
    is_known = weeks in {str(span) for span in WEEK_CHOICES}
    return by if by in reports.GROUP_LABELS else "week", int(weeks) if is_known else 12, parse_tag()


def parse_tag() -> str:
    """The tag in the URL; "" for all tickets."""
    return request.args.get("tag", "").replace("\x00", "").strip().lower()[:80]


def tag_filter_context() -> dict[str, Any]:
    """The context of review/_tag_filter.html."""
    tag = parse_tag()
    names = sorted({*tag_list.list_names(), tag} - {""})
    return {"address": request.path, "tag": tag, "tags": [(name, name) for name in names]}

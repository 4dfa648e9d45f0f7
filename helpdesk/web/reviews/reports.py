"""Reports for support leads: the page, its table as CSV, the tickets behind a number, the weekly digest on request."""

import csv
import io

from flask import Blueprint, Response, abort, flash, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import labels
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.reporting import (
    date_ranges,
    drill_down,
    report_table,
    reports,
    stored_reports,
    unknown_values,
    weekly_digest,
)
from helpdesk.domain.reporting.definition import GROUP_LABELS, TABLE_TITLES
from helpdesk.domain.reporting.reports import Report
from helpdesk.domain.ticket_lists import csv_export
from helpdesk.extensions import db
from helpdesk.translation import format_number, gettext, ngettext
from helpdesk.web.middleware import authentication, authorization, replica_reads
from helpdesk.web.reviews import report_charts, report_filters
from helpdesk.web.templating import filters, htmx_responses

blueprint = Blueprint("review_reports", __name__, url_prefix="/review")


@blueprint.get("")
@authorization.lead_only
@replica_reads.from_replica
def show_report() -> ResponseReturnValue:
    """The figures of the days, filters and grouping in the address, beside those of the period before."""
    definition = report_filters.read_definition()
    report = reports.make_report(definition, with_waits=True)
    stored_reports.ask_for(definition, report.missing)
    return render_template(
        "review/index.html",
        section="numbers",
        figures=report,
        columns=list_columns(report),
        stats=report_charts.make_stats(report),
        charts=report_charts.make_time_charts(report),
        waits=report_charts.make_waiting_rows(report),
        url=report_filters.report_url,
        compared=date_ranges.days_of(report.compared),
        zone=str(date_ranges.time_zone()),
        table_title=TABLE_TITLES[definition.by],
        saved=parse_id(request.args.get("saved")),
        **report_filters.filter_context(definition),
    )


@blueprint.get("/export.csv")
@authorization.lead_only
@replica_reads.from_replica
def export_report() -> ResponseReturnValue:
    """Send the table of the report as CSV; times in seconds, empty where nothing was measured."""
    if unknown := unknown_values.find_unknown(request.args):
        raise ValidationError(next(iter(unknown.values())), errors=unknown)
    definition = report_filters.read_definition()
    report = reports.make_report(definition)
    stored_reports.ask_for(definition, report.missing)
    columns = list_columns(report)
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow([GROUP_LABELS[definition.by], *(column.heading for column in columns)])
    for row in report.rows:
        label = row.definition.first if definition.by in date_ranges.UNITS else csv_export.escape_cell(row.label)
        writer.writerow([label, *(column.write(row.figures) for column in columns)])
    headers = {"Content-Disposition": f'attachment; filename="review-by-{definition.by}.csv"'}
    return Response("\ufeff" + buffer.getvalue(), mimetype="text/csv", headers=headers)


@blueprint.get("/tickets")
@authorization.lead_only
@replica_reads.from_replica
def list_counted_tickets() -> ResponseReturnValue:
    """The tickets that the number ``?metric=`` of the report counts, with the value of each."""
    definition, metric = report_filters.read_definition(), request.args.get("metric", "filed")
    if metric not in drill_down.METRIC_LABELS:
        abort(404)
    page = min(max(parse_id(request.args.get("page")) or 1, 1), drill_down.MAX_PAGE)
    found = drill_down.list_tickets(definition, metric, page)
    stored_reports.ask_for(definition, {f"{stored_reports.LIST}{metric}": found.missing})
    return render_template(
        "review/tickets.html",
        section="numbers",
        metric=metric,
        title=drill_down.METRIC_LABELS[metric],
        number=format_number_of_tickets(found),
        found=found,
        rows=[(ticket, format_value(value, found.unit)) for ticket, value in found.rows],
        pages={
            "previous": report_filters.report_url(request.path, definition, metric=metric, page=page - 1)
            if page > 1
            else None,
            "next": report_filters.report_url(request.path, definition, metric=metric, page=page + 1)
            if found.count > page * drill_down.PAGE_SIZE and page < drill_down.MAX_PAGE
            else None,
        },
        days=definition.days,
        url=report_filters.report_url,
        **report_filters.filter_context(definition),
    )


@blueprint.post("/summary")
@authorization.lead_only
def send_weekly_digest() -> ResponseReturnValue:
    """Mail last week's digest to oneself now."""
    weekly_digest.send_digest_to(authentication.get_current_user(), date_ranges.local_today())
    db.session.commit()
    flash(
        gettext("Last week's summary is on its way to %(email)s.", email=authentication.get_current_user().email),
        "success",
    )
    return htmx_responses.redirect_to("/review")


def list_columns(report: Report) -> list[report_table.Column]:
    """The columns of the report's table; the backlog only where its rows are parts of time."""
    is_by_time = report.definition.by in date_ranges.UNITS
    return [column for column in report_table.COLUMNS if is_by_time or not column.is_by_time]


def format_number_of_tickets(found: drill_down.TicketPage) -> str:
    """How many tickets there are, with a plus where counting stopped."""
    number = filters.format_capped_count(found.count, found.counted or found.count)
    return ngettext("%(num)s ticket", "%(num)s tickets", found.count, num=number)


def format_value(value: float | None, unit: str) -> str:
    """The value of a ticket as people read it; "" where the number has none."""
    if not unit or value is None:
        return ""
    return (
        labels.format_duration(value) if unit == "duration" else gettext("%(score)s of 5", score=format_number(value))
    )

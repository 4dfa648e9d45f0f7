"""The figures and charts at the top of a report, with the period before and the way to the tickets behind each."""

from collections.abc import Callable
from dataclasses import dataclass

from helpdesk.domain import labels
from helpdesk.domain.reporting import report_table
from helpdesk.domain.reporting.figures import Figures
from helpdesk.domain.reporting.reports import Report
from helpdesk.translation import format_number, format_percent, gettext, ngettext, pgettext
from helpdesk.web.reviews.charts import Chart, ChartRow, make_chart
from helpdesk.web.reviews.report_filters import report_url

MIN_HOURS = 1.0  # a chart whose highest value is less is in minutes


@dataclass(frozen=True)
class Stat:
    """One figure at the top. ``before``: the same figure of the period before. ``note``: what else is to be said."""

    label: str
    value: str
    before: str
    url: str
    note: str = ""


def make_stats(report: Report) -> list[Stat]:
    """The figures of the whole report."""
    total, before = report.total, report.before

    def stat(label: str, metric: str, read: Callable[[Figures], str], note: str = "") -> Stat:
        return Stat(
            label, read(total), read(before), report_url("/review/tickets", report.definition, metric=metric), note
        )

    return [
        stat(pgettext("number of tickets", "Filed"), "filed", lambda row: format_number(row.filed)),
        stat(pgettext("number of tickets", "Solved"), "solved", lambda row: format_number(row.solved)),
        stat(gettext("Backlog"), "backlog", lambda row: _format_count(row.backlog)),
        stat(
            gettext("First response time"),
            "first_response",
            lambda row: labels.format_duration(row.response_median),
            _describe_response(total),
        ),
        stat(
            gettext("Resolution time"),
            "solved",
            lambda row: labels.format_duration(row.resolution_median),
            _describe_p90(total.resolution_p90),
        ),
        stat(gettext("CSAT"), "rated", lambda row: _format_rating(row.rating), _describe_ratings(total)),
        stat(gettext("One-touch"), "one_touch", lambda row: _format_share(row.one_touch_rate)),
        stat(gettext("Reopened"), "reopened", lambda row: format_number(row.reopened)),
        stat(gettext("First response SLA met"), "response_missed", lambda row: _format_share(row.response_sla)),
        stat(gettext("Resolution SLA met"), "resolution_missed", lambda row: _format_share(row.resolution_sla)),
    ]


def make_time_charts(report: Report) -> list[Chart]:
    """The charts over the parts of time."""
    ends = {
        "day": gettext("Backlog at the end of the day"),
        "week": gettext("Backlog at the end of the week"),
        "month": gettext("Backlog at the end of the month"),
    }
    by = {"day": gettext("Filed, by day"), "week": gettext("Filed, by week"), "month": gettext("Filed, by month")}
    return [
        _count_chart(report, by[report.unit], "filed", lambda row: row.filed),
        _count_chart(report, ends[report.unit], "backlog", lambda row: row.backlog, is_line=True),
        _time_chart(report, gettext("First response time, median"), "first_response", lambda row: row.response_median),
        _time_chart(report, gettext("Resolution time, median"), "solved", lambda row: row.resolution_median),
    ]


def make_waiting_rows(report: Report) -> list[ChartRow]:
    """How long tickets waited on whom, in hours."""
    return [
        ChartRow(
            waiting_on.definition.report_label,
            round(value / 3600, 2),
            labels.format_duration(value) if value else gettext("%(minutes)s min", minutes=0),
            report_url("/review/tickets", report.definition, metric=f"waiting_{waiting_on}"),
        )
        for waiting_on, value in report.waits.items()
    ]


def _count_chart(
    report: Report, title: str, metric: str, read: Callable[[Figures], int | None], *, is_line: bool = False
) -> Chart:
    rows = [
        ChartRow(part.label, count, _format_count(count), report_url("/review/tickets", part.definition, metric=metric))
        for part in report.parts
        for count in (read(part.figures),)
    ]
    return make_chart(title, gettext("Tickets"), rows, lambda value: format_number(round(value)), is_line=is_line)


def _time_chart(report: Report, title: str, metric: str, read: Callable[[Figures], float | None]) -> Chart:
    seconds = [read(part.figures) for part in report.parts]
    is_short = max((value or 0 for value in seconds), default=0) < MIN_HOURS * 3600
    size = 60 if is_short else 3600
    rows = [
        ChartRow(
            part.label,
            None if value is None else value / size,
            labels.format_duration(value),
            report_url("/review/tickets", part.definition, metric=metric),
        )
        for part, value in zip(report.parts, seconds, strict=True)
    ]
    name = gettext("Minutes") if is_short else gettext("Hours")
    return make_chart(title, name, rows, lambda value: format_number(round(value, 1)), is_line=True)


def _describe_response(total: Figures) -> str:
    note = _describe_p90(total.response_p90)
    if not total.unanswered:
        return note
    waiting = ngettext("%(num)s ticket not answered yet", "%(num)s tickets not answered yet", total.unanswered)
    return f"{note} · {waiting}"


def _describe_p90(seconds: float | None) -> str:
    return gettext("median · 90th percentile: %(duration)s", duration=labels.format_duration(seconds))


def _describe_ratings(total: Figures) -> str:
    ratings = ngettext("%(num)s rating", "%(num)s ratings", total.ratings)
    if total.response_rate is None:
        return ratings
    rate = gettext("response rate %(share)s", share=format_percent(total.response_rate))
    return f"{ratings} · {rate}"


def _format_rating(rating: float | None) -> str:
    return report_table.NO_VALUE if rating is None else gettext("%(score)s of 5", score=format_number(rating, 1))


def _format_share(share: float | None) -> str:
    return report_table.NO_VALUE if share is None else format_percent(share)


def _format_count(count: int | None) -> str:
    return report_table.NO_VALUE if count is None else format_number(count)

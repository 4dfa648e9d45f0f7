"""The figures and the short table of a saved report, as its mail shows them in the reader's language."""

from dataclasses import dataclass

from helpdesk.domain.reporting import report_table, reports
from helpdesk.domain.reporting.date_ranges import UNITS
from helpdesk.domain.reporting.definition import GROUP_LABELS, ReportDefinition
from helpdesk.domain.reporting.weekly_digest import Figure
from helpdesk.translation import gettext

MAX_ROWS = 31
TABLE_COLUMNS = [column for column in report_table.COLUMNS if column.metric in ("filed", "solved", "first_response")]
FIGURE_COLUMNS = [column for column in report_table.COLUMNS if column.unit != "duration" or column.metric]  # no p90


@dataclass(frozen=True)
class MailTable:
    """``figures``: of all tickets, beside the period before. ``rows``: MAX_ROWS at most, cells as text."""

    figures: tuple[Figure, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def make_table(definition: ReportDefinition) -> MailTable:
    """Return what the mail shows of the report; figures that were measured neither now nor before are left out."""
    report = reports.make_report(definition)
    figures = tuple(
        Figure(str(column.label), column.format(report.total), _describe_before(column.format(report.before)))
        for column in FIGURE_COLUMNS
        if column.read(report.total) is not None or column.read(report.before) is not None
    )
    return MailTable(
        figures,
        (str(GROUP_LABELS[definition.by]), *(str(column.label) for column in TABLE_COLUMNS)),
        tuple(
            (row.label, *(column.format(row.figures) for column in TABLE_COLUMNS))
            for row in (report.rows[-MAX_ROWS:] if definition.by in UNITS else report.rows[:MAX_ROWS])
        ),
    )


def _describe_before(value: str) -> str:
    return gettext("before: %(value)s", value=value)

"""The columns of a report's table, the same on the page, in the file and in the mail: names, units and values."""

from collections.abc import Callable
from dataclasses import dataclass

from helpdesk.domain import labels
from helpdesk.domain.reporting.figures import Figures
from helpdesk.translation import format_number, format_percent, gettext, lazy_gettext, lazy_pgettext

NO_VALUE = "–"


@dataclass(frozen=True)
class Column:
    """One column. ``label`` stands on pages; ``heading``, with the unit, in a file. ``metric``: the list behind it."""

    label: str
    heading: str
    read: Callable[[Figures], float | None]
    unit: str = "number"
    metric: str = ""
    is_by_time: bool = False  # only where rows are parts of time

    def format(self, figures: Figures) -> str:
        """Return the value in the reader's language; a dash where nothing was measured."""
        value = self.read(figures)
        if value is None:
            return NO_VALUE
        if self.unit == "duration":
            return labels.format_duration(value)
        if self.unit == "share":
            return format_percent(value)
        if self.unit == "score":
            return gettext("%(score)s of 5", score=format_number(value, 1))
        return format_number(value)

    def write(self, figures: Figures) -> str:
        """Return the value for a file: a plain number in the unit of the heading, "" where nothing was measured."""
        value = self.read(figures)
        if value is None:
            return ""
        if self.unit == "share":
            return f"{value * 100:.1f}"
        return f"{value:.2f}" if self.unit == "score" else f"{value:.0f}"


COLUMNS: tuple[Column, ...] = (
    Column(lazy_pgettext("number of tickets", "Filed"), lazy_gettext("Filed"), lambda row: row.filed, metric="filed"),
    Column(
        lazy_pgettext("number of tickets", "Solved"), lazy_gettext("Solved"), lambda row: row.solved, metric="solved"
    ),
    Column(
        lazy_gettext("First response time"),
        lazy_gettext("First response time, median (s)"),
        lambda row: row.response_median,
        "duration",
        "first_response",
    ),
    Column(
        lazy_gettext("90th percentile"),
        lazy_gettext("First response time, 90th percentile (s)"),
        lambda row: row.response_p90,
        "duration",
    ),
    Column(
        lazy_gettext("Not answered yet"),
        lazy_gettext("Not answered yet"),
        lambda row: row.unanswered,
        metric="unanswered",
    ),
    Column(
        lazy_gettext("Resolution time"),
        lazy_gettext("Resolution time, median (s)"),
        lambda row: row.resolution_median,
        "duration",
        "solved",
    ),
    Column(
        lazy_gettext("90th percentile"),
        lazy_gettext("Resolution time, 90th percentile (s)"),
        lambda row: row.resolution_p90,
        "duration",
    ),
    Column(
        lazy_gettext("First response SLA met"),
        lazy_gettext("First response SLA met, in percent"),
        lambda row: row.response_sla,
        "share",
        "response_missed",
    ),
    Column(
        lazy_gettext("Resolution SLA met"),
        lazy_gettext("Resolution SLA met, in percent"),
        lambda row: row.resolution_sla,
        "share",
        "resolution_missed",
    ),
    Column(lazy_gettext("CSAT"), lazy_gettext("CSAT, average (of 5)"), lambda row: row.rating, "score", metric="rated"),
    Column(lazy_gettext("Ratings"), lazy_gettext("Ratings"), lambda row: row.ratings, metric="rated"),
    Column(
        lazy_gettext("Response rate"),
        lazy_gettext("CSAT response rate, in percent"),
        lambda row: row.response_rate,
        "share",
    ),
    Column(
        lazy_gettext("One-touch"),
        lazy_gettext("One-touch, in percent"),
        lambda row: row.one_touch_rate,
        "share",
        "one_touch",
    ),
    Column(lazy_gettext("Reopened"), lazy_gettext("Reopened"), lambda row: row.reopened, metric="reopened"),
    Column(
        lazy_gettext("Backlog"), lazy_gettext("Backlog"), lambda row: row.backlog, metric="backlog", is_by_time=True
    ),
)

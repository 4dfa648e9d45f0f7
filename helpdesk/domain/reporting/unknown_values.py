"""What a report's address asks for that does not exist: the page says so, a file is not made."""

from collections.abc import Mapping

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.reporting import date_ranges
from helpdesk.domain.reporting.definition import FILTER_NAMES, GROUP_LABELS, MAX_LENGTH, NOBODY, WITHOUT
from helpdesk.domain.ticket_lists import unknown_filters
from helpdesk.models.priorities import Priority
from helpdesk.translation import lazy_gettext, lazy_pgettext

LABELS = {
    "range": lazy_gettext("Period"),
    "weeks": lazy_gettext("Period"),
    "from": lazy_pgettext("first day", "From"),
    "to": lazy_pgettext("last day", "To"),
    "by": lazy_gettext("Table by"),
    **{name: unknown_filters.LABELS[name] for name in FILTER_NAMES},
    "assignee": lazy_gettext("Agent"),  # as the report's own field calls it
}


def find_unknown(values: Mapping[str, str]) -> dict[str, str]:
    """Return a sentence by name for each value of an address that ``ReportDefinition.read`` has no use for."""
    given = {name: str(values.get(name) or "").replace("\x00", "").strip()[:MAX_LENGTH] for name in LABELS}
    unknown = [name for name, value in given.items() if value and not _is_known(name, value)]
    return {name: unknown_filters.describe_unknown(name, given[name], LABELS[name]) for name in unknown}


def _is_known(name: str, value: str) -> bool:
    match name:
        case "range":
            return value in date_ranges.RANGE_LABELS
        case "weeks":
            return f"weeks_{value}" in date_ranges.RANGE_LABELS
        case "from" | "to":
            return date_ranges.parse_date(value) is not None
        case "by":
            return value in GROUP_LABELS
        case "priority":
            return value in list(Priority)
        case "assignee":
            return value == NOBODY or (parse_id(value) is not None and unknown_filters.is_row(name, value))
    return (value == WITHOUT and name != "organization") or unknown_filters.is_row(name, value)

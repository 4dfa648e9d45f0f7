"""The filters of the review's pages: what the address says, and the choices that the form offers."""

from functools import lru_cache
from typing import Any

from flask import request

from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.reporting import date_ranges, definition, unknown_values
from helpdesk.domain.reporting.definition import FILTER_NAMES, ReportDefinition
from helpdesk.domain.ticket_lists import filter_options
from helpdesk.domain.tickets import tag_list
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.priorities import Priority
from helpdesk.translation import gettext
from helpdesk.web.templating.filters import build_url


def read_definition() -> ReportDefinition:
    """The report that the address of the request describes."""
    return ReportDefinition.read(request.args)


def report_url(path: str, report: ReportDefinition, **more: object) -> str:
    """The address ``path`` with the fields of the report, and with ``more``, which have other names."""
    fields, others = _write_fields(report), build_url("", more)
    return f"{path}{fields}&{others[1:]}" if fields and others else f"{path}{fields or others}"


@lru_cache(maxsize=500)  # a table has a dozen addresses in each row
def _write_fields(report: ReportDefinition) -> str:
    return build_url("", report.address_values())


def parse_tag() -> str:
    """The tag in the address; "" for all tickets."""
    return request.args.get("tag", "").replace("\x00", "").strip().lower()[:80]


def tag_filter_context() -> dict[str, Any]:
    """The context of review/_tag_filter.html."""
    tag = parse_tag()
    names = sort_by_name({*tag_list.list_names(), tag} - {""}, str)
    return {"address": request.path, "tag": tag, "tags": [(name, name) for name in names]}


def load_choices() -> dict[str, list[tuple[str, str]]]:
    """What each filter offers, as (value, name). One query."""
    options = filter_options.load_options()
    forms = [(value, translate_content(name, Part.form)) for value, name in options["form"]]
    return {
        "organization": options["organization"],
        "assignee": [*options["agent"], (definition.NOBODY, gettext("Nobody"))],
        "form": [*forms, (definition.WITHOUT, gettext("No form"))],
        "tag": [*options["tag"], (definition.WITHOUT, gettext("No tag"))],
        "priority": [(str(each), str(each.definition.label)) for each in Priority],
    }


def filter_context(report: ReportDefinition) -> dict[str, Any]:
    """The context of review/_filters.html."""
    choices = load_choices()
    for name in FILTER_NAMES:
        value = getattr(report, name)
        if value and value not in {str(known) for known, _ in choices[name]}:
            choices[name] = [*choices[name], (value, value)]  # what is chosen stays to be seen
    return {
        "report": report,
        "ranges": list(date_ranges.RANGE_LABELS.items()),
        "groups": list(definition.GROUP_LABELS.items()),
        "choices": choices,
        "unknown": tuple(unknown_values.find_unknown(request.args).values()),
    }

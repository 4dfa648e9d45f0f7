"""Reports: the figures of some days beside those of the period before, in parts of time, and by a property."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from helpdesk.domain import labels
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.reporting import selections, series
from helpdesk.domain.reporting.date_ranges import UNITS, DateRange, Period
from helpdesk.domain.reporting.definition import NOBODY, WITHOUT, ReportDefinition
from helpdesk.domain.reporting.figures import Figures
from helpdesk.domain.reporting.selections import Selection
from helpdesk.domain.reporting.series import Series
from helpdesk.extensions import db
from helpdesk.markup.name_order import name_key
from helpdesk.models.form import Form
from helpdesk.models.organization import Organization
from helpdesk.models.statuses import WaitingOn
from helpdesk.models.tag import Tag
from helpdesk.models.user import User
from helpdesk.translation import gettext

MAX_ROWS = 100


@dataclass(frozen=True)
class ReportRow:
    """One row of the table: its name, its figures, and the report that is about its tickets only."""

    label: str
    figures: Figures
    definition: ReportDefinition = field(default_factory=ReportDefinition)


@dataclass(frozen=True)
class Report:
    """All figures of a report. ``parts``: by day, week or month, for the charts; ``rows``: by its property.

    ``before``: those of ``compared``, the period before. ``waits``: the seconds for which tickets waited on whom, empty
    where nobody asked for them. ``missing``: what is over and not stored, by "" or the property of the rows.
    """

    definition: ReportDefinition
    days: DateRange
    unit: str
    total: Figures
    before: Figures
    compared: Period
    parts: list[ReportRow]
    rows: list[ReportRow]
    backlog: int
    waits: dict[WaitingOn, float]
    missing: dict[str, list[Period]]


def make_report(definition: ReportDefinition, with_waits: bool = False) -> Report:
    """Return the report. Its queries read the stored sums of its days and those before, and the others' tickets."""
    days, selection = definition.days, selections.select_tickets(definition)
    unit = days.choose_unit(definition.by)
    parts, compared = days.split(unit), days.compared_period()
    moments = [*days.period, *compared, *(part.period[1] for part in parts)]
    sums = Series(moments, selection, waits=days.period if with_waits else None)
    total, before = _compare(sums, days, compared)
    rows = part_rows = _measure_parts(sums, definition, parts, unit)
    missing = {"": sums.missing_days}
    if definition.by not in UNITS:
        rows, missing[definition.by] = figures_by_group(definition, selection)
    return Report(
        definition=definition,
        days=days,
        unit=unit,
        total=total,
        before=before,
        compared=compared,
        parts=part_rows,
        rows=rows,
        backlog=sums.open_now,
        waits=sums.waited(days.period) if with_waits else {},
        missing=missing,
    )


def compare(days: DateRange, selection: Selection = selections.ALL) -> tuple[Figures, Figures]:
    """Return the figures of ``days`` and of the period before, with the backlog at the end of each."""
    compared = days.compared_period()
    return _compare(Series([*days.period, *compared], selection), days, compared)


def total_figures(period: Period) -> Figures:
    """Return the figures of the whole ``period``."""
    return Series(period).figures(period)


def _compare(sums: Series, days: DateRange, compared: Period) -> tuple[Figures, Figures]:
    total, before = sums.figures(days.period), sums.figures(compared)
    before.backlog, total.backlog = sums.count_open_at([compared[1], days.period[1]])
    return total, before


def figures_by_group(definition: ReportDefinition, selection: Selection) -> tuple[list[ReportRow], list[Period]]:
    """Return a row for each value of the report's property, and what is over and not stored.

    They are sorted by tickets filed, most first, MAX_ROWS at most. A ticket counts in the row of each of its tags.
    """
    group = definition.by
    found, missing = series.figures_by_group(definition.days.period, selection.by(group))
    names = _group_names(group, [key for key in found if key is not None])
    without = {"agent": gettext("Nobody"), "form": gettext("No form"), "tag": gettext("No tag")}
    none = NOBODY if group == "agent" else WITHOUT
    rows = []
    for key, row in found.items():
        name, value = names.get(key) or (without.get(group, gettext("Unknown")), none)
        narrowed = replace(definition, **{_FILTERS.get(group, group): value})
        rows.append(ReportRow(name, row, narrowed))
    rows.sort(key=lambda row: (-row.figures.filed, -row.figures.solved, name_key(row.label)))
    return rows[:MAX_ROWS], missing


_FILTERS = {"agent": "assignee"}  # where the filter has another name than the group


def _measure_parts(sums: Series, definition: ReportDefinition, parts: list[DateRange], unit: str) -> list[ReportRow]:
    """Return a row for every part of time, also without tickets, each with the backlog at its end."""
    rows = []
    backlogs = sums.count_open_at([part.period[1] for part in parts])
    for part, open_then in zip(parts, backlogs, strict=True):
        figures = sums.figures(part.period)
        figures.backlog = open_then
        rows.append(ReportRow(part.label(unit), figures, definition.of_days(part)))
    return rows


def _group_names(group: str, keys: list[Any]) -> Mapping[Any, tuple[str, str]]:
    """The name of each key for readers, and its value as a filter."""
    match group:
        case "agent":
            people = db.session.execute(select(User.id, User.name, User.email).where(User.id.in_(keys)))
            return {row.id: (row.name or row.email.partition("@")[0], str(row.id)) for row in people}
        case "organization":
            query = select(Organization.id, Organization.name, Organization.slug).where(Organization.id.in_(keys))
            return {row.id: (row.name, row.slug) for row in db.session.execute(query)}
        case "form":
            forms = db.session.execute(select(Form.id, Form.name, Form.slug).where(Form.id.in_(keys)))
            return {row.id: (translate_content(row.name, Part.form), row.slug) for row in forms}
        case "tag":
            tags = db.session.execute(select(Tag.id, Tag.name).where(Tag.id.in_(keys)))
            return {row.id: (row.name, row.name) for row in tags}
    return {priority: (str(label), str(priority)) for priority, label in labels.PRIORITY_LABELS.items()}

"""Reports: the figures of some days beside those of the period before, in parts of time, and by a property."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from helpdesk.domain import labels
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.reporting import backlog, figures
from helpdesk.domain.reporting.date_ranges import UNITS, DateRange, Period
from helpdesk.domain.reporting.definition import NOBODY, WITHOUT, Conditions, ReportDefinition
from helpdesk.domain.reporting.figures import FieldGroups, Figures, TimeGroups
from helpdesk.extensions import db
from helpdesk.models.form import Form
from helpdesk.models.organization import Organization
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

    ``before``: those of ``compared``, the period before.
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


def make_report(definition: ReportDefinition) -> Report:
    """Return the report. Its queries read what was filed, solved, reopened or due in its days and those before."""
    days, where = definition.days, definition.conditions()
    unit = days.choose_unit(definition.by)
    total, before = compare(days, where)
    parts = _measure_parts(definition, days, unit, where)
    is_by_time = definition.by in UNITS
    return Report(
        definition=definition,
        days=days,
        unit=unit,
        total=total,
        before=before,
        compared=days.compared_period(),
        parts=parts,
        rows=parts if is_by_time else figures_by_group(definition.by, days, where, definition),
        backlog=backlog.count_backlog(where),
    )


def compare(days: DateRange, where: Conditions = ()) -> tuple[Figures, Figures]:
    """Return the figures of ``days`` and of the period before, with the backlog at the end of each."""
    begin, end = days.period
    earlier_begin, earlier_end = days.compared_period()
    found = figures.measure((earlier_begin, end), TimeGroups([earlier_end, begin, end]), where)
    total, before = found.get(2, Figures()), found.get(0, Figures())  # 1 is what lies between the two
    before.backlog, total.backlog = backlog.count_open_at([earlier_end, end], where)
    return total, before


def total_figures(period: Period, where: Conditions = ()) -> Figures:
    """Return the figures of the whole ``period``."""
    return figures.measure(period, TimeGroups([period[1]]), where).get(0, Figures())


def figures_by_group(
    group: str, days: DateRange, where: Conditions = (), definition: ReportDefinition | None = None
) -> list[ReportRow]:
    """Return a row for each value of ``group``, a key of GROUP_LABELS that is no time.

    They are sorted by tickets filed, most first, MAX_ROWS at most. A ticket counts in the row of each of its tags.
    """
    found = figures.measure(days.period, FieldGroups(group), where)
    names = _group_names(group, [key for key in found if key is not None])
    without = {"agent": gettext("Nobody"), "form": gettext("No form"), "tag": gettext("No tag")}
    none = NOBODY if group == "agent" else WITHOUT
    rows = []
    for key, row in found.items():
        name, value = names.get(key) or (without.get(group, gettext("Unknown")), none)
        narrowed = replace(definition or ReportDefinition(), **{_FILTERS.get(group, group): value})
        rows.append(ReportRow(name, row, narrowed))
    rows.sort(key=lambda row: (-row.figures.filed, -row.figures.solved, row.label))
    return rows[:MAX_ROWS]


_FILTERS = {"agent": "assignee"}  # where the filter has another name than the group


def _measure_parts(definition: ReportDefinition, days: DateRange, unit: str, where: Conditions) -> list[ReportRow]:
    """Return a row for every part of time, also without tickets, each with the backlog at its end."""
    parts = days.split(unit)
    ends = [part.period[1] for part in parts]
    found = figures.measure(days.period, TimeGroups(ends), where)
    rows = []
    for number, (part, open_then) in enumerate(zip(parts, backlog.count_open_at(ends, where), strict=True)):
        row = found.get(number, Figures())
        row.backlog = open_then
        rows.append(ReportRow(part.label(unit), row, definition.of_days(part)))
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

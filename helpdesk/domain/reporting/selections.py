"""Which tickets a report counts, as conditions and as a short text under which its sums are stored."""

from dataclasses import dataclass, replace
from typing import Any, Self

from sqlalchemy import select

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.reporting.definition import NOBODY, WITHOUT, Conditions, ReportDefinition
from helpdesk.domain.reporting.groups import FieldGroups
from helpdesk.extensions import db
from helpdesk.models.form import Form
from helpdesk.models.organization import Organization
from helpdesk.models.priorities import Priority
from helpdesk.models.tag import Tag


@dataclass(frozen=True)
class Selection:
    """Tickets that meet ``where``, in groups by a property, or all in one.

    ``key`` names that, by ids, which outlive a changed name; "" is all tickets in one group. It is None
    where a filter names nothing that exists: then there are no tickets, and nothing is stored.
    """

    where: Conditions = ()
    key: str | None = ""
    groups: FieldGroups | None = None

    def by(self, group: str) -> Self:
        """The same tickets in groups; ``group`` is a key of GROUP_LABELS that is no time."""
        return replace(self, key=None if self.key is None else f"{self.key};{group}", groups=FieldGroups(group))

    def listed(self, number: str) -> Self:
        """The same tickets, of which the first are stored that the number counts."""
        return replace(self, key=None if self.key is None else f"{self.key};list {number}")

    @property
    def has_properties(self) -> bool:
        """Whether another assignee, tag and so on changes which tickets they are, or their groups."""
        return bool(self.where) or self.groups is not None


ALL = Selection()


def select_tickets(definition: ReportDefinition) -> Selection:
    """Return the tickets that the filters of the report choose. A query for each filter by name."""
    parts = []
    named: dict[str, tuple[Any, Any, str]] = {
        "organization": (Organization, Organization.slug, definition.organization),
        "form": (Form, Form.slug, definition.form),
        "tag": (Tag, Tag.name, definition.tag),
    }
    for name, (table, column, value) in named.items():
        if value:
            row_id = WITHOUT if value == WITHOUT and name != "organization" else None
            row_id = row_id or db.session.scalar(select(table.id).where(column == value))
            if row_id is None:
                return Selection(definition.conditions(), None)
            parts.append(f"{name}={row_id}")
    if definition.assignee:
        assignee = NOBODY if definition.assignee == NOBODY else parse_id(definition.assignee)
        if not assignee:
            return Selection(definition.conditions(), None)
        parts.append(f"assignee={assignee}")
    if definition.priority:
        if definition.priority not in list(Priority):
            return Selection(definition.conditions(), None)
        parts.append(f"priority={definition.priority}")
    return Selection(definition.conditions(), ",".join(parts))

"""What a report is about: its days, how its table is grouped, and which tickets count."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import aliased

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.reporting import date_ranges
from helpdesk.models.form import Form, FormVersion
from helpdesk.models.organization import Organization
from helpdesk.models.tag import Tag, TicketTag
from helpdesk.models.ticket import Ticket
from helpdesk.translation import lazy_gettext

GROUP_LABELS = {
    "day": lazy_gettext("Day"),
    "week": lazy_gettext("Week"),
    "month": lazy_gettext("Month"),
    "agent": lazy_gettext("Agent"),
    "organization": lazy_gettext("Organization"),
    "priority": lazy_gettext("Priority"),
    "form": lazy_gettext("Form"),
    "tag": lazy_gettext("Tag"),
}
TABLE_TITLES = {
    "day": lazy_gettext("By day"),
    "week": lazy_gettext("By week"),
    "month": lazy_gettext("By month"),
    "agent": lazy_gettext("By agent"),
    "organization": lazy_gettext("By organization"),
    "priority": lazy_gettext("By priority"),
    "form": lazy_gettext("By form"),
    "tag": lazy_gettext("By tag"),
}
FILTER_NAMES = ("organization", "assignee", "form", "tag", "priority")
NOBODY = "none"  # in place of an agent
WITHOUT = "*"  # in place of a form or a tag, of which none can be called so
MAX_LENGTH = 80
Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True)
class ReportDefinition:
    """The fields of a report as they stand in an address and in a saved report; "" is no restriction.

    ``range``: a name of RANGE_LABELS; ``first`` and ``last``: days, for CHOSEN. ``organization`` and ``form`` are
    slugs, ``assignee`` an id or NOBODY, ``tag`` a name.
    """

    range: str = date_ranges.DEFAULT_RANGE
    first: str = ""
    last: str = ""
    by: str = "week"
    organization: str = ""
    assignee: str = ""
    form: str = ""
    tag: str = ""
    priority: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Self:
        """Return the definition in the values of an address, with defaults for what is missing.

        So has an unknown range or table; a filter that names nothing leaves no ticket.
        ``weeks`` is an older name for ranges of weeks.
        """
        text = {name: str(values.get(name) or "").replace("\x00", "").strip()[:MAX_LENGTH] for name in _ADDRESS_NAMES}
        days = [day.isoformat() if (day := date_ranges.parse_date(text[name])) else "" for name in ("from", "to")]
        chosen = text["range"] or (date_ranges.CHOSEN if any(days) else f"weeks_{text['weeks']}")
        name = chosen if chosen in date_ranges.RANGE_LABELS else date_ranges.DEFAULT_RANGE
        is_chosen = name == date_ranges.CHOSEN
        return cls(
            range=name,
            first=days[0] if is_chosen else "",
            last=days[1] if is_chosen else "",
            by=text["by"] if text["by"] in GROUP_LABELS else "week",
            organization=text["organization"],
            assignee=text["assignee"],
            form=text["form"],
            tag=text["tag"].lower().lstrip("#"),
            priority=text["priority"],
        )

    @property
    def days(self) -> date_ranges.DateRange:
        """Its days, seen from today."""
        return date_ranges.find_range(self.range, self.first, self.last)

    @property
    def unit(self) -> str:
        """The unit of its charts: that of its table, or what suits its length."""
        return self.days.choose_unit(self.by)

    def address_values(self) -> dict[str, str]:
        """Its fields as the values of an address, without the empty ones."""
        values = {**vars(self)}
        values["from"], values["to"] = values.pop("first"), values.pop("last")
        return {name: value for name, value in values.items() if value}

    def of_days(self, days: date_ranges.DateRange) -> Self:
        """The same report about other days."""
        return replace(self, range=date_ranges.CHOSEN, first=days.first.isoformat(), last=days.last.isoformat())

    def conditions(self) -> Conditions:
        """The conditions that a ticket meets if it counts."""
        found: list[ColumnElement[bool]] = []
        if self.organization:
            organization = select(Organization.id).where(Organization.slug == self.organization)
            found.append(Ticket.organization_id == organization.scalar_subquery())
        if self.assignee == NOBODY:
            found.append(Ticket.assignee_id.is_(None))
        elif self.assignee:
            number = parse_id(self.assignee)
            found.append(Ticket.assignee_id == number if number else false())
        if self.form == WITHOUT:
            found.append(Ticket.form_version_id.is_(None))
        elif self.form:
            found.append(Ticket.form_version_id.in_(select(FormVersion.id).join(Form).where(Form.slug == self.form)))
        if self.tag == WITHOUT:
            any_tag = aliased(TicketTag)  # of its own, where the figures are by tag and join the table, too
            found.append(~select(any_tag.tag_id).where(any_tag.ticket_id == Ticket.id).exists())
        elif self.tag:
            found.append(has_tag(self.tag))
        if self.priority:
            found.append(Ticket.priority == self.priority)
        return tuple(found)


_ADDRESS_NAMES = ("range", "from", "to", "weeks", "by", *FILTER_NAMES)


def has_tag(name: str) -> ColumnElement[bool]:
    """The condition that a ticket has the tag of this name."""
    tagged = select(TicketTag.ticket_id).join(Tag, Tag.id == TicketTag.tag_id).where(Tag.name == name)
    return Ticket.id.in_(tagged)

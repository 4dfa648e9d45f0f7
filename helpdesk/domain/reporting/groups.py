"""How tickets are grouped in SQL: by a property, and by the part of time that a time is in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, literal_column
from sqlalchemy.orm import aliased

from helpdesk.models.form import FormVersion
from helpdesk.models.tag import TicketTag
from helpdesk.models.ticket import Ticket


class FieldGroups:
    """Groups by a property of the ticket; ``name`` is a key of GROUP_LABELS that is no time."""

    def __init__(self, name: str):
        self.name = name
        self.joins: tuple[tuple[Any, ColumnElement[bool]], ...] = ()
        if name == "tag":
            self.key: Any = TicketTag.tag_id
            self.joins = ((TicketTag, TicketTag.ticket_id == Ticket.id),)
        elif name == "form":
            version = aliased(FormVersion)
            self.key = version.form_id
            self.joins = ((version, version.id == Ticket.form_version_id),)
        else:
            columns = {"agent": Ticket.assignee_id, "organization": Ticket.organization_id}
            self.key = columns.get(name, Ticket.priority)


def find_part(time: Any, ends: Sequence[datetime]) -> ColumnElement[int]:
    """The number of the part that contains ``time``: a binary search, since there may be a hundred."""
    return _search(time, ends, 0, len(ends) - 1)


def _search(time: Any, ends: Sequence[datetime], low: int, high: int) -> ColumnElement[int]:
    if low >= high:
        return literal_column(str(low))
    middle = (low + high) // 2
    return case((time < ends[middle], _search(time, ends, low, middle)), else_=_search(time, ends, middle + 1, high))

"""The filters that can be typed into a search field, as conditions on tickets: ``status:open from:dana org:globex``.

What a filter cannot mean is searched for as words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from helpdesk.database.types import BigId, UtcDateTime
from helpdesk.domain.people import permissions
from helpdesk.domain.people.reader_time_zone import parse_day
from helpdesk.domain.ticket_lists import search_people, search_syntax
from helpdesk.domain.ticket_lists.search_syntax import SearchText, Term
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import DONE, UNSOLVED, Status
from helpdesk.models.tag import TicketTag
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

TAG_CONDITIONS = ("search_tag", "search_tag_2", "search_tag_3")  # each filter ``tag:`` of one search
# Built once; queries are executed with the values of each search.
SEARCH_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "search_status": Ticket.status.in_(bindparam("search_status", expanding=True)),
    "search_priority": Ticket.priority == bindparam("search_priority"),
    "search_from": Ticket.requester_id.in_(bindparam("search_from", expanding=True)),
    "search_org": Ticket.organization_id.in_(bindparam("search_org", expanding=True)),
    "search_assignee": Ticket.assignee_id.in_(bindparam("search_assignee", expanding=True)),
    "search_nobody": Ticket.assignee_id.is_(None),
    "search_before": Ticket.created_at < bindparam("search_before", type_=UtcDateTime()),
    "search_after": Ticket.created_at >= bindparam("search_after", type_=UtcDateTime()),
    **{
        name: Ticket.id.in_(
            select(TicketTag.ticket_id).where(TicketTag.tag_id.in_(bindparam(name, expanding=True, type_=BigId)))
        )
        for name in TAG_CONDITIONS
    },
}
STATUS_WORDS: dict[str, tuple[Status, ...]] = {"unsolved": tuple(UNSOLVED), "done": tuple(DONE)}


@dataclass(frozen=True)
class ReadFilters:
    """The values of conditions, by their names in SEARCH_CONDITIONS, and the terms of what was no filter."""

    values: dict[str, Any]
    terms: tuple[Term, ...] = ()


def read_filters(user: User, text: SearchText) -> ReadFilters:
    """Return what the filters of ``text`` mean for ``user``. Filters of the team are words for a customer."""
    values: dict[str, Any] = {}
    terms: list[Term] = []
    for key, value in text.filters.items():
        meaning = _read_filter(user, key, value)
        if meaning is None:
            terms += search_syntax.parse_search_text(f"{key} {value}").terms
        else:
            values |= meaning
    return ReadFilters(values, tuple(terms))


def ticket_exists(
    ticket_id: Any, scope: permissions.Visibility, conditions: Iterable[str]
) -> list[ColumnElement[bool]]:
    """The condition that the ticket of an entry may be seen and meets ``conditions``.

    None is needed for readers of all tickets of the installation or of their organization: the index tells these.
    """
    wanted = [SEARCH_CONDITIONS[name] for name in conditions]
    if scope not in (permissions.Visibility.everything, permissions.Visibility.organization):
        wanted += permissions.visible_condition(scope)
    return [select(Ticket.id).where(Ticket.id == ticket_id, *wanted).exists()] if wanted else []


def _read_filter(user: User, key: str, value: str) -> dict[str, Any] | None:
    """The condition of one filter, None if it is none."""
    lower = value.lower()
    if key == "status":
        statuses = STATUS_WORDS.get(lower) or ((lower,) if lower in list(Status) else ())
        return {"search_status": list(map(str, statuses))} if statuses else None
    if key in ("before", "after"):
        moment = parse_day(value, user)
        return {f"search_{key}": moment} if moment else None
    if key == "from":
        return {"search_from": [user.id] if lower == "me" else search_people.find_requesters(user, value)}
    if not user.is_team:
        return None
    if key == "priority":
        return {"search_priority": lower} if lower in list(Priority) else None
    if key == "tag":
        return {name: search_people.find_tags(part) for name, part in zip(TAG_CONDITIONS, value.split(), strict=False)}
    if key == "org":
        return {"search_org": search_people.find_organizations(value)}
    if lower in ("none", "nobody"):
        return {"search_nobody": None}
    return {"search_assignee": [user.id] if lower == "me" else search_people.find_agents(value)}

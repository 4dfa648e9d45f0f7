"""The team's queue: its views, their counts, its filters, and pages of tickets.

Filters alone describe what a page shows. The queries are in ``agent_queue_queries``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from helpdesk import clock
from helpdesk.database import pagination, transactions
from helpdesk.database.row_ids import parse_id
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import agent_queue_queries, search, search_matches
from helpdesk.domain.ticket_lists.agent_queue_choices import FILTER_NAMES as FILTER_NAMES
from helpdesk.domain.ticket_lists.agent_queue_choices import FilterChoices as FilterChoices
from helpdesk.domain.ticket_lists.agent_queue_choices import QueueView as QueueView
from helpdesk.domain.ticket_lists.agent_queue_choices import load_filter_choices as load_filter_choices
from helpdesk.domain.ticket_lists.agent_queue_queries import (
    MAX_FILTER_OPTIONS as MAX_FILTER_OPTIONS,
)  # also for callers
from helpdesk.domain.ticket_lists.agent_queue_queries import STATUS_VIEWS
from helpdesk.domain.ticket_lists.agent_queue_rows import make_row
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import lazy_gettext

FIRST_VIEW = next(iter(STATUS_VIEWS))
VIEW_LABELS = {
    "mine": lazy_gettext("Mine"),
    "unassigned": lazy_gettext("Unassigned"),
    **{view: statuses[0].definition.team_label for view, statuses in STATUS_VIEWS.items()},
    "at_risk": lazy_gettext("At risk"),
    "solved": lazy_gettext("Recently solved"),
    "all": lazy_gettext("All tickets"),
}
SORT_LABELS = {
    "": lazy_gettext("Latest activity"),
    "waiting": lazy_gettext("Waiting longest"),
    "oldest": lazy_gettext("Filed first"),
    "newest": lazy_gettext("Filed last"),
}
OWN_ORDER_LABELS = {  # of views that have another order than the latest activity
    **dict.fromkeys(agent_queue_queries.VIEWS_BY_NEED, lazy_gettext("What needs us first")),
    "mine": lazy_gettext("What needs you first"),
    "at_risk": lazy_gettext("Due first"),
}
SELECTABLE_ORDERS = frozenset(agent_queue_queries.SORT_ORDERS)
AGE_LABELS = {
    "1": lazy_gettext("Older than a day"),
    "3": lazy_gettext("Older than 3 days"),
    "7": lazy_gettext("Older than a week"),
    "30": lazy_gettext("Older than a month"),
}
RECENT_PERIOD = timedelta(days=7)
# Views of few tickets: one plan for all values would read every ticket in the order of the page to find them.
VIEWS_PLANNED_ANEW = {"at_risk", "solved"}
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
AT_RISK_WITHIN = timedelta(hours=2)  # a timer due within it puts its ticket at risk


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue; ``next`` and ``previous`` are cursors."""

    tickets: list[Any]  # QueueRow or Ticket
    next: str | None
    previous: str | None
    misspelt: str = ""  # the word of the search in which a typo was forgiven


def normalize_filters(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every filter by name: FIRST_VIEW for an unknown view, the view's own order for an unknown."""
    filters = {name: (arguments.get(name) or "").replace("\x00", "").strip()[:200] for name in FILTER_NAMES}
    if filters["view"] not in VIEW_LABELS:
        filters["view"] = FIRST_VIEW
    if filters["sort"] not in agent_queue_queries.SORT_ORDERS:
        filters["sort"] = ""
    return filters


def list_orders(view: str) -> list[tuple[str, str]]:
    """Return the orders of a view as (value, name); the first one is its own."""
    if view not in OWN_ORDER_LABELS:
        return list(SORT_LABELS.items())
    return [("", OWN_ORDER_LABELS[view]), *((sort or "activity", label) for sort, label in SORT_LABELS.items())]


def is_narrowed(filters: Mapping[str, str]) -> bool:
    """Return whether ``filters`` leave tickets of a view out."""
    return any(filters.get(name) for name in FILTER_NAMES if name not in ("view", "sort"))


def is_by_need(filters: Mapping[str, str]) -> bool:
    """Return whether the tickets come by what needs the team: the order of some views, unless words are searched."""
    return filters["view"] in agent_queue_queries.VIEWS_BY_NEED and not filters["sort"] and not filters["q"]


def list_views(user: User, filters: Mapping[str, str] | None = None) -> list[QueueView]:
    """Return the fixed views with how many tickets each has, of those that match ``filters``. One query."""
    counts = _count_views(user, normalize_filters(filters) if filters else None)
    return [QueueView(key, label, counts.get(key)) for key, label in VIEW_LABELS.items()]


def fetch_queue_page(
    user: User, filters: Mapping[str, str], after: str | None = None, size: int = pagination.PAGE_SIZE
) -> QueuePage:
    """Return a page of the tickets that match ``filters`` (see ``normalize_filters``), as QueueRow. One query."""
    filters = normalize_filters(filters)
    values = _parse_filters(user, filters)
    found = search.build_search(user, filters["q"])
    scope, view, sort = permissions.get_visibility(user), filters["view"], filters["sort"]
    query = agent_queue_queries.page_query(scope, view, (*values, *found.conditions), sort, found.matches)
    is_of_few = view in VIEWS_PLANNED_ANEW and query.order is not agent_queue_queries.BY_STATUS
    is_planned_anew = not search_matches.are_looked_up(scope, sort, found.matches) and (
        bool(values) or found.is_planned_anew or is_of_few
    )
    bound = values | _bind_values(user)
    if found.found and not after and not values and view == "all" and not sort and not found.conditions:
        page = found.fetch_best(query, size, bound, is_planned_anew)
    else:
        page = query.fetch_page(after, size, bound | found.values, is_planned_anew)
    return QueuePage([make_row(*row) for row in page.rows], page.next, page.previous, found.misspelt)


def fetch_tickets_page(
    user: User,
    filters: Mapping[str, str],
    after: str | None = None,
    size: int = pagination.PAGE_SIZE,
    options: Sequence[ExecutableOption] = (),
) -> QueuePage:
    """Return the same page as Ticket, with requester, assignee and organization loaded, or by other ``options``."""
    query, order, values = _filtered_query(user, normalize_filters(filters))
    people = (
        joinedload(Ticket.organization, innerjoin=True),
        joinedload(Ticket.requester, innerjoin=True),
        joinedload(Ticket.assignee),
    )
    query = query.options(*(options or people))
    page = pagination.PagedQuery(query, order).fetch_page(after, size, values, is_planned_anew=True)
    return QueuePage([row[0] for row in page.rows], page.next, page.previous)


def filtered_query(user: User, filters: Mapping[str, str]) -> tuple[agent_queue_queries.AnySelect, dict[str, Any]]:
    """Return the query of every ticket that matches ``filters``, without an order, and its parameter values."""
    query, _, values = _filtered_query(user, normalize_filters(filters))
    return query, values


def _filtered_query(
    user: User, filters: dict[str, str]
) -> tuple[agent_queue_queries.AnySelect, pagination.Order, dict[str, Any]]:
    values = _parse_filters(user, filters)
    found = search.build_search(user, filters["q"])
    query = agent_queue_queries.apply_filters(
        select(Ticket),
        permissions.get_visibility(user),
        filters["view"],
        (*values, *found.conditions),
        found.matches,
    )
    order = agent_queue_queries.sort_order(filters["sort"], found.matches, filters["view"])
    return query, order, values | found.values | _bind_values(user)


def _parse_filters(user: User, filters: dict[str, str]) -> dict[str, Any]:
    """Return the parameter values of the conditions that ``filters`` need, by their name in FILTER_CONDITIONS.

    A value that names nothing matches nothing (``unknown_filters`` says so).
    """
    values: dict[str, Any] = {name: filters[name] for name in ("status", "priority") if filters[name]}
    if filters["assignee"] == "none":
        values["nobody"] = None
    elif filters["assignee"] == "me":
        values["assignee"] = user.id
    elif filters["assignee"]:
        values["assignee"] = parse_id(filters["assignee"]) or 0
    if filters["organization"]:
        values["organization"] = next(iter(agent_queue_queries.find_ids("organization", filters["organization"])), 0)
    if filters["form"]:
        values["form"] = agent_queue_queries.find_ids("form", filters["form"])
    if filters["tag"]:
        values["tag"] = next(iter(agent_queue_queries.find_ids("tag", filters["tag"].lower().lstrip("#"))), 0)
    if filters["requester"]:
        values["requester"] = parse_id(filters["requester"]) or 0
    if filters["age"]:
        is_known = filters["age"] in AGE_LABELS
        values["before"] = clock.now() - timedelta(days=int(filters["age"])) if is_known else BEFORE_ALL
    return values


def _bind_values(user: User) -> dict[str, Any]:
    """Return the parameter values of the views: who the reader is, and the limits of time."""
    now = clock.now()
    return permissions.bind_params(user) | {"soon": now + AT_RISK_WITHIN, "lately": now - RECENT_PERIOD}


def _count_views(user: User, filters: dict[str, str] | None = None) -> dict[str, int]:
    values = _parse_filters(user, filters) if filters else {}
    found = search.build_search(user, filters["q"] if filters else None)
    scope, names = permissions.get_visibility(user), (*values, *found.conditions)
    bound = values | _bind_values(user)
    if found.matches is not None:
        query = agent_queue_queries.found_counts_query(
            scope, names, found.matches, len(found.found) > search.MANY_FOUND
        )
        bound |= found.values_of_numbers
        is_planned_anew = not search_matches.are_looked_up(scope, "", found.matches)
        return dict(tuple(row) for row in transactions.execute_core(query, bound, is_planned_anew))
    counts = {key: 0 for key in VIEW_LABELS if key != "all"}
    query_of_all, bound = agent_queue_queries.counts_query(scope, names), bound | found.values
    for status, assignee_group, number, at_risk in transactions.execute_core(query_of_all, bound, bool(names)):
        for view in _views_containing(status, assignee_group):
            counts[view] += number
        counts["at_risk"] += at_risk
    return counts


def _views_containing(status: str, assignee_group: str) -> list[str]:
    if not assignee_group:
        return [status]
    views = [view for view, statuses in STATUS_VIEWS.items() if status in statuses]
    return views + {"me": ["mine"], "nobody": ["unassigned"]}.get(assignee_group, [])

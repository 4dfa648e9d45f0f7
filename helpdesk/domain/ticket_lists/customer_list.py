"""The customer's list of tickets: filters, order, unread state and counts. Its whole state is in the URL."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from helpdesk import clock
from helpdesk.database import pagination, transactions
from helpdesk.database.row_ids import parse_id
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.people.reader_time_zone import parse_day
from helpdesk.domain.ticket_lists import (
    agent_queue_queries,
    customer_list_queries,
    search,
    search_matches,
    unknown_filters,
)
from helpdesk.domain.ticket_lists.customer_list_queries import MAX_COUNT as MAX_COUNT  # also for callers
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.statuses import DONE, UNSOLVED, Status, WaitingOn, statuses_waiting_on
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User, format_display_name
from helpdesk.translation import gettext, lazy_pgettext

AnySelect = Select[*tuple[Any, ...]]

FILTER_NAMES = ("q", "status", "mine", "requester", "form", "from", "to", "sort")
_for_customer = statuses_waiting_on(WaitingOn.customer)
WAITING_GROUP = str(_for_customer[0])  # its name in the URL, which is also the name of the status
STATUS_GROUPS = {"active": UNSOLVED, WAITING_GROUP: _for_customer, "done": DONE}
GROUP_LABELS = {
    "active": lazy_pgettext("group of tickets", "Open"),
    WAITING_GROUP: WaitingOn.customer.definition.customer_label,
    "done": lazy_pgettext("group of tickets", "Solved"),
}


class TicketRow(NamedTuple):
    """A ticket with the columns that the list shows.

    ``version``: that of what customers see. ``search_excerpt``: only for a search.
    """

    number: int
    subject: str
    excerpt: str
    status: str
    version: int
    updated_at: datetime
    unread: bool
    requester: str
    requester_picture: str | None
    search_excerpt: search.SearchExcerpt | None

    @property
    def id(self) -> int:
        return self.number


@dataclass(frozen=True)
class TicketPage:
    """A page of tickets with the cursors of the next and the previous page, and errors by filter name."""

    tickets: list[TicketRow]
    next: str | None = None
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    misspelt: str = ""  # the word of the search in which a typo was forgiven


@dataclass(frozen=True)
class FilterOptions:
    """The options of two filters, each as (value, name): whose tickets the person may see, and forms."""

    requesters: tuple[tuple[int, str], ...]
    forms: tuple[tuple[str, str], ...]


def fetch_list_page(
    user: User, filters: Mapping[str, str], after: str | None = None, size: int = pagination.PAGE_SIZE
) -> TicketPage:
    """Return the page of ``user``'s list at the cursor ``after``.

    FILTER_NAMES lists the filters. A value that names nothing is reported in ``errors``: it matches nothing, days that
    cannot be read filter nothing. One query, two for a search, and one to find out why an empty list is empty.
    """
    values, errors = _parse_filters(user, filters)
    found = search.build_search(user, filters.get("q", ""))
    scope = permissions.get_visibility(user)
    sort = name if (name := filters.get("sort", "")) in customer_list_queries.SORT_ORDERS else ""
    query = customer_list_queries.page_query(scope, (*values, *found.conditions), sort, found.matches)
    is_planned_anew = not search_matches.are_looked_up(scope, sort, found.matches) and (
        found.is_planned_anew
        or not {"form", "requester"}.isdisjoint(values)
        or (scope == permissions.Visibility.own and "statuses" in values)
    )
    bound = values | permissions.bind_params(user) | {"joined": user.created_at or clock.now()}
    if found.found and not after and not values and not sort and not found.conditions:
        page = found.fetch_best(query, size, bound, is_planned_anew)
    else:
        page = query.fetch_page(after, size, bound | found.values, is_planned_anew)
    shown = {row.id: (row.subject, row.excerpt) for row in page.rows}
    excerpts = search.load_excerpts(user, found, list(shown), shown)
    rows = [_make_row(excerpts, *row) for row in page.rows]
    errors |= _find_unknown_rows(user, filters) if not rows else {}
    return TicketPage(rows, page.next, page.previous, errors, found.misspelt)


def count_tickets(user: User, filters: Mapping[str, str] | None = None) -> dict[str, int]:
    """Count the tickets ``user`` sees: all, and each group of statuses, up to MAX_COUNT + 1 each. One query.

    Only those that match ``filters``, whatever their status; then at most MAX_COUNT + 1 in all.
    """
    filters = _narrowing(filters or {})
    if filters:
        return _sum_groups(_count_filtered(user, filters))
    query = customer_list_queries.COUNT_QUERIES[permissions.get_visibility(user)]
    return _sum_groups(transactions.execute_core(query, _count_values(user)))


def load_counts_and_options(user: User, filters: Mapping[str, str]) -> tuple[dict[str, int], FilterOptions]:
    """Return what ``count_tickets`` and ``load_filter_options`` return: of a list without filters, by one query."""
    if _narrowing(filters):
        return count_tickets(user, filters), load_filter_options(user)
    query = customer_list_queries.COUNTS_AND_OPTIONS[permissions.get_visibility(user)]
    counted, offered = query.fetch(_count_values(user) | _option_values(user))
    return _sum_groups(counted), _make_options(offered)


def _narrowing(filters: Mapping[str, str]) -> dict[str, str]:
    """Those of ``filters`` that leave tickets out of all counts."""
    return {name: value for name, value in filters.items() if value and name not in ("status", "sort")}


def _count_values(user: User) -> dict[str, Any]:
    return permissions.bind_params(user) | {"most": MAX_COUNT + 1}


def _sum_groups(rows: Iterable[Sequence[Any]]) -> dict[str, int]:
    by_status: Counter[str] = Counter()
    for status, number in rows:
        by_status[status] += number
    groups = {name: sum(by_status[status] for status in statuses) for name, statuses in STATUS_GROUPS.items()}
    return {name: min(count, MAX_COUNT + 1) for name, count in {"all": sum(by_status.values()), **groups}.items()}


def find_similar(user: User, subject: str, limit: int = 5) -> list[Ticket]:
    """Return the tickets visible to ``user`` most similar to ``subject``, best first; none below four characters."""
    if len(subject.strip()) < 4:
        return []
    found = search.search_similar(user, subject)
    assert found.matches is not None
    query = search_matches.join_matches(permissions.visible_tickets(user), found.matches)
    query = query.order_by(found.matches.c.rank, Ticket.id.desc()).limit(limit)
    return list(db.session.scalars(query, found.values, execution_options={transactions.PLANNED_ANEW: True}))


def load_filter_options(user: User) -> FilterOptions:
    """Return what the filters of the list offer ``user``. One query."""
    return _make_options(transactions.execute_core(customer_list_queries.OPTIONS_QUERY, _option_values(user)))


def _option_values(user: User) -> dict[str, Any]:
    return {"organization_id": user.organization_id, "sees_others": user.ticket_visibility != "own"}


def _make_options(rows: Iterable[Sequence[Any]]) -> FilterOptions:
    people, forms = [], []
    for kind, value, name, email, place in rows:
        if kind == "person":
            people.append((int(value), format_display_name(name or "", email)))
        else:
            forms.append((place, value, translate_content(name, Part.form)))
    people = sort_by_name(people, lambda person: person[1])
    return FilterOptions(tuple(people), tuple((slug, str(name)) for _, slug, name in sorted(forms)))


def filtered_query(user: User, filters: Mapping[str, str]) -> tuple[AnySelect, pagination.Order, dict[str, Any]]:
    """Return the query of ``user``'s list under ``filters``, its order, and its parameter values.

    Raises ValidationError for filters that cannot be read or name nothing, of which the list says so.
    """
    values, errors = _parse_filters(user, filters)
    unknown = errors or _find_unknown_rows(user, filters)
    if unknown and (errors or not fetch_list_page(user, filters, size=1).tickets):
        raise ValidationError(next(iter(unknown.values())), errors=unknown)
    found = search.build_search(user, filters.get("q"))
    names = (*values, *found.conditions)
    tickets = select(Ticket).where(*customer_list_queries.list_conditions(permissions.get_visibility(user), names))
    query = search_matches.join_matches(tickets, found.matches)
    order = customer_list_queries.sort_order(filters.get("sort") or "", found.matches)
    return query, order, values | found.values | permissions.bind_params(user)


def _count_filtered(user: User, filters: Mapping[str, str]) -> Iterable[Any]:
    """How many tickets of each status match ``filters``."""
    values, found = _parse_filters(user, filters)[0], search.build_search(user, filters.get("q", ""))
    scope = permissions.get_visibility(user)
    names = (*values, *found.conditions)
    bound = values | permissions.bind_params(user)
    if found.matches is not None and found.all_seen and not names and len(found.found) > search.MANY_FOUND:
        query = customer_list_queries.unsolved_count_query(scope, found.matches)
        if query is not None:
            rows = transactions.execute_core(query, bound | found.values_of_numbers).all()
            return [*rows, (DONE[0], len(found.found) - sum(row[1] for row in rows))]
    query = customer_list_queries.count_query(scope, names, found.matches)
    is_planned_anew = scope == permissions.Visibility.own or (
        found.is_planned_anew and not search_matches.are_looked_up(scope, "", found.matches)
    )
    return transactions.execute_core(query, bound | found.values, is_planned_anew)


def _parse_filters(user: User, filters: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the parameter values by name in FILTER_CONDITIONS, and an error sentence by invalid filter."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    status = filters.get("status") or ""
    if status:
        values["statuses"] = list(STATUS_GROUPS.get(status, (status,)))
        if status not in (*STATUS_GROUPS, *Status):
            errors["status"] = unknown_filters.describe_unknown("status", status)
    if filters.get("mine"):
        values["mine"] = user.id
    if filters.get("requester"):
        values["requester"] = parse_id(filters["requester"]) or 0
    sort = filters.get("sort") or ""
    if sort and sort not in customer_list_queries.SORT_ORDERS:
        errors["sort"] = unknown_filters.describe_unknown("sort", sort)
    if filters.get("form"):
        values["form"] = agent_queue_queries.find_ids("form", filters["form"])
    since, until = _parse_day(user, filters, "from", errors), _parse_day(user, filters, "to", errors, later=1)
    if since:
        values["since"] = since
    if until:
        values["until"] = until
    if since and until and until <= since:
        errors["to"] = gettext("It ends before it begins.")
    return values, errors


def _find_unknown_rows(user: User, filters: Mapping[str, str]) -> dict[str, str]:
    """Return a sentence for a person and a form that the list does not offer ``user``: of one that exists elsewhere
    the same as of one that does not.
    """
    if not filters.get("requester") and not filters.get("form"):
        return {}
    options = load_filter_options(user)
    offered = {"requester": {str(each) for each, _ in options.requesters}, "form": {slug for slug, _ in options.forms}}
    unknown = {
        name: filters[name] for name, known in offered.items() if filters.get(name) and filters[name] not in known
    }
    return {name: unknown_filters.describe_unknown(name, value) for name, value in unknown.items()}


def _make_row(
    excerpts: dict[int, search.SearchExcerpt],
    number: int,
    subject: str,
    excerpt: str,
    status: str,
    version: int,
    updated_at: datetime,
    unread: bool,
    name: str | None,
    email: str,
    picture: str | None,
    *_order_keys: object,
) -> TicketRow:
    requester = format_display_name(name or "", email)
    return TicketRow(
        number, subject, excerpt, status, version, updated_at, bool(unread), requester, picture, excerpts.get(number)
    )


def _parse_day(
    user: User, filters: Mapping[str, str], name: str, errors: dict[str, str], later: int = 0
) -> datetime | None:
    text = (filters.get(name) or "").strip()
    day = parse_day(text, user, later) if text else None
    if text and day is None:
        errors[name] = gettext("Write the date as year-month-day, for example 2026-05-14.")
    return day

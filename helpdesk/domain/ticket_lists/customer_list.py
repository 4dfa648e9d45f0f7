"""The customer's list of tickets: filters, order, unread state and counts. Its whole state is in the URL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from helpdesk import clock
from helpdesk.database import pagination, transactions
from helpdesk.database.row_ids import parse_id
from helpdesk.database.types import BigId
from helpdesk.domain.people import permissions
from helpdesk.domain.people.reader_time_zone import parse_day
from helpdesk.domain.ticket_lists import agent_queue_queries, search, search_matches
from helpdesk.extensions import db
from helpdesk.models.read_receipt import ReadReceipt
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
CUSTOMER_ORDER = {status: status.definition.customer_order for status in Status}
SORT_ORDERS = {
    "updated": pagination.Order(((Ticket.updated_at, True), (Ticket.id, True))),
    "created": pagination.Order(((Ticket.created_at, True), (Ticket.id, True))),
    "oldest": pagination.Order(((Ticket.created_at, False), (Ticket.id, False))),
    "subject": pagination.Order(((func.lower(Ticket.subject, type_=Ticket.subject.type), False), (Ticket.id, False))),
    "status": pagination.Order(
        (
            (case(CUSTOMER_ORDER, value=Ticket.status, else_=len(CUSTOMER_ORDER) + 1).cast(Integer), False),
            (Ticket.updated_at, True),
            (Ticket.id, True),
        )
    ),
}

# Conditions of each filter. Queries are built from them once and executed with the values of each user.
FILTER_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "statuses": Ticket.status.in_(bindparam("statuses", expanding=True)),
    "mine": Ticket.requester_id == bindparam("mine"),
    "requester": Ticket.requester_id == bindparam("requester"),
    "form": Ticket.form_version_id.in_(bindparam("form", expanding=True, type_=BigId)),
    "since": Ticket.created_at >= bindparam("since"),
    "until": Ticket.created_at < bindparam("until"),
    **search.SEARCH_CONDITIONS,
}
MAX_COUNT = 1_000  # tickets of a status are counted up to this, so that the cost of a page stays bounded
# The order makes PostgreSQL follow an index and not scan the whole table.
COUNT_QUERIES = {
    scope: union_all(
        *(
            select(literal(status.value), func.count()).select_from(
                select(Ticket.id)
                .where(*permissions.visible_condition(scope), Ticket.status == literal_column(f"'{status}'"))
                .order_by(Ticket.updated_at.desc())
                .limit(bindparam("most"))
                .subquery()
            )
            for status in Status
        )
    )
    for scope in permissions.Visibility
}
REQUESTERS_QUERY = (
    select(User.id, User.name, User.email)
    .where(User.organization_id == bindparam("organization_id"))
    .order_by(User.name, User.id)
    .limit(bindparam("most"))
)


class TicketRow(NamedTuple):
    """A ticket with the columns that the list shows; ``search_excerpt`` only for a search."""

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


def fetch_list_page(
    user: User, filters: Mapping[str, str], after: str | None = None, size: int = pagination.PAGE_SIZE
) -> TicketPage:
    """Return the page of ``user``'s list at the cursor ``after``.

    FILTER_NAMES lists the filters. An invalid value filters nothing and is reported in ``errors``. One query, two for a
    search.
    """
    values, errors = _parse_filters(user, filters)
    found = search.build_search(user, filters.get("q", ""))
    scope = permissions.get_visibility(user)
    sort = name if (name := filters.get("sort", "")) in SORT_ORDERS else ""
    query = _page_query(scope, (*values, *found.conditions), sort, found.matches)
    is_planned_anew = not search_matches.are_looked_up(scope, sort, found.matches) and (
        found.is_planned_anew or not {"form", "requester"}.isdisjoint(values)
    )
    values |= found.values | permissions.bind_params(user) | {"joined": user.created_at or clock.now()}
    page = query.fetch_page(after, size, values, is_planned_anew)
    shown = {row.id: (row.subject, row.excerpt) for row in page.rows}
    excerpts = search.load_excerpts(user, found, list(shown), shown)
    rows = [_make_row(excerpts, *row) for row in page.rows]
    return TicketPage(rows, page.next, page.previous, errors, found.misspelt)


def count_tickets(user: User, filters: Mapping[str, str] | None = None) -> dict[str, int]:
    """Count the tickets ``user`` sees: all, and each group of statuses, up to MAX_COUNT + 1 each. One query.

    Only those that match ``filters``, whatever their status; then at most MAX_COUNT + 1 in all.
    """
    filters = {name: value for name, value in (filters or {}).items() if value and name not in ("status", "sort")}
    if filters:
        rows = _count_filtered(user, filters)
    else:
        values = permissions.bind_params(user) | {"most": MAX_COUNT + 1}
        rows = transactions.execute_core(COUNT_QUERIES[permissions.get_visibility(user)], values)
    by_status: dict[str, int] = {row[0]: row[1] for row in rows}
    groups = {name: sum(by_status.get(status, 0) for status in statuses) for name, statuses in STATUS_GROUPS.items()}
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


def list_requesters(user: User, limit: int = 200) -> list[tuple[int, str]]:
    """Return the people whose tickets ``user`` may see, as (id, name), for a filter."""
    if user.organization_id is None or user.ticket_visibility == "own":
        return []
    people = transactions.execute_core(REQUESTERS_QUERY, {"organization_id": user.organization_id, "most": limit})
    return [(id, format_display_name(name or "", email)) for id, name, email in people]


def filtered_query(user: User, filters: Mapping[str, str]) -> tuple[AnySelect, pagination.Order, dict[str, Any]]:
    """Return the query of ``user``'s list under ``filters``, its order, and its parameter values."""
    values, _ = _parse_filters(user, filters)
    found = search.build_search(user, filters.get("q"))
    names = (*values, *found.conditions)
    tickets = select(Ticket).where(*_conditions(permissions.get_visibility(user), names))
    query = search_matches.join_matches(tickets, found.matches)
    order = _sort_order(filters.get("sort") or "", found.matches)
    return query, order, values | found.values | permissions.bind_params(user)


def _count_filtered(user: User, filters: Mapping[str, str]) -> Iterable[Any]:
    """How many tickets of each status match ``filters``."""
    values, found = _parse_filters(user, filters)[0], search.build_search(user, filters.get("q", ""))
    scope = permissions.get_visibility(user)
    query = _count_query(scope, (*values, *found.conditions), found.matches)
    is_planned_anew = found.is_planned_anew and not search_matches.are_looked_up(scope, "", found.matches)
    return transactions.execute_core(query, values | found.values | permissions.bind_params(user), is_planned_anew)


def _parse_filters(user: User, filters: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the parameter values by name in FILTER_CONDITIONS, and an error sentence by invalid filter."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    status = filters.get("status") or ""
    if status in STATUS_GROUPS or status in list(Status):
        values["statuses"] = list(STATUS_GROUPS.get(status, (status,)))
    if filters.get("mine"):
        values["mine"] = user.id
    if requester_id := parse_id(filters.get("requester")):
        values["requester"] = requester_id
    if filters.get("form"):
        values["form"] = agent_queue_queries.find_ids("form", filters["form"])
    since, until = _parse_day(user, filters, "from", errors), _parse_day(user, filters, "to", errors)
    if since:
        values["since"] = since
    if until:
        values["until"] = until + timedelta(days=1)
    return values, errors


def _conditions(scope: permissions.Visibility, names: Iterable[str]) -> list[ColumnElement[bool]]:
    return [*permissions.visible_condition(scope), *(FILTER_CONDITIONS[name] for name in names)]


def _sort_order(sort: str, matches: Subquery | None) -> pagination.Order:
    if matches is not None and sort not in SORT_ORDERS:
        return pagination.Order(((matches.c.rank, False), (matches.c.ticket_id, True)))
    return SORT_ORDERS.get(sort, SORT_ORDERS["updated"])


@lru_cache(maxsize=500)
def _page_query(
    scope: permissions.Visibility, names: tuple[str, ...], sort: str, matches: Subquery | None
) -> pagination.PagedQuery:
    """Build the query of the columns that the list shows; cached.

    ``names`` are keys of FILTER_CONDITIONS. The statement has parameters in place of a user's values, so that it serves
    every user with this ``scope``.
    """
    is_receipt = and_(ReadReceipt.ticket_id == Ticket.id, ReadReceipt.user_id == bindparam("reader"))
    never_read = and_(ReadReceipt.ticket_id.is_(None), Ticket.updated_at > bindparam("joined"))
    unread = and_(
        Ticket.last_public_seq > func.coalesce(ReadReceipt.seq, 0), or_(ReadReceipt.ticket_id.is_not(None), never_read)
    )
    shown = (Ticket.id, Ticket.subject, Ticket.excerpt, Ticket.status, Ticket.version, Ticket.updated_at, unread)
    query = (
        select(*shown, User.name, User.email, User.picture_url)
        .outerjoin(Ticket.requester)
        .outerjoin(ReadReceipt, is_receipt)
    )
    if search_matches.are_looked_up(scope, sort, matches):
        matches = search_matches.look_up_in_order(_conditions(scope, names))
    else:
        query = query.where(*_conditions(scope, names))
    return pagination.PagedQuery(search_matches.join_matches(query, matches), _sort_order(sort, matches))


@lru_cache(maxsize=500)
def _count_query(scope: permissions.Visibility, names: tuple[str, ...], matches: Subquery | None) -> AnySelect:
    """Build the query that counts by status what ``_page_query`` lists; cached in the same way."""
    query = select(Ticket.status).where(*_conditions(scope, names))
    some = (query if matches is None else search_matches.look_up(query, scope)).limit(MAX_COUNT + 1).subquery()
    return select(some.c.status, func.count()).group_by(some.c.status)


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


def _parse_day(user: User, filters: Mapping[str, str], name: str, errors: dict[str, str]) -> datetime | None:
    text = (filters.get(name) or "").strip()
    day = parse_day(text, user) if text else None
    if text and day is None:
        errors[name] = gettext("Write the date as year-month-day, for example 2026-05-14.")
    return day

"""A customer's list of tickets: what is in it, in which order, what they have not read. Everything stands in the address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import (
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
from helpdesk.database import pagination
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import search
from helpdesk.extensions import db
from helpdesk.models.form import Form, FormVersion
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.statuses import DONE, UNSOLVED, Status, WaitingOn, statuses_waiting_on
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

FILTER_NAMES = ("q", "status", "mine", "requester", "form", "from", "to", "sort")
_for_customer = statuses_waiting_on(WaitingOn.customer)
WAITING_GROUP = str(_for_customer[0])  # in the address, where it also names the status itself
STATUS_GROUPS = {"active": UNSOLVED, WAITING_GROUP: _for_customer, "done": DONE}
GROUP_LABELS = {"active": "Open", WAITING_GROUP: WaitingOn.customer.definition.customer_label, "done": "Solved"}
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

# What a filter asks of a ticket. Queries are put together once from these and asked with each person's values.
FILTER_CONDITIONS = {
    "statuses": Ticket.status.in_(bindparam("statuses", expanding=True)),
    "mine": Ticket.requester_id == bindparam("mine"),
    "requester": Ticket.requester_id == bindparam("requester"),
    "form": Ticket.form_version_id.in_(select(FormVersion.id).join(Form).where(Form.slug == bindparam("form"))),
    "since": Ticket.created_at >= bindparam("since"),
    "until": Ticket.created_at < bindparam("until"),
}
MAX_COUNT = 1_000  # more of a status is not counted: a page must not cost more because much was solved long ago
COUNT_QUERIES = {
    scope: union_all(
        *(
            select(literal(status.value), func.count()).select_from(
                select(Ticket.id)
                .where(*permissions.visible_condition(scope), Ticket.status == literal_column(f"'{status}'"))
                .order_by(
                    Ticket.updated_at.desc()
                )  # along the index, where PostgreSQL would else look at the whole table for a thousand
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
    """A ticket as the list shows it; ``search_excerpt`` where words were searched."""

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
    """Some tickets, and the cursors beside them."""

    tickets: list[TicketRow]
    next: str | None = None
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


def fetch_list_page(
    user: User, filters: Mapping[str, str], after: str | None = None, size: int = pagination.PAGE_SIZE
) -> TicketPage:
    """The page of ``user``'s list at the cursor ``after``. Filters are named in FILTERS; what makes no sense filters nothing
    out and is told in ``errors``. One query, two where words are searched."""
    values, errors = _parse_filters(user, filters)
    text = filters.get("q", "")
    found, sought = search.build_search(user, text)
    sort = filters.get("sort") or ""
    pages = _page_query(permissions.get_visibility(user), tuple(values), sort if sort in SORT_ORDERS else "", found)
    values |= sought | permissions.bind_params(user) | {"joined": user.created_at or clock.now()}
    page = pages.at(after, size, values)
    excerpts = search.load_excerpts(user, text, [row.id for row in page.rows]) if text else {}
    return TicketPage([_make_row(excerpts, *row) for row in page.rows], page.next, page.previous, errors)


def count_tickets(user: User) -> dict[str, int]:
    """How many tickets ``user`` sees in all, and of each group of statuses, up to COUNTED + 1 each. One query, answered from
    an index."""
    by_status = dict(
        db.session.execute(
            COUNT_QUERIES[permissions.get_visibility(user)], permissions.bind_params(user) | {"most": MAX_COUNT + 1}
        ).all()
    )
    groups = {name: sum(by_status.get(status, 0) for status in statuses) for name, statuses in STATUS_GROUPS.items()}
    counts = {"all": sum(by_status.values()), **groups}
    return {name: min(count, MAX_COUNT + 1) for name, count in counts.items()}


def find_similar(user: User, subject: str, limit: int = 5) -> list[Ticket]:
    """``user``'s visible tickets most like what they type as a subject, best first; none for fewer than four letters."""
    if len(subject.strip()) < 4:
        return []
    found = search.search_tickets(user, subject, any_word=True)
    query = permissions.visible_tickets(user).join(found, found.c.ticket_id == Ticket.id)
    return list(db.session.scalars(query.order_by(found.c.rank, Ticket.id.desc()).limit(limit)))


def list_requesters(user: User, limit: int = 200) -> list[tuple[int, str]]:
    """The people whose tickets ``user`` may see, as (id, name), to filter by."""
    if user.organization_id is None or user.ticket_visibility == "own":
        return []
    people = db.session.execute(REQUESTERS_QUERY, {"organization_id": user.organization_id, "most": limit})
    return [(id, name or email.partition("@")[0]) for id, name, email in people]


def filtered_query(user: User, filters: Mapping[str, str]) -> tuple[Select, pagination.Order, dict[str, Any]]:
    """The query of ``user``'s list under ``filters``, its order, and the values of its parameters."""
    values, _ = _parse_filters(user, filters)
    found, sought = search.build_search(user, filters.get("q"))
    query = _apply_filters(select(Ticket), permissions.get_visibility(user), values, found)
    return query, _sort_order(filters.get("sort") or "", found), values | sought | permissions.bind_params(user)


def _parse_filters(user: User, filters: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of those CONDITIONS that ``filters`` ask for, and a sentence for each that makes no sense."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    status = filters.get("status") or ""
    if status in STATUS_GROUPS or status in list(Status):
        values["statuses"] = list(STATUS_GROUPS.get(status, (status,)))
    if filters.get("mine"):
        values["mine"] = user.id
    requester = filters.get("requester") or ""
    if requester.isdecimal() and len(requester) < 19:
        values["requester"] = int(requester)
    if filters.get("form"):
        values["form"] = filters["form"]
    zone = _time_zone(user)
    since, until = _parse_day(filters, "from", zone, errors), _parse_day(filters, "to", zone, errors)
    if since:
        values["since"] = since
    if until:
        values["until"] = until + timedelta(days=1)
    return values, errors


def _apply_filters(
    query: Select, scope: permissions.Visibility, names: Iterable[str], found: Subquery | None
) -> Select:
    query = query.where(*permissions.visible_condition(scope), *(FILTER_CONDITIONS[name] for name in names))
    return query if found is None else query.join(found, found.c.ticket_id == Ticket.id)


def _sort_order(sort: str, found: Subquery | None) -> pagination.Order:
    if found is not None and sort not in SORT_ORDERS:
        return pagination.Order(((found.c.rank, False), (Ticket.id, True)))
    return SORT_ORDERS.get(sort, SORT_ORDERS["updated"])


@lru_cache(maxsize=500)
def _page_query(
    scope: permissions.Visibility, names: tuple[str, ...], sort: str, found: Subquery | None
) -> pagination.PagedQuery:
    """What the list shows of tickets under the CONDITIONS called ``names``, for whoever has this scope."""
    mark = and_(ReadReceipt.ticket_id == Ticket.id, ReadReceipt.user_id == bindparam("reader"))
    never = and_(ReadReceipt.ticket_id.is_(None), Ticket.updated_at > bindparam("joined"))
    unread = and_(
        Ticket.last_public_seq > func.coalesce(ReadReceipt.seq, 0), or_(ReadReceipt.ticket_id.is_not(None), never)
    )
    shown = (Ticket.id, Ticket.subject, Ticket.excerpt, Ticket.status, Ticket.version, Ticket.updated_at, unread)
    query = (
        select(*shown, User.name, User.email, User.picture_url).outerjoin(Ticket.requester).outerjoin(ReadReceipt, mark)
    )
    return pagination.PagedQuery(_apply_filters(query, scope, names, found), _sort_order(sort, found))


def _make_row(
    excerpts: dict[int, search.SearchExcerpt], number, subject, excerpt, status, version, updated_at, unread, *rest
) -> TicketRow:
    name, email, picture = rest[:3]
    who = name or email.partition("@")[0]
    return TicketRow(
        number, subject, excerpt, status, version, updated_at, bool(unread), who, picture, excerpts.get(number)
    )


def _parse_day(filters: Mapping[str, str], name: str, zone: tzinfo, errors: dict[str, str]) -> datetime | None:
    text = (filters.get(name) or "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        if not 1970 <= day.year <= 2970:
            raise ValueError("out of range")
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except ValueError:
        errors[name] = "Write the date as year-month-day, for example 2026-05-14."
        return None


def _time_zone(user: User) -> tzinfo:
    try:
        return ZoneInfo(user.time_zone) if user.time_zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC

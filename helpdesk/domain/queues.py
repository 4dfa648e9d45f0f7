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
from helpdesk.domain import paging, permissions, search
from helpdesk.extensions import db
from helpdesk.models.forms import Form, FormVersion
from helpdesk.models.people import User
from helpdesk.models.tickets import UNSOLVED, ReadMark, Status, Ticket

FILTERS = ("q", "status", "mine", "requester", "form", "from", "to", "sort")
GROUPS = {"active": UNSOLVED, "pending": (Status.pending,), "done": (Status.solved, Status.closed)}
TURN = {status: place for place, status in enumerate(("pending", "open", "in_progress", "on_hold", "solved", "closed"))}
SORTS = {
    "updated": paging.Order(((Ticket.updated_at, True), (Ticket.id, True))),
    "created": paging.Order(((Ticket.created_at, True), (Ticket.id, True))),
    "oldest": paging.Order(((Ticket.created_at, False), (Ticket.id, False))),
    "subject": paging.Order(((func.lower(Ticket.subject, type_=Ticket.subject.type), False), (Ticket.id, False))),
    "status": paging.Order(
        (
            (case(TURN, value=Ticket.status, else_=9).cast(Integer), False),
            (Ticket.updated_at, True),
            (Ticket.id, True),
        )
    ),
}

# What a filter asks of a ticket. Queries are put together once from these and asked with each person's values.
CONDITIONS = {
    "statuses": Ticket.status.in_(bindparam("statuses", expanding=True)),
    "mine": Ticket.requester_id == bindparam("mine"),
    "requester": Ticket.requester_id == bindparam("requester"),
    "form": Ticket.form_version_id.in_(select(FormVersion.id).join(Form).where(Form.slug == bindparam("form"))),
    "since": Ticket.created_at >= bindparam("since"),
    "until": Ticket.created_at < bindparam("until"),
}
COUNTED = 1_000  # more of a status is not counted: a page must not cost more because much was solved long ago
COUNTS = {
    scope: union_all(
        *(
            select(literal(status.value), func.count()).select_from(
                select(Ticket.id)
                .where(*permissions.visible_to_reader(scope), Ticket.status == literal_column(f"'{status}'"))
                .order_by(
                    Ticket.updated_at.desc()
                )  # along the index, where PostgreSQL would else look at the whole table for a thousand
                .limit(bindparam("most"))
                .subquery()
            )
            for status in Status
        )
    )
    for scope in permissions.Scope
}
PEOPLE = (
    select(User.id, User.name, User.email)
    .where(User.organization_id == bindparam("organization_id"))
    .order_by(User.name, User.id)
    .limit(bindparam("most"))
)


class Row(NamedTuple):
    """A ticket as the list shows it; ``excerpt_found`` where words were searched."""

    number: int
    subject: str
    excerpt: str
    status: str
    version: int
    updated_at: datetime
    unread: bool
    requester: str
    requester_picture: str | None
    excerpt_found: search.Excerpt | None

    @property
    def id(self) -> int:
        return self.number


@dataclass(frozen=True)
class TicketPage:
    """Some tickets, and the cursors beside them."""

    tickets: list[Row]
    next: str | None = None
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


def customer_page(
    user: User, filters: Mapping[str, str], after: str | None = None, size: int = paging.SIZE
) -> TicketPage:
    """The page of ``user``'s list at the cursor ``after``. Filters are named in FILTERS; what makes no sense filters nothing
    out and is told in ``errors``. One query, two where words are searched."""
    values, errors = _understood(user, filters)
    text = filters.get("q", "")
    found, sought = search.asked(user, text)
    sort = filters.get("sort") or ""
    pages = _rows(permissions.scope(user), tuple(values), sort if sort in SORTS else "", found)
    values |= sought | permissions.reader(user) | {"joined": user.created_at or clock.now()}
    page = pages.at(after, size, values)
    excerpts = search.excerpts(user, text, [row.id for row in page.rows]) if text else {}
    return TicketPage([_row(excerpts, *row) for row in page.rows], page.next, page.previous, errors)


def customer_counts(user: User) -> dict[str, int]:
    """How many tickets ``user`` sees in all, and of each group of statuses, up to COUNTED + 1 each. One query, answered from
    an index."""
    by_status = dict(
        db.session.execute(COUNTS[permissions.scope(user)], permissions.reader(user) | {"most": COUNTED + 1}).all()
    )
    groups = {name: sum(by_status.get(status, 0) for status in statuses) for name, statuses in GROUPS.items()}
    counts = {"all": sum(by_status.values()), **groups}
    return {name: min(count, COUNTED + 1) for name, count in counts.items()}


def similar(user: User, subject: str, limit: int = 5) -> list[Ticket]:
    """``user``'s visible tickets most like what they type as a subject, best first; none for fewer than four letters."""
    if len(subject.strip()) < 4:
        return []
    found = search.matching(user, subject, any_word=True)
    query = permissions.visible_tickets(user).join(found, found.c.ticket_id == Ticket.id)
    return list(db.session.scalars(query.order_by(found.c.rank, Ticket.id.desc()).limit(limit)))


def requesters(user: User, limit: int = 200) -> list[tuple[int, str]]:
    """The people whose tickets ``user`` may see, as (id, name), to filter by."""
    if user.organization_id is None or user.sees == "own":
        return []
    people = db.session.execute(PEOPLE, {"organization_id": user.organization_id, "most": limit})
    return [(id, name or email.partition("@")[0]) for id, name, email in people]


def filtered(user: User, filters: Mapping[str, str]) -> tuple[Select, paging.Order, dict[str, Any]]:
    """The query of ``user``'s list under ``filters``, its order, and the values of its parameters."""
    values, _ = _understood(user, filters)
    found, sought = search.asked(user, filters.get("q"))
    query = _narrowed(select(Ticket), permissions.scope(user), values, found)
    return query, _order(filters.get("sort") or "", found), values | sought | permissions.reader(user)


def _understood(user: User, filters: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of those CONDITIONS that ``filters`` ask for, and a sentence for each that makes no sense."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    status = filters.get("status") or ""
    if status in GROUPS or status in list(Status):
        values["statuses"] = list(GROUPS.get(status, (status,)))
    if filters.get("mine"):
        values["mine"] = user.id
    requester = filters.get("requester") or ""
    if requester.isdecimal() and len(requester) < 19:
        values["requester"] = int(requester)
    if filters.get("form"):
        values["form"] = filters["form"]
    zone = _zone(user)
    since, until = _day(filters, "from", zone, errors), _day(filters, "to", zone, errors)
    if since:
        values["since"] = since
    if until:
        values["until"] = until + timedelta(days=1)
    return values, errors


def _narrowed(query: Select, scope: permissions.Scope, names: Iterable[str], found: Subquery | None) -> Select:
    query = query.where(*permissions.visible_to_reader(scope), *(CONDITIONS[name] for name in names))
    return query if found is None else query.join(found, found.c.ticket_id == Ticket.id)


def _order(sort: str, found: Subquery | None) -> paging.Order:
    if found is not None and sort not in SORTS:
        return paging.Order(((found.c.rank, False), (Ticket.id, True)))
    return SORTS.get(sort, SORTS["updated"])


@lru_cache(maxsize=500)
def _rows(scope: permissions.Scope, names: tuple[str, ...], sort: str, found: Subquery | None) -> paging.Pages:
    """What the list shows of tickets under the CONDITIONS called ``names``, for whoever has this scope."""
    mark = and_(ReadMark.ticket_id == Ticket.id, ReadMark.user_id == bindparam("reader"))
    never = and_(ReadMark.ticket_id.is_(None), Ticket.updated_at > bindparam("joined"))
    unread = and_(Ticket.public_seq > func.coalesce(ReadMark.seq, 0), or_(ReadMark.ticket_id.is_not(None), never))
    shown = (Ticket.id, Ticket.subject, Ticket.excerpt, Ticket.status, Ticket.version, Ticket.updated_at, unread)
    query = (
        select(*shown, User.name, User.email, User.picture_url).outerjoin(Ticket.requester).outerjoin(ReadMark, mark)
    )
    return paging.Pages(_narrowed(query, scope, names, found), _order(sort, found))


def _row(
    excerpts: dict[int, search.Excerpt], number, subject, excerpt, status, version, updated_at, unread, *rest
) -> Row:
    name, email, picture = rest[:3]
    who = name or email.partition("@")[0]
    return Row(number, subject, excerpt, status, version, updated_at, bool(unread), who, picture, excerpts.get(number))


def _day(filters: Mapping[str, str], name: str, zone: tzinfo, errors: dict[str, str]) -> datetime | None:
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


def _zone(user: User) -> tzinfo:
    try:
        return ZoneInfo(user.time_zone) if user.time_zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC

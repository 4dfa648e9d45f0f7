"""A customer's list of tickets: what is in it, in which order, what they have not read. Everything stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Integer, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.domain import paging, permissions, search
from helpdesk.extensions import db
from helpdesk.models.forms import Form, FormVersion
from helpdesk.models.people import User
from helpdesk.models.tickets import UNSOLVED, ReadMark, Status, Ticket

FILTERS = ("q", "status", "mine", "requester", "form", "from", "to", "sort")
GROUPS = {"active": UNSOLVED, "pending": (Status.pending,), "done": (Status.solved, Status.closed)}
TURN = {
    status: place
    for place, status in enumerate(("pending", "open", "in_progress", "on_hold", "solved", "closed"))
}
SORTS = {
    "updated": ((Ticket.updated_at, True), (Ticket.id, True)),
    "created": ((Ticket.created_at, True), (Ticket.id, True)),
    "oldest": ((Ticket.created_at, False), (Ticket.id, False)),
    "subject": ((func.lower(Ticket.subject, type_=Ticket.subject.type), False), (Ticket.id, False)),
    "status": (
        (case(TURN, value=Ticket.status, else_=9).cast(Integer), False),
        (Ticket.updated_at, True),
        (Ticket.id, True),
    ),
}


PEOPLE = (
    select(User.id, User.name, User.email)
    .where(User.organization_id == bindparam("organization_id"))
    .order_by(User.name, User.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True)
class TicketPage:
    """Some tickets (each with ``unread``, and ``excerpt_found`` where words were searched), and the cursors beside them."""

    tickets: list[Ticket]
    next: str | None = None
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


def customer_page(
    user: User, filters: Mapping[str, str], after: str | None = None, size: int = paging.SIZE
) -> TicketPage:
    """The page of ``user``'s list at the cursor ``after``. Filters are named in FILTERS; what makes no sense filters nothing
    out and is told in ``errors``. Two queries, three where words are searched."""
    query, order, errors = filtered(user, filters)
    query = query.options(joinedload(Ticket.requester), joinedload(Ticket.assignee))
    mark = and_(ReadMark.ticket_id == Ticket.id, ReadMark.user_id == user.id)
    never = and_(ReadMark.ticket_id.is_(None), Ticket.updated_at > (user.created_at or clock.now()))
    unread = and_(
        Ticket.public_seq > func.coalesce(ReadMark.seq, 0), or_(ReadMark.ticket_id.is_not(None), never)
    )
    query = query.outerjoin(ReadMark, mark).add_columns(unread.label("unread"))
    page = paging.page(query, order, after, size)
    text = filters.get("q", "")
    found = search.excerpts(user, text, [row.Ticket.id for row in page.rows]) if text else {}
    for row in page.rows:
        row.Ticket.unread = bool(row.unread)
        row.Ticket.excerpt_found = found.get(row.Ticket.id)
    return TicketPage([row.Ticket for row in page.rows], page.next, page.previous, errors)


def customer_counts(user: User) -> dict[str, int]:
    """How many tickets ``user`` sees in all, and of each group of statuses. One query, answered from an index."""
    by_status = dict(
        db.session.execute(
            permissions.visible_tickets(user)
            .with_only_columns(Ticket.status, func.count())
            .group_by(Ticket.status)
        ).all()
    )
    groups = {name: sum(by_status.get(status, 0) for status in statuses) for name, statuses in GROUPS.items()}
    return {"all": sum(by_status.values()), **groups}


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


def filtered(user: User, filters: Mapping[str, str]) -> tuple[Select, paging.Order, dict[str, str]]:
    """The query of ``user``'s list under ``filters``, its order, and a sentence for each filter that makes no sense."""
    errors: dict[str, str] = {}
    query = permissions.visible_tickets(user)
    status = filters.get("status") or ""
    if status in GROUPS or status in list(Status):
        query = query.where(Ticket.status.in_(GROUPS.get(status, (status,))))
    if filters.get("mine"):
        query = query.where(Ticket.requester_id == user.id)
    requester = filters.get("requester") or ""
    if requester.isdecimal() and len(requester) < 19:
        query = query.where(Ticket.requester_id == int(requester))
    if filters.get("form"):
        versions = select(FormVersion.id).join(Form).where(Form.slug == filters["form"])
        query = query.where(Ticket.form_version_id.in_(versions))
    zone = _zone(user)
    since, until = _day(filters, "from", zone, errors), _day(filters, "to", zone, errors)
    if since:
        query = query.where(Ticket.created_at >= since)
    if until:
        query = query.where(Ticket.created_at < until + timedelta(days=1))
    found = search.matching(user, filters.get("q"))
    if found is not None:
        query = query.join(found, found.c.ticket_id == Ticket.id)
    if found is not None and filters.get("sort") not in SORTS:
        return query, paging.Order(((found.c.rank, False), (Ticket.id, True))), errors
    return query, paging.Order(SORTS.get(filters.get("sort") or "", SORTS["updated"])), errors


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

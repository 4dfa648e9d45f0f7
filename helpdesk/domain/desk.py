"""The team's queue: its views, their counts, and a page of tickets. Every state of it is a handful of filters.

What is unsolved lies in partial indexes (models.desk); a query uses them by saying the same words, hence ``_UNSOLVED``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Select, String, case, cast, func, literal, null, select, text, union_all
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.domain import paging, permissions, search
from helpdesk.extensions import db
from helpdesk.models.desk import UNSOLVED_SQL, SavedView
from helpdesk.models.forms import Form, FormVersion
from helpdesk.models.people import Organization, User
from helpdesk.models.service_levels import TicketClock
from helpdesk.models.tickets import Priority, ReadMark, Status, Ticket

VIEWS = {
    "mine": "Mine",
    "unassigned": "Unassigned",
    "open": "Open",
    "waiting": "Waiting for customer",
    "on_hold": "On hold",
    "at_risk": "At risk",
    "solved": "Recently solved",
    "all": "All tickets",
}
FILTERS = ("view", "q", "status", "assignee", "organization", "priority", "form", "age", "sort")
SORTS = {"": "Latest activity", "waiting": "Waiting longest", "oldest": "Filed first", "newest": "Filed last"}
AGES = {"1": "Older than a day", "3": "Older than 3 days", "7": "Older than a week", "30": "Older than a month"}
RECENTLY = timedelta(days=7)
AT_RISK = timedelta(hours=2)  # what is due within it counts as at risk
COUNTED = 1_000  # a view that is not kept small by work is counted no further
CHOICES = 300  # names offered in a list to choose from

_UNSOLVED = text(f"tickets.{UNSOLVED_SQL}")


@dataclass(frozen=True)
class View:
    """One entry beside the queue: its key in the address, its name, and how many tickets it holds (None: not counted)."""

    key: str
    label: str
    count: int | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choices:
    """What the filters offer, each as (value, name)."""

    agents: list[tuple[str, str]]
    organizations: list[tuple[str, str]]
    forms: list[tuple[str, str]]
    saved: list[View]


@dataclass(frozen=True)
class Listing:
    """One page of the queue; ``next`` and ``previous`` are cursors."""

    tickets: list[Ticket]
    next: str | None
    previous: str | None


def clean(arguments: Mapping[str, str]) -> dict[str, str]:
    """The filters among ``arguments``, by name; what is unknown or empty becomes an empty text, the view ``open``."""
    filters = {name: (arguments.get(name) or "").replace("\x00", "").strip()[:200] for name in FILTERS}
    if filters["view"] not in VIEWS:
        filters["view"] = "open"
    if filters["sort"] not in SORTS:
        filters["sort"] = ""
    return filters


def views(user: User) -> list[View]:
    """The fixed views with their counts, in one query."""
    counts = _counts(user)
    return [View(key, label, counts.get(key)) for key, label in VIEWS.items()]


def choices(user: User) -> Choices:
    """Agents, organizations, forms, and the saved views ``user`` may use; one query."""
    nothing = cast(null(), String)
    parts = [
        select(
            literal("agent").label("kind"),
            cast(User.id, String).label("value"),
            User.name.label("name"),
            User.email.label("more"),
        )
        .where(User.role != "requester", User.deactivated_at.is_(None))
        .order_by(User.name)
        .limit(CHOICES),
        select(literal("organization"), Organization.slug, Organization.name, nothing).order_by(Organization.name).limit(CHOICES),
        select(literal("form"), Form.slug, Form.name, nothing)
        .where(Form.archived_at.is_(None))
        .order_by(Form.name)
        .limit(CHOICES),
        select(literal("view"), cast(SavedView.id, String), SavedView.name, cast(SavedView.filters, String))
        .where((SavedView.owner_id == user.id) | SavedView.shared)
        .order_by(SavedView.name)
        .limit(CHOICES),
    ]
    found: dict[str, list] = {"agent": [], "organization": [], "form": [], "view": []}
    for kind, value, name, more in db.session.execute(union_all(*(select(part.subquery()) for part in parts))):
        found[kind].append((value, name or more.partition("@")[0]) if kind != "view" else (value, name, more))
    return Choices(
        agents=sorted(found["agent"], key=lambda pair: pair[1].lower()),
        organizations=sorted(found["organization"], key=lambda pair: pair[1].lower()),
        forms=sorted(found["form"], key=lambda pair: pair[1].lower()),
        saved=[View(value, name, None, _read_filters(more)) for value, name, more in found["view"]],
    )


def desk_page(user: User, filters: Mapping[str, str], after: str | None = None, size: int = paging.SIZE) -> Listing:
    """A page of the tickets that ``filters`` (see ``clean``) describe. Each ticket gets ``unread`` and ``due_at``. One query."""
    filters = clean(filters)
    query, order = _matching(user, filters)
    seen = select(ReadMark.seq).where(ReadMark.user_id == user.id, ReadMark.ticket_id == Ticket.id).scalar_subquery()
    due = select(func.min(TicketClock.due_at)).where(TicketClock.ticket_id == Ticket.id).scalar_subquery()
    query = query.add_columns(seen.label("seen"), due.label("due")).options(
        joinedload(Ticket.organization, innerjoin=True),
        joinedload(Ticket.requester, innerjoin=True),
        joinedload(Ticket.assignee),
    )
    page = paging.page(query, order, after, size)
    found = []
    for row in page.rows:
        ticket = row[0]
        ticket.unread = (row.seen or 0) < ticket.next_seq - 1
        ticket.due_at = row.due
        found.append(ticket)
    return Listing(found, page.next, page.previous)


def matching(user: User, filters: Mapping[str, str]) -> Select[tuple[Ticket]]:
    """Every ticket that ``filters`` describe, in no order: for exports and counts."""
    return _matching(user, clean(filters))[0]


def _matching(user: User, filters: dict[str, str]) -> tuple[Select, paging.Order]:
    query = _in_view(permissions.visible_tickets(user), filters["view"], user)
    if filters["status"] in list(Status):
        query = query.where(Ticket.status == filters["status"])
    if filters["priority"] in list(Priority):
        query = query.where(Ticket.priority == filters["priority"])
    if filters["assignee"] == "none":
        query = query.where(Ticket.assignee_id.is_(None))
    elif filters["assignee"] == "me":
        query = query.where(Ticket.assignee_id == user.id)
    elif _is_id(filters["assignee"]):
        query = query.where(Ticket.assignee_id == int(filters["assignee"]))
    if filters["organization"]:
        chosen = select(Organization.id).where(Organization.slug == filters["organization"])
        query = query.where(Ticket.organization_id == chosen.scalar_subquery())
    if filters["form"]:
        versions = select(FormVersion.id).join(Form).where(Form.slug == filters["form"])
        query = query.where(Ticket.form_version_id.in_(versions))
    if filters["age"] in AGES:
        query = query.where(Ticket.created_at <= clock.now() - timedelta(days=int(filters["age"])))
    found = search.matching(user, filters["q"]) if filters["q"] else None
    if found is not None:
        query = query.join(found, found.c.ticket_id == Ticket.id)
        if not filters["sort"]:
            return query, paging.Order(((found.c.rank, False), (Ticket.id, True)))
    return query, _order(filters["sort"])


def _in_view(query: Select, view: str, user: User) -> Select:
    match view:
        case "mine":
            return query.where(_UNSOLVED, Ticket.assignee_id == user.id)
        case "unassigned":
            return query.where(_UNSOLVED, Ticket.assignee_id.is_(None))
        case "open":
            return query.where(_UNSOLVED, Ticket.status.in_((Status.open, Status.in_progress)))
        case "waiting":
            return query.where(_UNSOLVED, Ticket.status == Status.pending)
        case "on_hold":
            return query.where(_UNSOLVED, Ticket.status == Status.on_hold)
        case "at_risk":
            return query.where(Ticket.id.in_(_at_risk()))
        case "solved":
            return query.where(Ticket.status == Status.solved, Ticket.solved_at >= clock.now() - RECENTLY)
    return query


def _at_risk() -> Select:
    return select(TicketClock.ticket_id).where(TicketClock.due_at.is_not(None), TicketClock.due_at <= clock.now() + AT_RISK)


def _order(sort: str) -> paging.Order:
    column, descends = {
        "": (Ticket.updated_at, True),
        "waiting": (Ticket.status_since, False),
        "oldest": (Ticket.created_at, False),
        "newest": (Ticket.created_at, True),
    }[sort]
    return paging.Order(((column, descends), (Ticket.id, descends)))


def _counts(user: User) -> dict[str, int]:
    whose = case((Ticket.assignee_id.is_(None), "nobody"), (Ticket.assignee_id == user.id, "me"), else_="other")
    unsolved = (
        select(Ticket.status.label("status"), whose.label("whose"), func.count().label("number"))
        .where(_UNSOLVED)
        .group_by(Ticket.status, whose)
    )
    solved = _in_view(select(Ticket.id), "solved", user).limit(COUNTED).subquery()
    at_risk = _at_risk().distinct().limit(COUNTED).subquery()
    parts = union_all(
        unsolved,
        select(literal("solved"), literal(""), func.count()).select_from(solved),
        select(literal("at_risk"), literal(""), func.count()).select_from(at_risk),
    )
    counts = {key: 0 for key in VIEWS if key != "all"}
    for status, whose, number in db.session.execute(parts):
        for view in _views_of(status, whose):
            counts[view] += number
    return counts


def _views_of(status: str, whose: str) -> list[str]:
    if not whose:
        return [status]
    views = {"open": ["open"], "in_progress": ["open"], "pending": ["waiting"], "on_hold": ["on_hold"]}[status]
    return views + {"me": ["mine"], "nobody": ["unassigned"]}.get(whose, [])


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _read_filters(text: str) -> dict[str, str]:
    found = json.loads(text)
    return {name: str(found[name]) for name in FILTERS if found.get(name)}

"""The team's queue: its views, their counts, and a page of tickets. Every state of it is a handful of filters.

What is unsolved lies in partial indexes (models.desk); a query uses them by saying the same words, hence ``_UNSOLVED``.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, String, Subquery, bindparam, case, cast, func, literal, null, select, text, union_all
from sqlalchemy.orm import aliased, joinedload

from helpdesk import clock
from helpdesk.database import pagination
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import search
from helpdesk.extensions import db
from helpdesk.models.form import Form, FormVersion
from helpdesk.models.organization import Organization
from helpdesk.models.priorities import Priority
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.saved_view import SavedView
from helpdesk.models.sla import SlaTimer
from helpdesk.models.statuses import UNSOLVED, UNSOLVED_SQL, WAITING_ON, Status, WaitingOn
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

STATUS_VIEWS: dict[str, list[Status]] = {}  # which unsolved statuses each view of the queue lists
for _status in UNSOLVED:
    STATUS_VIEWS.setdefault(_status.definition.desk_view or _status.value, []).append(_status)
FIRST_VIEW = next(iter(STATUS_VIEWS))
VIEW_LABELS = {
    "mine": "Mine",
    "unassigned": "Unassigned",
    **{view: statuses[0].definition.team_label for view, statuses in STATUS_VIEWS.items()},
    "at_risk": "At risk",
    "solved": "Recently solved",
    "all": "All tickets",
}
FILTER_NAMES = ("view", "q", "status", "assignee", "organization", "priority", "form", "age", "sort")
SORT_LABELS = {"": "Latest activity", "waiting": "Waiting longest", "oldest": "Filed first", "newest": "Filed last"}
AGE_LABELS = {"1": "Older than a day", "3": "Older than 3 days", "7": "Older than a week", "30": "Older than a month"}
RECENT_PERIOD = timedelta(days=7)
AT_RISK_WITHIN = timedelta(hours=2)  # what is due within it counts as at risk
MAX_COUNT = 1_000  # a view that is not kept small by work is counted no further
MAX_FILTER_OPTIONS = 300  # names offered in a list to choose from

_UNSOLVED = text(f"tickets.{UNSOLVED_SQL}")
_AT_RISK_TICKETS = select(SlaTimer.ticket_id).where(SlaTimer.due_at.is_not(None), SlaTimer.due_at <= bindparam("soon"))


def _unsolved_condition(*statuses: Status) -> tuple:
    """Only those ``statuses``, said by what they are not: of two conditions that mean nearly the same PostgreSQL expects next to
    nothing to be left, and reads all that is unsolved where the first page would do."""
    return _UNSOLVED, Ticket.status.not_in([status for status in UNSOLVED if status not in statuses])


# What a view and a filter ask of a ticket. Queries are put together once from these and asked with each person's values.
VIEW_CONDITIONS = {
    "mine": (_UNSOLVED, Ticket.assignee_id == bindparam("reader")),
    "unassigned": (_UNSOLVED, Ticket.assignee_id.is_(None)),
    **{view: _unsolved_condition(*statuses) for view, statuses in STATUS_VIEWS.items()},
    "at_risk": (Ticket.id.in_(_AT_RISK_TICKETS),),
    "solved": (Ticket.status == Status.solved, Ticket.solved_at >= bindparam("lately")),
    "all": (),
}
FILTER_CONDITIONS = {
    "status": Ticket.status == bindparam("status"),
    "priority": Ticket.priority == bindparam("priority"),
    "nobody": Ticket.assignee_id.is_(None),
    "assignee": Ticket.assignee_id == bindparam("assignee"),
    "organization": Ticket.organization_id
    == select(Organization.id).where(Organization.slug == bindparam("organization")).scalar_subquery(),
    "form": Ticket.form_version_id.in_(select(FormVersion.id).join(Form).where(Form.slug == bindparam("form"))),
    "before": Ticket.created_at <= bindparam("before"),
}
_ASSIGNEE_GROUP = case(
    (Ticket.assignee_id.is_(None), "nobody"), (Ticket.assignee_id == bindparam("reader"), "me"), else_="other"
)
COUNTS_QUERY = union_all(
    select(Ticket.status.label("status"), _ASSIGNEE_GROUP.label("whose"), func.count().label("number"))
    .where(_UNSOLVED)
    .group_by(Ticket.status, _ASSIGNEE_GROUP),
    *(
        select(literal(view), literal(""), func.count()).select_from(some.limit(MAX_COUNT).subquery())
        for view, some in (
            ("solved", select(Ticket.id).where(*VIEW_CONDITIONS["solved"])),
            ("at_risk", _AT_RISK_TICKETS.distinct()),
        )
    ),
)
_NULL_TEXT = cast(null(), String)
FILTER_OPTIONS = union_all(
    *(
        select(part.order_by(part.selected_columns.name).limit(MAX_FILTER_OPTIONS).subquery())
        for part in (
            select(
                literal("agent").label("kind"),
                cast(User.id, String).label("value"),
                User.name.label("name"),
                User.email.label("more"),
            ).where(User.organization_id.is_(None), User.role != "requester", User.deactivated_at.is_(None)),
            select(literal("organization"), Organization.slug, Organization.name, _NULL_TEXT),
            select(literal("form"), Form.slug, Form.name, _NULL_TEXT).where(Form.archived_at.is_(None)),
            select(literal("view"), cast(SavedView.id, String), SavedView.name, cast(SavedView.filters, String)).where(
                (SavedView.owner_id == bindparam("reader")) | SavedView.shared
            ),
        )
    )
)
SORT_ORDERS = {
    "": pagination.Order(((Ticket.updated_at, True), (Ticket.id, True))),
    "waiting": pagination.Order(((Ticket.turn_since, False), (Ticket.id, False))),
    "oldest": pagination.Order(((Ticket.created_at, False), (Ticket.id, False))),
    "newest": pagination.Order(((Ticket.created_at, True), (Ticket.id, True))),
}


@dataclass(frozen=True)
class QueueView:
    """One entry beside the queue: its key in the address, its name, and how many tickets it holds (None: not counted)."""

    key: str
    label: str
    count: int | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FilterChoices:
    """What the filters offer, each as (value, name)."""

    agents: list[tuple[str, str]]
    organizations: list[tuple[str, str]]
    forms: list[tuple[str, str]]
    saved: list[QueueView]


class QueueRow(NamedTuple):
    """A ticket as the queue shows it."""

    number: int
    subject: str
    excerpt: str
    status: str
    turn_since: datetime
    priority: str
    version: int
    unread: bool
    due_at: datetime | None
    organization: str
    requester: str
    assignee: str | None
    assignee_picture: str | None

    @property
    def waiting_on(self) -> WaitingOn | None:
        """Who has to act next, as for the ticket itself."""
        return WAITING_ON[Status(self.status)]


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue; ``next`` and ``previous`` are cursors."""

    tickets: list
    next: str | None
    previous: str | None


def normalize_filters(arguments: Mapping[str, str]) -> dict[str, str]:
    """The filters among ``arguments``, by name; what is unknown or empty becomes an empty text, the view FIRST_VIEW."""
    filters = {name: (arguments.get(name) or "").replace("\x00", "").strip()[:200] for name in FILTER_NAMES}
    if filters["view"] not in VIEW_LABELS:
        filters["view"] = FIRST_VIEW
    if filters["sort"] not in SORT_LABELS:
        filters["sort"] = ""
    return filters


def list_views(user: User) -> list[QueueView]:
    """The fixed views with their counts, in one query."""
    counts = _count_views(user)
    return [QueueView(key, label, counts.get(key)) for key, label in VIEW_LABELS.items()]


def load_filter_choices(user: User) -> FilterChoices:
    """Agents, organizations, forms, and the saved views ``user`` may use; one query."""
    found: dict[str, list] = {"agent": [], "organization": [], "form": [], "view": []}
    for kind, value, name, more in db.session.execute(FILTER_OPTIONS, {"reader": user.id}):
        found[kind].append((value, name or more.partition("@")[0]) if kind != "view" else (value, name, more))
    return FilterChoices(
        agents=sorted(found["agent"], key=lambda pair: pair[1].lower()),
        organizations=sorted(found["organization"], key=lambda pair: pair[1].lower()),
        forms=sorted(found["form"], key=lambda pair: pair[1].lower()),
        saved=[QueueView(value, name, None, _read_filters(more)) for value, name, more in found["view"]],
    )


def fetch_queue_page(
    user: User, filters: Mapping[str, str], after: str | None = None, size: int = pagination.PAGE_SIZE
) -> QueuePage:
    """A page of the tickets that ``filters`` (see ``clean``) describe, as rows to show. One query."""
    filters = normalize_filters(filters)
    values = _parse_filters(user, filters)
    found, sought = search.build_search(user, filters["q"])
    pages = _page_query(permissions.get_visibility(user), filters["view"], tuple(values), filters["sort"], found)
    page = pages.at(after, size, values | sought | _bind_values(user))
    return QueuePage([_make_row(*row) for row in page.rows], page.next, page.previous)


def fetch_tickets_page(
    user: User, filters: Mapping[str, str], after: str | None = None, size: int = pagination.PAGE_SIZE
) -> QueuePage:
    """The same page as tickets, with their people and organizations, for those who tell more of them. One query."""
    query, order, values = _filtered_query(user, normalize_filters(filters))
    query = query.options(
        joinedload(Ticket.organization, innerjoin=True),
        joinedload(Ticket.requester, innerjoin=True),
        joinedload(Ticket.assignee),
    )
    page = pagination.PagedQuery(query, order).at(after, size, values)
    return QueuePage([row[0] for row in page.rows], page.next, page.previous)


def filtered_query(user: User, filters: Mapping[str, str]) -> tuple[Select[tuple[Ticket]], dict[str, Any]]:
    """Every ticket that ``filters`` describe, in no order, and the values of the query's parameters: for exports."""
    query, _, values = _filtered_query(user, normalize_filters(filters))
    return query, values


def _filtered_query(user: User, filters: dict[str, str]) -> tuple[Select, pagination.Order, dict[str, Any]]:
    values = _parse_filters(user, filters)
    found, sought = search.build_search(user, filters["q"])
    query = _apply_filters(select(Ticket), permissions.get_visibility(user), filters["view"], values, found)
    return query, _sort_order(filters["sort"], found), values | sought | _bind_values(user)


def _parse_filters(user: User, filters: dict[str, str]) -> dict[str, Any]:
    """The values of those CONDITIONS that ``filters`` ask for."""
    values: dict[str, Any] = {}
    if filters["status"] in list(Status):
        values["status"] = filters["status"]
    if filters["priority"] in list(Priority):
        values["priority"] = filters["priority"]
    if filters["assignee"] == "none":
        values["nobody"] = None
    elif filters["assignee"] == "me":
        values["assignee"] = user.id
    elif _is_id(filters["assignee"]):
        values["assignee"] = int(filters["assignee"])
    if filters["organization"]:
        values["organization"] = filters["organization"]
    if filters["form"]:
        values["form"] = filters["form"]
    if filters["age"] in AGE_LABELS:
        values["before"] = clock.now() - timedelta(days=int(filters["age"]))
    return values


def _bind_values(user: User) -> dict[str, Any]:
    """What views ask for beside the filters: who looks, and when."""
    now = clock.now()
    return permissions.bind_params(user) | {"soon": now + AT_RISK_WITHIN, "lately": now - RECENT_PERIOD}


def _apply_filters(
    query: Select, scope: permissions.Visibility, view: str, names: Iterable[str], found: Subquery | None
) -> Select:
    query = query.where(
        *permissions.visible_condition(scope), *VIEW_CONDITIONS[view], *(FILTER_CONDITIONS[name] for name in names)
    )
    return query if found is None else query.join(found, found.c.ticket_id == Ticket.id)


def _sort_order(sort: str, found: Subquery | None) -> pagination.Order:
    if found is not None and not sort:
        return pagination.Order(((found.c.rank, False), (Ticket.id, True)))
    return SORT_ORDERS[sort]


@lru_cache(maxsize=500)
def _page_query(
    scope: permissions.Visibility, view: str, names: tuple[str, ...], sort: str, found: Subquery | None
) -> pagination.PagedQuery:
    """What the queue shows of a view's tickets under the CONDITIONS called ``names``, for whoever has this scope."""
    assignee = aliased(User)
    seen = select(ReadReceipt.seq).where(ReadReceipt.user_id == bindparam("reader"), ReadReceipt.ticket_id == Ticket.id)
    due = select(func.min(SlaTimer.due_at)).where(SlaTimer.ticket_id == Ticket.id)
    query = (
        select(
            *(
                Ticket.id,
                Ticket.subject,
                Ticket.excerpt,
                Ticket.status,
                Ticket.turn_since,
                Ticket.priority,
                Ticket.version,
            ),
            func.coalesce(seen.scalar_subquery(), 0) < Ticket.next_seq - 1,
            *(due.scalar_subquery(), Organization.name, User.name, User.email),
            *(assignee.name, assignee.email, assignee.picture_url),
        )
        .join(Ticket.organization)
        .join(Ticket.requester)
        .outerjoin(Ticket.assignee.of_type(assignee))
    )
    return pagination.PagedQuery(_apply_filters(query, scope, view, names, found), _sort_order(sort, found))


def _make_row(
    number, subject, excerpt, status, since, priority, version, unread, due_at, organization, *people
) -> QueueRow:
    name, email, assignee, their_email, picture = people[:5]
    who = name or email.partition("@")[0]
    if their_email:
        assignee = assignee or their_email.partition("@")[0]
    return QueueRow(
        number,
        subject,
        excerpt,
        status,
        since,
        priority,
        version,
        bool(unread),
        due_at,
        organization,
        who,
        assignee,
        picture,
    )


def _count_views(user: User) -> dict[str, int]:
    counts = {key: 0 for key in VIEW_LABELS if key != "all"}
    for status, whose, number in db.session.execute(COUNTS_QUERY, _bind_values(user)):
        for view in _views_containing(status, whose):
            counts[view] += number
    return counts


def _views_containing(status: str, whose: str) -> list[str]:
    if not whose:
        return [status]
    views = [view for view, statuses in STATUS_VIEWS.items() if status in statuses]
    return views + {"me": ["mine"], "nobody": ["unassigned"]}.get(whose, [])


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _read_filters(text: str) -> dict[str, str]:
    found = json.loads(text)
    return {name: str(found[name]) for name in FILTER_NAMES if found.get(name)}

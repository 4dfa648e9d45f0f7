"""The queries of the team's queue, built once: conditions of views and filters, counts, filter options and pages.

Unsolved tickets are in partial indexes (see models.ticket); a query uses such an index if it repeats its condition,
``UNSOLVED_SQL``, word for word.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Subquery,
    TextClause,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import aliased

from helpdesk.database import kept_plan, pagination, transactions
from helpdesk.database.built_once import built_once
from helpdesk.database.sql_functions import json_rows
from helpdesk.database.types import BigId, UtcDateTime
from helpdesk.domain.people import permissions
from helpdesk.domain.people.organizations import IS_PRESENT
from helpdesk.domain.ticket_lists import search_matches
from helpdesk.domain.ticket_lists.search_conditions import SEARCH_CONDITIONS
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.follower import Follower
from helpdesk.models.form import Form, FormVersion
from helpdesk.models.needed_by import needed_by
from helpdesk.models.organization import Organization
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.saved_view import SavedView
from helpdesk.models.statuses import UNSOLVED, UNSOLVED_SQL, WAITING_ON, Status, WaitingOn
from helpdesk.models.tag import Tag, TicketTag
from helpdesk.models.ticket import NEEDED_BY, TAG_TEXT, Ticket
from helpdesk.models.user import User

AnySelect = Select[*tuple[Any, ...]]
Conditions = tuple[ColumnElement[bool] | TextClause, ...]

STATUS_VIEWS: dict[str, list[Status]] = {}  # the unsolved statuses that each view of the queue lists
for _status in UNSOLVED:
    STATUS_VIEWS.setdefault(_status.definition.desk_view or _status.value, []).append(_status)
MAX_COUNT = 1_000  # views that may grow without limit are counted up to this
MAX_FILTER_OPTIONS = 300  # entries offered in one list of a filter

_UNSOLVED = text(f"tickets.{UNSOLVED_SQL}")


def _write_literals(statuses: Iterable[Status]) -> list[ColumnElement[str]]:
    return [literal_column(f"'{status}'") for status in statuses]


def _make_view_conditions(ticket: Any, is_unsolved: ColumnElement[bool] | TextClause) -> dict[str, Conditions]:
    """The conditions of each view for the columns of ``ticket``."""

    def has_one(statuses: Iterable[Status]) -> ColumnElement[bool]:
        """Whether an unsolved ticket has one of ``statuses``, written as the exclusion of the other ones.

        Combined with ``_UNSOLVED``, an inclusion makes PostgreSQL expect almost no rows: it then reads all unsolved
        tickets where the first page would be enough.
        """
        has: ColumnElement[bool] = ticket.status.not_in(
            _write_literals(status for status in UNSOLVED if status not in statuses)
        )
        return has

    return {
        "mine": (is_unsolved, ticket.assignee_id == bindparam("reader")),
        "unassigned": (is_unsolved, ticket.assignee_id.is_(None)),
        **{view: (is_unsolved, has_one(statuses)) for view, statuses in STATUS_VIEWS.items()},
        # A range of the index of this order.
        "at_risk": (is_unsolved, needed_by(ticket.next_due_at, ticket.status) <= bindparam("soon")),
        "solved": (ticket.status == _write_literals([Status.solved])[0], ticket.solved_at >= bindparam("lately")),
        "all": (),
    }


# Conditions of each view and each filter. Queries are built from them once and executed with the values of each user.
VIEW_CONDITIONS = _make_view_conditions(Ticket, _UNSOLVED)
_VIEW_COLUMNS = (Ticket.status, Ticket.assignee_id, Ticket.next_due_at, Ticket.solved_at)
# All tickets that the counted views have, each with what its views depend on: an index has it, no ticket is read.
_NO_TIME = cast(null(), UtcDateTime)
_COUNTED_PARTS = (
    select(Ticket.status, Ticket.assignee_id, Ticket.next_due_at, _NO_TIME.label("solved_at"))
    .where(_UNSOLVED)
    .order_by(Ticket.status, Ticket.assignee_id, Ticket.priority),
    select(*(Ticket.status, cast(null(), BigId).label("assignee_id"), _NO_TIME.label("next_due_at"), Ticket.solved_at))
    .where(*VIEW_CONDITIONS["solved"])
    .order_by(Ticket.solved_at.desc()),
)
FILTER_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "status": Ticket.status == bindparam("status"),
    "priority": Ticket.priority == bindparam("priority"),
    "nobody": Ticket.assignee_id.is_(None),
    "assignee": Ticket.assignee_id == bindparam("assignee"),
    "organization": Ticket.organization_id == bindparam("organization"),
    "form": Ticket.form_version_id.in_(bindparam("form", expanding=True, type_=BigId)),
    "requester": Ticket.requester_id == bindparam("requester"),
    "before": Ticket.created_at <= bindparam("before"),
    "tag": Ticket.id.in_(select(TicketTag.ticket_id).where(TicketTag.tag_id == bindparam("tag"))),
    **SEARCH_CONDITIONS,
}
# What names in a URL stand for. The pages' conditions have the ids, because PostgreSQL knows how frequent an id is, and
# not what a subquery will find: for a rare form it would read all tickets in the order of the page.
ID_QUERIES: dict[str, AnySelect] = {
    "organization": select(Organization.id).where(Organization.slug == bindparam("name")),
    "form": select(FormVersion.id).join(Form).where(Form.slug == bindparam("name")),
    "tag": select(Tag.id).where(Tag.name == bindparam("name")),
}
_NULL_TEXT = cast(null(), String)
_FILTER_OPTIONS = [
    select(part.order_by(part.selected_columns.name).limit(MAX_FILTER_OPTIONS).subquery())
    for part in (
        select(
            literal("agent").label("kind"),
            cast(User.id, String).label("value"),
            User.name.label("name"),
            User.email.label("more"),
        ).where(User.organization_id.is_(None), User.role != "requester", User.deactivated_at.is_(None)),
        select(literal("organization"), Organization.slug, Organization.name, _NULL_TEXT).where(IS_PRESENT),
        select(literal("form"), Form.slug, Form.name, _NULL_TEXT).where(Form.archived_at.is_(None)),
        select(literal("tag"), Tag.name, Tag.name, _NULL_TEXT).where(Tag.ended_at.is_(None)),
        select(literal("view"), cast(SavedView.id, String), SavedView.name, cast(SavedView.filters, String)).where(
            (SavedView.owner_id == bindparam("reader")) | SavedView.shared
        ),
        select(literal("macro"), cast(CannedReply.id, String), CannedReply.title.label("name"), _NULL_TEXT).where(
            (CannedReply.owner_id == bindparam("reader")) | CannedReply.owner_id.is_(None)
        ),
    )
]
SORT_ORDERS = {
    "": pagination.Order(((Ticket.updated_at, True), (Ticket.id, True))),
    "waiting": pagination.Order(((Ticket.turn_since, False), (Ticket.id, False))),
    "oldest": pagination.Order(((Ticket.created_at, False), (Ticket.id, False))),
    "newest": pagination.Order(((Ticket.created_at, True), (Ticket.id, True))),
}
SORT_ORDERS["activity"] = SORT_ORDERS[""]  # by name, for views that have another order of their own

# The latest activity of tickets with one status. Because their order begins with it, and they are asked for by a range,
# PostgreSQL reads them from the index of both. By an equation it would take the index of the activity alone, and pass
# all later tickets, since it takes statuses to be spread evenly over time.
BY_STATUS = pagination.Order(((Ticket.status, True), *SORT_ORDERS[""].columns))
_OF_ONE_STATUS: ColumnElement[bool] = Ticket.status.between(bindparam("status"), bindparam("status"))
(_SOLVED,) = _write_literals([Status.solved])
_LATELY_SOLVED: Conditions = (
    Ticket.status.between(_SOLVED, _SOLVED),
    kept_plan.hide_values(Ticket.solved_at >= bindparam("lately")),
)

# What needs us: what is due first, then what has waited for the team longest, then what waits for others.
NEED_ORDER = pagination.Order(((NEEDED_BY, False), (Ticket.turn_since, False), (Ticket.id, False)))
VIEWS_BY_NEED = {
    "mine",
    "unassigned",
    "at_risk",
    *(view for view, statuses in STATUS_VIEWS.items() if WAITING_ON[statuses[0]] is WaitingOn.team),
}


@built_once(maxsize=8)
def filter_options_query(counted: AnySelect | None) -> AnySelect:
    """Build the query of what the filters offer, as one text; ``counted``: a query of one number that comes with it."""
    parts = list(_FILTER_OPTIONS)
    if counted is not None:
        number = cast(counted.scalar_subquery(), String)
        parts.append(select(literal("number"), number, _NULL_TEXT, _NULL_TEXT))
    return select(json_rows(*union_all(*parts).subquery().c))


def find_ids(filter_name: str, name: str) -> list[int]:
    """Return the ids that ``name`` stands for in the filter, none if it is unknown. One query."""
    return list(transactions.execute_core(ID_QUERIES[filter_name], {"name": name}).scalars())


def apply_filters(
    query: AnySelect, scope: permissions.Visibility, view: str, names: Iterable[str], matches: Subquery | None
) -> AnySelect:
    """Restrict ``query`` to the visible tickets of ``view`` that match the conditions ``names`` and the search."""
    return search_matches.join_matches(query.where(*_conditions(scope, view, names)), matches)


def _conditions(
    scope: permissions.Visibility, view: str, names: Iterable[str], is_by_status: bool = False
) -> Conditions:
    return (
        *permissions.visible_condition(scope),
        *(_LATELY_SOLVED if is_by_status and view == "solved" else VIEW_CONDITIONS[view]),
        *(_OF_ONE_STATUS if is_by_status and name == "status" else FILTER_CONDITIONS[name] for name in names),
    )


@built_once(maxsize=500)
def counts_query(scope: permissions.Visibility, names: tuple[str, ...]) -> CompoundSelect[tuple[str, str, int, int]]:
    """Build the query that counts the tickets that match ``names`` without a search; cached.

    Unsolved ones by status and by whose they are, with how many of them are at risk, in one pass over an index that has
    what is filtered by; what was solved lately up to MAX_COUNT, as the status "solved" of "".
    """
    at_risk = func.count().filter(Ticket.next_due_at <= bindparam("soon"))
    columns = Ticket.status, Ticket.assignee_id, func.count().label("number"), at_risk.label("at_risk")
    of_each = apply_filters(select(*columns), scope, "all", names, None).where(_UNSOLVED)
    each = of_each.group_by(Ticket.status, Ticket.assignee_id).subquery().c  # in the order of the index, so not sorted
    whose = case((each.assignee_id.is_(None), "nobody"), (each.assignee_id == bindparam("reader"), "me"), else_="other")
    numbers = (cast(func.sum(number), BigId) for number in (each.number, each.at_risk))
    conditions = _conditions(scope, "solved", names)
    solved = select(Ticket.id).where(*(conditions if names else map(kept_plan.hide_values, conditions)))
    some = solved.limit(kept_plan.fixed_limit(MAX_COUNT)).subquery()
    return union_all(
        select(each.status, whose, *numbers).group_by(each.status, whose),
        select(literal("solved"), literal(""), func.count(), literal(0)).select_from(some),
    )


@built_once(maxsize=500)
def found_counts_query(
    scope: permissions.Visibility, names: tuple[str, ...], matches: Subquery, are_many: bool
) -> CompoundSelect[tuple[str, int]]:
    """Build the query that counts, by view, the tickets that match ``names`` and the search; cached.

    Only views of few tickets are counted. What was found, at most a thousand, is read once for all of them. If that are
    many and there is no filter, it is compared with the tickets of the views, unless these are more. ``matches`` names
    the kind of database, for which a query is cached.
    """
    query = apply_filters(select(*_VIEW_COLUMNS), scope, "all", names, None)
    parts = (
        [] if names or not are_many else [each.where(*permissions.visible_condition(scope)) for each in _COUNTED_PARTS]
    )
    found = search_matches.look_up(query, scope, parts).subquery().c
    views = _make_view_conditions(found, found.status.in_(_write_literals(UNSOLVED)))
    counts = {view: func.count().filter(and_(*conditions)) for view, conditions in views.items() if conditions}
    row = select(*(count.label(view) for view, count in counts.items())).offset(0).cte("counts")
    return union_all(*(select(literal(view), row.c[view]) for view in counts))


def sort_order(sort: str, matches: Subquery | None, view: str = "") -> pagination.Order:
    """Return the order called ``sort``.

    Without one, search results go by rank, and the tickets of some views by what needs the team.
    """
    if view in VIEWS_BY_NEED and not sort and matches is None:
        return NEED_ORDER
    if matches is not None and not sort:
        return pagination.Order(((matches.c.rank, False), (matches.c.ticket_id, True)))
    return SORT_ORDERS[sort]


@built_once(maxsize=500)
def page_query(
    scope: permissions.Visibility, view: str, names: tuple[str, ...], sort: str, matches: Subquery | None
) -> pagination.PagedQuery:
    """Build the query of the columns that the queue shows; cached.

    ``names`` are keys of FILTER_CONDITIONS. The statement has parameters in place of a user's values, so that it serves
    every user with this ``scope``.
    """
    assignee = aliased(User)
    seen = select(ReadReceipt.seq).where(ReadReceipt.user_id == bindparam("reader"), ReadReceipt.ticket_id == Ticket.id)
    follows = exists().where(Follower.user_id == bindparam("reader"), Follower.ticket_id == Ticket.id)
    is_concerned = or_(Ticket.assignee_id.is_(None), Ticket.assignee_id == bindparam("reader"), follows)
    query = (
        select(
            *(Ticket.id, Ticket.subject, Ticket.excerpt, Ticket.status),
            *(Ticket.turn_since, Ticket.priority, Ticket.version),
            and_(func.coalesce(seen.scalar_subquery(), 0) < Ticket.next_seq - 1, is_concerned),
            *(Ticket.next_due_at, Organization.name, User.name, User.email),
            *(assignee.name, assignee.email, assignee.picture_url, TAG_TEXT, Ticket.updated_at),
        )
        .join(Ticket.organization)
        .join(Ticket.requester)
        .outerjoin(Ticket.assignee.of_type(assignee))
    )
    is_by_status = matches is None and (view == "solved" or "status" in names)
    is_by_status = is_by_status and sort_order(sort, matches, view) is SORT_ORDERS[""]
    keeps_plan = matches is None and not names  # the views are served by indexes of their orders
    if search_matches.are_looked_up(scope, sort, matches):
        matches = search_matches.look_up_in_order(_conditions(scope, view, names))
    else:
        conditions = _conditions(scope, view, names, is_by_status)
        if view == "mine" and keeps_plan:  # the plan for somebody without tickets would look cheaper than one for all
            conditions = tuple(map(kept_plan.hide_values, conditions))
        query = query.where(*conditions)
    query = search_matches.join_matches(query, matches)
    order = BY_STATUS if is_by_status else sort_order(sort, matches, view)
    return pagination.PagedQuery(query, order, keeps_plan=keeps_plan)

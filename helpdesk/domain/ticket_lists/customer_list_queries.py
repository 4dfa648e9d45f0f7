"""The queries of a customer's list, built once: conditions of filters, orders, pages and counts."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    union_all,
)

from helpdesk.database import kept_plan, pagination
from helpdesk.database.built_once import built_once
from helpdesk.database.combined_query import CombinedQuery
from helpdesk.database.types import BigId
from helpdesk.domain.forms.published import NAMES as FORM_NAMES
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import search, search_matches
from helpdesk.models.form import Form
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.statuses import UNSOLVED_SQL, Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

AnySelect = Select[*tuple[Any, ...]]

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
MAX_REQUESTERS = 200  # offered in the filter
MAX_COUNT = 1_000  # tickets of a status are counted up to this, so that the cost of a page stays bounded
# The order makes PostgreSQL follow an index and not scan the whole table.
COUNT_QUERIES = {
    scope: union_all(
        *(
            select(literal(status.value), func.count()).select_from(
                select(Ticket.id)
                .where(*some, Ticket.status == literal_column(f"'{status}'"))
                .order_by(Ticket.updated_at.desc())
                .limit(bindparam("most"))
                .subquery()
            )
            for status in Status
            for some in permissions.visible_parts(scope)
        )
    )
    for scope in permissions.Visibility
}
# What the list's filters offer, as (kind, value, name, address, place in order).
_PEOPLE = (
    select(
        literal("person").label("kind"),
        cast(User.id, String).label("value"),
        User.name.label("name"),
        User.email.label("email"),
        literal(0).label("place"),
    )
    .where(User.organization_id == bindparam("organization_id"), bindparam("sees_others", type_=Boolean))
    .order_by(User.search_words, User.id)
    .limit(MAX_REQUESTERS)
)
_FORMS = FORM_NAMES.with_only_columns(literal("form"), Form.slug, Form.name, literal(""), Form.position)
OPTIONS_QUERY = union_all(*(select(part.subquery()) for part in (_PEOPLE, _FORMS)))
COUNTS_AND_OPTIONS = {scope: CombinedQuery(query, OPTIONS_QUERY) for scope, query in COUNT_QUERIES.items()}


def list_conditions(scope: permissions.Visibility, names: Iterable[str]) -> list[ColumnElement[bool]]:
    """The conditions of the visible tickets that the filters ``names`` leave."""
    return [*permissions.visible_condition(scope), *(FILTER_CONDITIONS[name] for name in names)]


def sort_order(sort: str, matches: Subquery | None) -> pagination.Order:
    """Return the order called ``sort``; without one what was found goes by rank."""
    if matches is not None and sort not in SORT_ORDERS:
        return pagination.Order(((matches.c.rank, False), (matches.c.ticket_id, True)))
    return SORT_ORDERS.get(sort, SORT_ORDERS["updated"])


@built_once(maxsize=500)
def page_query(
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
    shown = (Ticket.id, Ticket.subject, Ticket.excerpt, Ticket.status, Ticket.public_version, Ticket.updated_at, unread)
    query = (
        select(*shown, User.name, User.email, User.picture_url)
        .outerjoin(Ticket.requester)
        .outerjoin(ReadReceipt, is_receipt)
    )
    parts: list[AnySelect] = []
    # Only this order has an index by organization, which serves a small one as well as a large one.
    keeps_plan = matches is None and not names and not sort and scope == permissions.Visibility.organization
    if matches is None and scope == permissions.Visibility.own:
        filters = [FILTER_CONDITIONS[name] for name in names]
        parts = [select(Ticket.id).where(*some, *filters) for some in permissions.visible_parts(scope)]
    elif search_matches.are_looked_up(scope, sort, matches):
        matches = search_matches.look_up_in_order(list_conditions(scope, names))
    elif keeps_plan:
        query = query.where(*map(kept_plan.hide_values, permissions.visible_condition(scope)))
    else:
        query = query.where(*list_conditions(scope, names))
    query = search_matches.join_matches(query, matches)
    return pagination.PagedQuery(query, sort_order(sort, matches), parts, keeps_plan)


@built_once(maxsize=500)
def count_query(scope: permissions.Visibility, names: tuple[str, ...], matches: Subquery | None) -> AnySelect:
    """Build the query that counts by status what ``page_query`` lists; cached in the same way."""
    if matches is not None:
        found = search_matches.look_up(select(Ticket.status).where(*list_conditions(scope, names)), scope)
        some = found.limit(MAX_COUNT + 1).subquery()
    else:
        some = _list_statuses(scope, names).limit(MAX_COUNT + 1).subquery()
    return select(some.c.status, func.count()).group_by(some.c.status)


@built_once(maxsize=8)
def unsolved_count_query(scope: permissions.Visibility, matches: Subquery) -> AnySelect | None:
    """Build the query that counts by status what a search found, the solved tickets left out unless many are unsolved.

    What was found is compared with the unsolved tickets of the reader. None where it is not looked up.
    """
    if not search_matches.are_looked_up(scope, "", matches):
        return None
    tickets = select(Ticket.status).where(*permissions.visible_condition(scope))
    unsolved = tickets.where(text(f"tickets.{UNSOLVED_SQL}")).order_by(Ticket.updated_at.desc())
    some = search_matches.look_up(tickets, scope, [unsolved]).subquery()
    return select(some.c.status, func.count()).group_by(some.c.status)


def _list_statuses(scope: permissions.Visibility, names: tuple[str, ...]) -> CompoundSelect[tuple[str]]:
    filters = [FILTER_CONDITIONS[name] for name in names]
    parts = [select(Ticket.status).where(*some, *filters) for some in permissions.visible_parts(scope)]
    return union_all(*(select(part.limit(MAX_COUNT + 1).subquery().c.status) for part in parts))

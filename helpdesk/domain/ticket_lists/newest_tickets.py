"""The newest tickets of the people, organizations and tags that a search names, without reading all of theirs."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, select, union_all

from helpdesk.database import transactions
from helpdesk.database.built_once import built_once
from helpdesk.domain.ticket_lists.search_conditions import SEARCH_CONDITIONS
from helpdesk.domain.ticket_lists.search_request import MAX_CANDIDATES
from helpdesk.models.ticket import Ticket

# Of each of these the database has its tickets in the order of their last activity.
ORDERED_COLUMNS = {"search_org": Ticket.organization_id, "search_from": Ticket.requester_id}
MOST_APART = 8  # of more, the newest tickets of all are read and compared
NEWEST_FIRST = (Ticket.updated_at.desc(), Ticket.id.desc())


def list_newest(conditions: Sequence[str], values: dict[str, Any], named: str, ids: Sequence[int]) -> Iterable[int]:
    """The ids of the newest MAX_CANDIDATES tickets that meet ``conditions`` and are of one of ``ids``. One query.

    ``conditions`` and ``named`` are names of SEARCH_CONDITIONS; ``ids``: the value of ``named``.
    """
    if named in ORDERED_COLUMNS and len(ids) <= MOST_APART:
        query = _newest_of_each(tuple(conditions), named, len(ids))
        values = values | {f"{named}_{place}": id for place, id in enumerate(ids)}
    else:
        query = _newest((*conditions, named))
        values = values | {named: ids}
    return transactions.execute_core(query, values).scalars()


@built_once()
def _newest(conditions: tuple[str, ...]) -> Select[int]:
    query = select(Ticket.id).where(*(SEARCH_CONDITIONS[name] for name in conditions))
    return query.order_by(*NEWEST_FIRST).limit(MAX_CANDIDATES)


@built_once()
def _newest_of_each(conditions: tuple[str, ...], named: str, number: int) -> Select[int]:
    """The newest of each of ``number`` ids from an index, and of these the newest: the planner would sort them all."""
    others = [SEARCH_CONDITIONS[name] for name in conditions]
    parts = [
        select(Ticket.id, Ticket.updated_at)
        .where(ORDERED_COLUMNS[named] == bindparam(f"{named}_{place}"), *others)
        .order_by(*NEWEST_FIRST)
        .limit(MAX_CANDIDATES)
        .subquery()
        for place in range(number)
    ]
    together = union_all(*(select(part) for part in parts)).subquery()
    newest = together.c.updated_at.desc(), together.c.id.desc()
    return select(together.c.id).order_by(*newest).limit(MAX_CANDIDATES)

"""What a search found, as parts of the queries of pages: numbers of tickets and ranks, given as parameters."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    Subquery,
    TextClause,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    not_,
    select,
    true,
    union_all,
)

from helpdesk.database.built_once import built_once
from helpdesk.database.types import ArrayText, BigId
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists.search_request import Candidates
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket

AnySelect = Select[*tuple[Any, ...]]
MAX_COMPARED = 1_000  # tickets that are read and compared with the found ones, in place of looking these up
_IDS = bindparam("found_ids", type_=ArrayText("BIGINT"))
_RANKS = bindparam("found_ranks", type_=ArrayText("INTEGER"))


def is_sqlite() -> bool:
    """Whether the database is SQLite."""
    return db.session.get_bind().dialect.name == "sqlite"


def bind_matches(found: Candidates) -> dict[str, Any]:
    """Return the parameters of the functions below."""
    if is_sqlite():
        return {"found": "[" + ",".join(f"[{ticket_id},{rank}]" for ticket_id, rank in found.items()) + "]"}
    return bind_numbers(found) | {"found_ranks": _array_text(found.values())}


def bind_numbers(found: Candidates) -> dict[str, Any]:
    """Return the parameters of ``look_up``."""
    return bind_matches(found) if is_sqlite() else {"found_ids": _array_text(found)}


def _array_text(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


def matches_subquery() -> Subquery:
    """Return the subquery with the columns ``ticket_id`` and ``rank``: one object for each kind of database."""
    return _matches_subquery(is_sqlite())


def join_matches(query: AnySelect, matches: Subquery | None) -> AnySelect:
    """Return ``query`` for the found tickets only; ``matches``: None without a search."""
    return query if matches is None else query.join(matches, matches.c.ticket_id == Ticket.id)


def are_looked_up(scope: permissions.Visibility, sort: str, matches: Subquery | None) -> bool:
    """Whether a list with this order looks each found ticket of ``scope`` up by its number.

    One plan for all values then serves, and PostgreSQL keeps it: planning takes longer than reading a page. Not for who
    sees their own tickets only, with those that they follow: it would expect to list these for each look-up. Joined,
    SQLite reads what was found again for each ticket of an organization, and PostgreSQL all of some ten thousand
    tickets for a thousand of them.
    """
    return matches is not None and not sort and scope != permissions.Visibility.own and not is_sqlite()


def look_up_in_order(conditions: Sequence[ColumnElement[bool] | TextClause]) -> Subquery:
    """Return ``matches_subquery`` for the found tickets that meet ``conditions``, where ``are_looked_up``.

    They are in the order of a page, and no more of them are looked up than it shows.
    """
    found = matches_subquery()
    if not conditions:
        return found
    ticket = _of_number(select(Ticket.id).where(*conditions), found)
    query = select(found.c.ticket_id, found.c.rank).select_from(found.join(ticket, true()))
    return query.order_by(found.c.rank, found.c.ticket_id.desc()).subquery("looked_up")


def look_up(
    query: AnySelect, scope: permissions.Visibility, parts: Sequence[AnySelect] = ()
) -> AnySelect | CompoundSelect[*tuple[Any, ...]]:
    """Return ``query``, whose rows are tickets of ``scope``, for the found tickets.

    ``parts``: queries of the same columns for the tickets whose rows count, if those of others do not, in the order of
    an index that has these columns. Where these are few, they are compared with what was found, which takes a fifth of
    the time of as many look-ups.
    """
    if not are_looked_up(scope, "", matches_subquery()):
        return query.where(Ticket.id.in_(select(matches_subquery().c.ticket_id)))
    ids = func.unnest(_IDS).table_valued(column("ticket_id", BigId), name="found").render_derived()
    ticket = _of_number(query, ids)
    looked_up = select(ticket).select_from(ids.join(ticket, true()))
    if not parts:
        return looked_up
    most = MAX_COMPARED + 1
    of_parts = (part.add_columns(Ticket.id.label("ticket_id")).limit(most) for part in parts)
    few = union_all(*(select(part.subquery()) for part in of_parts)).limit(most).cte("few")
    are_few = select(func.count()).select_from(few).scalar_subquery() <= MAX_COMPARED
    columns = [each for each in few.c if each.name != "ticket_id"]
    compared = select(*columns).select_from(few.join(ids, ids.c.ticket_id == few.c.ticket_id))
    return union_all(compared.where(are_few), looked_up.where(not_(are_few)))


def _of_number(query: AnySelect, found: Any) -> FromClause:
    """The row of ``query`` that is the ticket of each row of ``found``: OFFSET 0 keeps it a look-up."""
    return query.where(Ticket.id == found.c.ticket_id).offset(0).correlate(found).lateral("ticket")


@built_once(maxsize=2)
def _matches_subquery(for_sqlite: bool) -> Subquery:
    if for_sqlite:
        pair = func.json_each(bindparam("found")).table_valued("value")
        ticket_id, rank = (
            cast(func.json_extract(pair.c.value, literal_column(f"'$[{place}]'")), Integer) for place in (0, 1)
        )
        return select(ticket_id.label("ticket_id"), rank.label("rank")).subquery("found")
    pairs = func.unnest(_IDS, _RANKS).table_valued(column("ticket_id", BigId), column("rank", Integer), name="pairs")
    pairs = pairs.render_derived()
    # In the order of a page, so that as many tickets are read as it shows.
    return select(pairs.c.ticket_id, pairs.c.rank).order_by(pairs.c.rank, pairs.c.ticket_id.desc()).subquery("found")

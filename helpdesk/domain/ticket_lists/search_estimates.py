"""What PostgreSQL expects of a search before it is made, kept for a minute: how many entries have its words.

These numbers decide in which way the index is asked, and none of them is shown: what is found has every term and may be
seen, whatever was expected. PostgreSQL's own statistics are as old as the last ANALYZE.
"""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import TextClause, select, text

from helpdesk.database import kept_plan, transactions
from helpdesk.database.built_once import built_once
from helpdesk.models.ticket import Ticket

KEPT_SECONDS = 60
MAX_KEPT = 5_000  # queries
NEWEST_TICKET = select(Ticket.id).order_by(Ticket.id.desc()).limit(kept_plan.fixed_limit(1))
# When it was asked, and how many entries were expected, by query; at None the number of the newest ticket.
_kept: dict[str | None, tuple[float, int]] = {}


def expect_rows(queries: Sequence[str]) -> list[int]:
    """Return how many entries each query is expected to match, each a tsquery. One statement, which reads none."""
    known = {query: _recall(query) for query in queries}
    if asked := [query for query, rows in known.items() if rows is None]:
        for query, rows in zip(asked, _ask(asked), strict=True):
            known[query] = _keep(query, rows)
    return [known[query] or 0 for query in queries]


def expect_newest() -> int:
    """Return the number of the newest ticket, as it was in the last minute."""
    kept = _recall(None)
    return find_newest() if kept is None else kept


def find_newest() -> int:
    """Return the number of the newest ticket as it is now, 0 without any. One statement."""
    return _keep(None, transactions.execute_core(NEWEST_TICKET).scalar() or 0)


def clear() -> None:
    """Forget what was expected."""
    _kept.clear()


def _recall(query: str | None) -> int | None:
    kept = _kept.get(query)
    return kept[1] if kept and time.monotonic() - kept[0] < KEPT_SECONDS else None


def _keep(query: str | None, number: int) -> int:
    if len(_kept) >= MAX_KEPT:
        _kept.clear()
    _kept[query] = time.monotonic(), number
    return number


def _ask(queries: Sequence[str]) -> list[int]:
    values = {f"query_{place}": query for place, query in enumerate(queries)}
    result = transactions.execute_core(_explain(len(queries)), values, is_planned_anew=True)
    return _planned_rows(result.scalar_one()[0]["Plan"], len(queries))


@built_once(maxsize=16)
def _explain(count: int) -> TextClause:
    one = "SELECT ticket_id FROM ticket_search WHERE words @@ CAST(:query_{} AS tsquery)"
    return text("EXPLAIN (FORMAT JSON) " + " UNION ALL ".join(one.format(place) for place in range(count)))


def _planned_rows(plan: dict[str, Any], count: int) -> list[int]:
    """The rows that PostgreSQL expects of each of ``count`` queries, of which ``plan`` is one, or a union.

    A large table is read by several processes: then the union stands below a Gather, and a query that they share names
    the rows of each process (PostgreSQL's documentation, "Parallel Plans").
    """
    processes = 1
    while count > 1 and len(plan["Plans"]) == 1:
        processes += plan.get("Workers Planned", 0)
        plan = plan["Plans"][0]
    plans = plan["Plans"] if count > 1 else [plan]
    return [int(each["Plan Rows"]) * (processes if each["Parallel Aware"] else 1) for each in plans]

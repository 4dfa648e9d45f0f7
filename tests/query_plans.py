"""How PostgreSQL would execute the statements of a page: with the values at hand, and as one plan for all values."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from psycopg import sql
from sqlalchemy import event
from sqlalchemy.engine import Engine

from helpdesk.database import transactions

LARGE_TABLES = {
    "answers",
    "attachments",
    "audit_log",
    "deliveries",
    "events",
    "inbound_events",
    "messages",
    "read_receipts",
    "sla_timers",
    "threads",
    "ticket_search",
    "tickets",
}
PARAMETER = re.compile(r"%\((\w+)\)s|%%")


class Statement(NamedTuple):
    """A statement that was executed, with its values; ``is_planned_anew``: it never has a plan for all values."""

    text: str
    values: dict[str, Any]
    is_planned_anew: bool


class Fault(NamedTuple):
    """A step of a plan that reads or sorts more than it should."""

    step: str
    table: str
    rows: float


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """The queries that are executed in the block."""
    found: list[Statement] = []

    def note(_connection: Any, _cursor: Any, text: str, values: Any, context: Any, _many: bool) -> None:
        if text.lstrip().startswith(("SELECT", "WITH", "(SELECT")) and isinstance(values, dict):
            found.append(Statement(text, dict(values), bool(context.execution_options.get(transactions.PLANNED_ANEW))))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def find_faults(connection: Any, statement: Statement, most_sorted: float) -> dict[str, list[Fault]]:
    """Sequential scans of large tables and sorts of more than ``most_sorted`` rows, by the kind of plan.

    ``connection``: one of psycopg, in a transaction of its own.
    """
    found = {}
    with _prepared(connection, statement) as (cursor, call, has_values):
        for kind in ("custom", "generic") if has_values and not statement.is_planned_anew else ("custom",):
            cursor.execute(f"SET LOCAL plan_cache_mode = force_{kind}_plan")
            cursor.execute(sql.SQL("EXPLAIN (FORMAT JSON) ") + call)
            faults = list(_walk(cursor.fetchone()[0][0]["Plan"], most_sorted))
            if faults:
                found[kind] = faults
    return found


def explain(connection: Any, statement: Statement) -> str:
    """The plan for the values at hand, as PostgreSQL writes it."""
    with _prepared(connection, statement) as (cursor, call, _):
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        cursor.execute(sql.SQL("EXPLAIN ") + call)
        return "\n".join(row[0] for row in cursor.fetchall())


def keeps_plan(connection: Any, statement: Statement) -> bool:
    """Whether PostgreSQL uses one plan for all values once it has executed the statement some times."""
    with _prepared(connection, statement) as (cursor, call, has_values):
        for _ in range(8):  # five times a plan is made for the values at hand
            cursor.execute(call)
        cursor.execute("SELECT generic_plans FROM pg_prepared_statements WHERE name = 'planned'")
        return not has_values or cursor.fetchone()[0] > 0


@contextmanager
def _prepared(connection: Any, statement: Statement) -> Iterator[tuple[Any, Any, bool]]:
    """Prepare the statement; yields a cursor, the statement that executes it, and whether it has values."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%"
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    text = PARAMETER.sub(number, statement.text)
    values = sql.SQL(", ").join(sql.Literal(statement.values[name]) for name in names)
    call = sql.SQL("EXECUTE planned ({})").format(values) if names else sql.SQL("EXECUTE planned")
    cursor = connection.cursor()
    cursor.execute(f"PREPARE planned AS {text}".encode())
    try:
        yield cursor, call, bool(names)
    finally:
        cursor.execute("DEALLOCATE planned")


def _walk(plan: dict[str, Any], most_sorted: float) -> Iterator[Fault]:
    below = plan.get("Plans", [])
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in LARGE_TABLES:
        yield Fault("Seq Scan", plan["Relation Name"], plan["Plan Rows"])
    if plan["Node Type"] == "Sort" and below[0]["Plan Rows"] > most_sorted:
        yield Fault("Sort", ", ".join(plan["Sort Key"]), below[0]["Plan Rows"])
    for each in below:
        yield from _walk(each, most_sorted)

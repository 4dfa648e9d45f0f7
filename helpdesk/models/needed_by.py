"""By when a ticket needs the team, as one expression that an index has: what is due first, then whose turn it is."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from helpdesk.database.types import UtcDateTime
from helpdesk.models.statuses import WaitingOn, statuses_waiting_on

OUR_TURN, NOT_OUR_TURN = "8000-01-01 00:00:00.000000", "9000-01-01 00:00:00.000000"
_TURN = (
    f"IN ({', '.join(repr(status.value) for status in statuses_waiting_on(WaitingOn.team))})"
    " THEN {time}'" + OUR_TURN + "{zone}' ELSE {time}'" + NOT_OUR_TURN + "{zone}' END"
)


class needed_by(FunctionElement[Any]):  # noqa: N801, since it is written as a function of SQL
    """The due time of a ticket; without one, a time behind all of them, the earlier one if it waits on the team.

    Written with constants, because the databases use an index of an expression only for the same expression.
    """

    type = UtcDateTime()
    name = "needed_by"
    inherit_cache = True


@compiles(needed_by, "sqlite")
def _compile_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return _compile(element, compiler, _TURN.format(time="", zone=""), options)


@compiles(needed_by, "postgresql")
def _compile_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return _compile(element, compiler, _TURN.format(time="timestamptz ", zone="+00"), options)


def _compile(element: Any, compiler: SQLCompiler, turn: str, options: dict[str, Any]) -> str:
    due_at, status = (compiler.process(clause, **options) for clause in element.clauses)
    return f"coalesce({due_at}, CASE WHEN {status} {turn})"

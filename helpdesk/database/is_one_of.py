"""Whether a column is in the rows of a subquery, for a condition beside OR."""

from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class is_one_of(FunctionElement[bool]):  # noqa: N801, since it is written as a function of SQL
    """Whether a column is in the rows of a scalar subquery of few rows that does not depend on it.

    On PostgreSQL the rows are read once, as an array, and looked up in an index. Beside OR, ``IN (SELECT ...)`` is
    served by no index: whoever had filed one of 49,000 tickets of their organization had all of them read.
    """

    type = Boolean()
    name = "is_one_of"
    inherit_cache = True


@compiles(is_one_of, "sqlite")
def _compile_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, rows = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN {rows}"


@compiles(is_one_of, "postgresql")
def _compile_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, rows = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY (ARRAY{rows})"

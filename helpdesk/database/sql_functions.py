"""Functions of SQL that SQLite and PostgreSQL write differently."""

from typing import Any

from sqlalchemy import Boolean, Text
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
def _is_one_of_in_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, rows = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN {rows}"


@compiles(is_one_of, "postgresql")
def _is_one_of_in_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, rows = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY (ARRAY{rows})"


class has_text(FunctionElement[bool]):  # noqa: N801, since it is written as a function of SQL
    """Whether the first text has the second in it, as it is: no sign of it is a wildcard, as in LIKE."""

    type = Boolean()
    name = "has_text"
    inherit_cache = True


@compiles(has_text, "sqlite")
def _has_text_in_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)}) > 0"


@compiles(has_text, "postgresql")
def _has_text_in_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)}) > 0"


class may_have_words(FunctionElement[bool]):  # noqa: N801, since it is written as a function of SQL
    """Whether words with spaces between them match a tsquery, by an index of PostgreSQL (migration 0065).

    SQLite has none: there it is always true, so that it only stands beside what it lets through.
    """

    type = Boolean()
    name = "may_have_words"
    inherit_cache = True


@compiles(may_have_words, "sqlite")
def _may_have_words_in_sqlite(_element: Any, _compiler: SQLCompiler, **_options: Any) -> str:
    return "1 = 1"


@compiles(may_have_words, "postgresql")
def _may_have_words_in_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    words, query = (compiler.process(clause, **options) for clause in element.clauses)
    return f"array_to_tsvector(array_remove(string_to_array({words}, ' '), '')) @@ CAST({query} AS tsquery)"


class json_rows(FunctionElement[str]):  # noqa: N801, since it is written as a function of SQL
    """The columns of all rows as a JSON array of arrays, as a text; without rows an empty array, or NULL.

    With hundreds of short rows the driver and SQLAlchemy take longer than the query.
    """

    type = Text()
    name = "json_rows"
    inherit_cache = True


@compiles(json_rows, "sqlite")
def _json_rows_in_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(json_rows, "postgresql")
def _json_rows_in_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **options)})) AS TEXT)"

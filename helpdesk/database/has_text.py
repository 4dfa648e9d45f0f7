"""Whether a text has another one in it, as it is: no sign of it is a wildcard, as in LIKE."""

from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class has_text(FunctionElement[bool]):  # noqa: N801, since it is written as a function of SQL
    """Whether the first text has the second in it, also in the same case."""

    type = Boolean()
    name = "has_text"
    inherit_cache = True


@compiles(has_text, "sqlite")
def _compile_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)}) > 0"


@compiles(has_text, "postgresql")
def _compile_postgresql(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)}) > 0"


class may_have_words(FunctionElement[bool]):  # noqa: N801, since it is written as a function of SQL
    """Whether words with spaces between them match a tsquery, by an index of PostgreSQL (migration 0065).

    SQLite has none: there it is always true, so that it only stands beside what it lets through.
    """

    type = Boolean()
    name = "may_have_words"
    inherit_cache = True


@compiles(may_have_words, "sqlite")
def _compile_always(_element: Any, _compiler: SQLCompiler, **_options: Any) -> str:
    return "1 = 1"


@compiles(may_have_words, "postgresql")
def _compile_match(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    words, query = (compiler.process(clause, **options) for clause in element.clauses)
    return f"array_to_tsvector(array_remove(string_to_array({words}, ' '), '')) @@ CAST({query} AS tsquery)"

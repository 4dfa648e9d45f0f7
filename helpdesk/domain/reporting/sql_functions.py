"""SQL functions for durations, compiled for SQLite and PostgreSQL."""

import json
from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class seconds_between(FunctionElement[float]):
    """Seconds from the first of two times to the second, as a number; NULL if one is NULL."""

    type = Float()
    inherit_cache = True
    name = "seconds_between"


@compiles(seconds_between, "sqlite")
def _compile_for_sqlite(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    begin, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((julianday({end}) - julianday({begin})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _compile_for_postgresql(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    begin, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM (CAST({end} AS timestamptz) - CAST({begin} AS timestamptz))) AS double precision)"


class list_of(FunctionElement[Any]):
    """The values of a group that are not NULL, in no order; ``read_list`` makes them a list."""

    inherit_cache = True
    name = "list_of"


@compiles(list_of, "sqlite")
def _compile_list_for_sqlite(element: list_of, compiler: SQLCompiler, **options: Any) -> str:
    value = compiler.process(next(iter(element.clauses)), **options)
    return f"json_group_array({value}) FILTER (WHERE {value} IS NOT NULL)"


@compiles(list_of, "postgresql")
def _compile_list_for_postgresql(element: list_of, compiler: SQLCompiler, **options: Any) -> str:
    value = compiler.process(next(iter(element.clauses)), **options)
    return f"array_remove(array_agg({value}), NULL)"  # the value may be a query, which a FILTER would execute again


def read_list(value: Any) -> list[Any]:
    """Return what ``list_of`` selected as a list."""
    return json.loads(value) if isinstance(value, str) else value or []

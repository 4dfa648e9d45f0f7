"""Let PostgreSQL keep one plan of a statement that every page executes.

A statement is prepared at its fifth use, and planned anew for its values as long as that looks cheaper than one plan
for all of them: by estimated costs, in which planning itself counts for next to nothing (documentation of PostgreSQL,
PREPARE). For a page of rows that an index finds, planning takes three times as long as reading.
"""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, TextClause, literal_column, select
from sqlalchemy.sql import visitors


def fixed_limit(most: int) -> ColumnElement[int]:
    """Return ``most`` for a LIMIT, as a part of the statement.

    Where it is a parameter, a plan for all values expects a tenth of the rows, and never looks cheap.
    """
    return literal_column(str(most), Integer)


def hide_values(condition: ColumnElement[bool] | TextClause) -> ColumnElement[bool]:
    """Return ``condition`` with each named parameter as a subquery, whose value no plan knows.

    For conditions that one index serves for frequent and rare values alike: the plan for all values then costs what the
    one for these values does, and is kept.
    """

    def hide(element: Any, **_: Any) -> Any:
        is_named = isinstance(element, BindParameter) and element.required and not element.expanding
        return select(element).scalar_subquery() if is_named else None

    return visitors.replacement_traverse(condition, {}, hide)

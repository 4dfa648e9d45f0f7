"""Several queries in one statement.

A statement costs the application some 0.1 ms whatever it finds. What a page always asks together it asks at once.
"""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CompoundSelect,
    Integer,
    Select,
    String,
    Text,
    cast,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.types import TypeEngine

from helpdesk.database import transactions
from helpdesk.database.types import UtcDateTime

AnySelect = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
# A column of a kind can have the values of any query's columns of this kind. Booleans before numbers.
KINDS: tuple[tuple[type[TypeEngine[Any]], TypeEngine[Any]], ...] = (
    (UtcDateTime, UtcDateTime()),
    (Boolean, Boolean()),
    (Integer, BigInteger()),
    (String, Text()),
    (JSON, JSON()),
)


class CombinedQuery:
    """Queries with at least two columns each, whose parameters of one name have one value.

    One UNION ALL: the rows of each have the columns that it needs, of those that any needs, and NULL in the others. The
    rows of a query keep its order.
    """

    def __init__(self, *queries: AnySelect) -> None:
        kinds: list[TypeEngine[Any]] = []  # of the columns of the statement after the first, which says of which query
        placed: list[list[int]] = []
        for query in queries:
            free = list(range(len(kinds)))
            places = []
            for column in query.selected_columns:
                kind = _find_kind(column.type)
                place = next((place for place in free if kinds[place] is kind), None)
                if place is None:
                    place = len(kinds)
                    kinds.append(kind)
                else:
                    free.remove(place)
                places.append(place)
            placed.append(places)
        parts = []
        for number, (query, places) in enumerate(zip(queries, placed, strict=True)):
            columns: list[Any] = [null() if number else cast(null(), kind) for kind in kinds]
            for place, column in zip(places, query.subquery(f"p{number}").c, strict=True):
                columns[place] = column if number else type_coerce(column, kinds[place])
            if not number:  # the first part gives the columns their names and types
                columns = [column.label(f"v{place}") for place, column in enumerate(columns)]
            parts.append(select(literal_column(str(number), Integer).label("part"), *columns))
        self.statement = union_all(*parts)
        self._take = [itemgetter(*(place + 1 for place in places)) for places in placed]

    def fetch(self, values: Mapping[str, Any]) -> list[list[tuple[Any, ...]]]:
        """Return the rows of each query, in the order of the queries."""
        found: list[list[tuple[Any, ...]]] = [[] for _ in self._take]
        for row in transactions.execute_core(self.statement, values):
            number = row[0]
            found[number].append(self._take[number](row))
        return found


def _find_kind(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    for kind, of_statement in KINDS:
        if isinstance(type_, kind):
            return of_statement
    raise TypeError(f"a query with columns of {type_!r} cannot be combined")

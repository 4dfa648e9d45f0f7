"""Make loaded objects of the rows of a query for columns, without the ORM's loading.

For each query the ORM prepares how every column of every class is read, which costs several times what a page takes
from the one row. ``docs/performance.md`` has the numbers.
"""

from collections.abc import Collection, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from helpdesk.extensions import Model, db

T = TypeVar("T", bound=Model)


class LoadedColumns(Generic[T]):
    """The columns of a model, or of an ``alias`` of it, in a query, and the objects that its rows make.

    The columns ``without`` are loaded when somebody reads them; ``also`` names those that the model computes.
    """

    def __init__(
        self, model: type[T], alias: Any = None, without: Collection[str] = (), also: Collection[str] = ()
    ) -> None:
        self._model = model
        self._names = [each.name for each in model.__table__.c if each.name not in without] + list(also)
        self._key_positions = [self._names.index(column.name) for column in model.__table__.primary_key]
        self.columns = [getattr(alias if alias is not None else model, name) for name in self._names]

    def take(self, values: Sequence[Any]) -> tuple[T | None, Sequence[Any]]:
        """Return the object of the first of ``values``, None where an outer join found no row, and the other values.

        An object that the open session has already keeps what is loaded of it.
        """
        width = len(self._names)
        key = tuple([values[position] for position in self._key_positions])
        return (None if key[0] is None else self._make(key, values[:width])), values[width:]

    def reload(self, values: Sequence[Any]) -> T:
        """Return the object of a row, with the row's values: for what was locked, whatever was loaded of it before.

        If any is another one, its relationships are loaded anew when somebody reads them.
        """
        row = self._make(tuple([values[position] for position in self._key_positions]), values)
        loaded = vars(row)
        changed = [pair for pair in zip(self._names, values, strict=True) if loaded[pair[0]] != pair[1]]
        for name, value in changed:
            set_committed_value(row, name, value)
        related = [each.key for each in inspect(self._model).relationships if each.key in loaded] if changed else []
        if related:
            db.session.expire(row, related)
        return row

    def _make(self, key: tuple[Any, ...], values: Sequence[Any]) -> T:
        session = db.session()
        known: T | None = session.identity_map.get(identity_key(self._model, key))
        if known is not None:
            loaded = vars(known)
            for name, value in zip(self._names, values, strict=True):
                if name not in loaded:
                    set_committed_value(known, name, value)
            return known
        new = self._model()
        vars(new).update(zip(self._names, values, strict=True))
        make_transient_to_detached(new)
        session.add(new)
        return new


def relate(row: Model, name: str, related: Model | Sequence[Model] | None) -> None:
    """Let the relationship ``name`` of ``row`` be loaded, with ``related``, unless it is."""
    if name not in vars(row):
        set_committed_value(row, name, related)

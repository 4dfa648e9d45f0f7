"""The order in which people expect names: É beside E, in any case, the same on every database.

SQLite, and PostgreSQL with the locale C, order by code points, with É after Z and a after Z. So short lists are sorted
here once they are read. What a database orders itself, because it returns a part of a long list, it orders by the
folded words that are kept beside names (``search_words``).
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from helpdesk.markup.search_folding import fold

Named = TypeVar("Named")


@lru_cache(maxsize=10_000)
def name_key(name: str) -> tuple[str, str, str]:
    """Return what ``name`` is sorted by: its folded words, and where these are the same, how it is written."""
    return " ".join(fold(name).split()), name.casefold(), name


def sort_by_name(found: Iterable[Named], get_name: Callable[[Named], str]) -> list[Named]:
    """Return ``found`` sorted by what ``get_name`` returns for each; what has the same name stays in its order."""
    return sorted(found, key=lambda each: name_key(get_name(each)))

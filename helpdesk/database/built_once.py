"""Build a statement when it is first needed, by one thread, and keep it for all threads of the process.

SQLAlchemy (2.1) makes the columns of an alias or a subquery when somebody first reads them, under no lock where Python
has its own for all threads. Two threads that read them at once may each get columns of their own. A statement that one
of them keeps then names columns that its table does not know, and cannot be compiled as long as the process lives.
"""

import functools
import threading
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_building = threading.RLock()  # one for all, as statements share aliases and subqueries, and one is built of another


class BuiltOnce(Generic[P, T]):
    """A function whose results are kept by its arguments. Of all of these functions one runs at a time."""

    def __init__(self, build: Callable[P, T], maxsize: int | None) -> None:
        functools.update_wrapper(self, build)
        self._kept = functools.lru_cache(maxsize)(build)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        with _building:
            return self._kept(*args, **kwargs)

    def cache_clear(self) -> None:
        """Forget all results."""
        self._kept.cache_clear()


def built_once(maxsize: int | None = 128) -> Callable[[Callable[P, T]], BuiltOnce[P, T]]:
    """Decorate a function that builds statements, or what they are built of; ``maxsize`` results are kept."""
    return lambda build: BuiltOnce(build, maxsize)

"""One search: what to look for, and for whom."""

from dataclasses import dataclass, field
from typing import Any

from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists.search_syntax import Term
from helpdesk.models.user import User

MAX_CANDIDATES = 1000  # tickets of a search
MAX_SIMILAR = 50  # tickets
Candidates = dict[int, int]  # the rank of each ticket, by its id: a smaller one is better


@dataclass(frozen=True)
class Search:
    """What to look for: ``terms``, under conditions on the ticket (keys of SEARCH_CONDITIONS), for a reader.

    ``newest``: the number of the newest ticket, if that was asked for already.
    """

    reader: User
    terms: tuple[Term, ...]
    conditions: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    newest: int = 0

    @property
    def scope(self) -> permissions.Visibility:
        """Which tickets the reader may see."""
        return permissions.get_visibility(self.reader)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the conditions and of what the reader may see."""
        return self.values | permissions.bind_params(self.reader)

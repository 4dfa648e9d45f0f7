"""What a search on PostgreSQL asks of the index: terms in the syntax of a tsquery, and limits to the newest tickets."""

import math
from collections.abc import Iterator
from functools import cached_property

from sqlalchemy import bindparam, select

from helpdesk.database import transactions
from helpdesk.database.types import UtcDateTime
from helpdesk.domain.search_index.entries import BUCKET_BITS, WIDE_BUCKET_BITS, bucket_word, scope_word
from helpdesk.domain.ticket_lists import search_estimates
from helpdesk.domain.ticket_lists.search_request import Search
from helpdesk.domain.ticket_lists.search_syntax import Term
from helpdesk.models.ticket import Ticket

MAX_ENTRIES = 1100  # of the rarest term that are read, as PostgreSQL expects them: enough for MAX_CANDIDATES tickets
MAX_ESTIMATED = 6  # tokens of a phrase of which the rarest is looked for
MAX_BUCKETS = 24  # named in one search; more tickets are named by wide buckets, and still more not at all
WIDEN_BY = 8
NEWEST_BEFORE = (
    select(Ticket.id)
    .where(Ticket.created_at < bindparam("before", type_=UtcDateTime()))
    .order_by(Ticket.created_at.desc(), Ticket.id.desc())
    .limit(1)
)
ENTRIES_PER_TICKET = 3  # about


class Range:
    """The numbers of the tickets to search: up to ``last``, of ``newest`` in all.

    They are asked for where a search is limited to them: most are not, and only need to know how large the index is.
    """

    def __init__(self, search: Search) -> None:
        self._search = search

    @cached_property
    def newest(self) -> int:
        """The number of the newest ticket now."""
        return self._search.newest or search_estimates.find_newest()

    @cached_property
    def last(self) -> int:
        """The number of the last ticket to search: with ``before:`` a time the last one before it."""
        before = self._search.values.get("search_before") if "search_before" in self._search.conditions else None
        if before is None:
            return self.newest
        return transactions.execute_core(NEWEST_BEFORE, {"before": before}).scalar() or 0

    @property
    def entries(self) -> int:
        """How many entries the index has, about."""
        return ENTRIES_PER_TICKET * (self._search.newest or search_estimates.expect_newest())


def limit_to_readable(search: Search) -> dict[str, str]:
    """Return a limit to what a customer's organization may find, none for the team."""
    return {} if search.reader.is_team else {"readable": f"'{scope_word(search.reader.organization_id or 0)}'"}


def readable_query(search: Search, term: Term) -> str:
    """Return ``term`` in the syntax of a tsquery, limited to what a customer's organization may find."""
    return scoped(search, term_query(term))


def scoped(search: Search, query: str) -> str:
    """Return ``query``, limited to what a customer's organization may find."""
    return " & ".join([*limit_to_readable(search).values(), query])


def term_query(term: Term) -> str:
    """Return ``term`` in the syntax of a tsquery. Tokens are characters and digits: nothing has to be escaped."""
    end = ":*" if term.is_prefix else ""
    parts = ["(" + " <-> ".join(f"'{token}'" for token in tokens) + f"{end})" for tokens in term.alternatives]
    return "(" + " | ".join(parts) + ")"


def estimated_queries(term: Term) -> list[str]:
    """Return what to ask PostgreSQL's expectation of, of which the least counts."""
    if len(term.alternatives) > 1 or len(term.alternatives[0]) == 1:
        return [term_query(term)]
    return [f"'{token}'" for token in dict.fromkeys(term.alternatives[0][:MAX_ESTIMATED])]


def newest_first(expected: int, among: Range) -> Iterator[dict[str, str]]:
    """Limits for a query that ``expected`` entries match: to the newest tickets, to more of them, then none.

    Imported tickets may be older than ones with lower numbers: the last one before a time is no limit in the end.
    """
    if expected > MAX_ENTRIES:
        wanted = among.newest * MAX_ENTRIES / expected
        while wanted < among.last and (limit := limit_to_newest(among, wanted)):
            yield limit
            wanted *= WIDEN_BY
        if among.last < among.newest and (limit := limit_to_newest(among, among.last)):
            yield limit
    yield {}


def limit_to_newest(among: Range, wanted: float) -> dict[str, str]:
    """A limit to the ``wanted`` newest tickets, or some more; none if that takes too many buckets."""
    first = max(among.last - math.ceil(wanted), 0) + 1
    for bits, is_wide in ((BUCKET_BITS, False), (WIDE_BUCKET_BITS, True)):
        buckets = range(among.last >> bits, (first >> bits) - 1, -1)
        if len(buckets) <= min(MAX_BUCKETS, among.newest >> bits):
            return {"newest": " | ".join(f"'{bucket_word(bucket, is_wide)}'" for bucket in buckets)}
    return {}

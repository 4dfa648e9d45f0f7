"""Searches on PostgreSQL.

What PostgreSQL expects of each term decides how many of the newest tickets are searched, so that a word that is nearly
everywhere costs no more than a rare one: neighbouring tickets have a word of the index in common, their bucket. Each
statement is planned for its words; a generic plan would read the whole index for every one.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func, select

from helpdesk.database import transactions
from helpdesk.domain.search_index.entries import (
    BUCKET_BITS,
    WIDE_BUCKET_BITS,
    bucket_word,
    scope_word,
)
from helpdesk.domain.ticket_lists import search_postgresql_statements
from helpdesk.domain.ticket_lists.search_request import MAX_CANDIDATES, Candidates, Search
from helpdesk.domain.ticket_lists.search_syntax import Term
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket

MAX_ENTRIES = 1200  # of the rarest term that are read, as PostgreSQL expects them: enough for MAX_CANDIDATES tickets
MAX_SIMILAR_ENTRIES = 2000  # of all terms of a search for similar tickets
MAX_ESTIMATED = 6  # tokens of a phrase of which the rarest is looked for
FEW_CANDIDATES = 25  # if fewer are found among the newest tickets, more tickets are searched
TOGETHER = 4  # words are in one entry at most once in so many entries of the rarest, unless they belong together
MAX_BUCKETS = 24  # named in one search; more tickets are named by wide buckets, and still more not at all
WIDEN_BY = 8
# Of entries that are compared one by one, newest first, where the index would list all of a beginning of words.
COMPARED_MATCHES = 600
ENTRIES_PER_TICKET = 3  # about
SOON_LISTED = 1200  # entries, which are listed at once in a database of any size
COMPARING_COSTS = 3  # times what it costs to list an entry of the index
# Entries of a beginning of words. Where it has more, the frequent words that begin so are asked for by themselves.
MAX_LISTED = 20_000
EVERYWHERE = 7  # a word that is in one entry of so many is soon found by comparing

AnySelect = Select[*tuple[Any, ...]]


def find_candidates(search: Search) -> Candidates:
    """Find the newest tickets that have every term; implements ``search_candidates.find_candidates``."""
    expected, readable = _expected_rows(search, search.terms)
    terms_by_rarity = sorted(zip(expected, search.terms, strict=True), key=lambda each: each[0])
    newest = _find_newest_id()
    by_words = _name_frequent_words(search, terms_by_rarity, readable, newest)
    if by_words is not None:
        found = _find_newest(by_words, min(expected), newest)
        if len(found) >= FEW_CANDIDATES:
            return _rank(found)
    queries = [_readable_query(search, term) for _, term in terms_by_rarity]
    if any(term.is_prefix for term in search.terms):
        found = _find_by_comparing(search, queries, min(expected), readable, newest)
        if len(found) >= FEW_CANDIDATES:
            return _rank(_find_in_one_entry(search, min(expected), newest) | found if len(queries) > 1 else found)
    statement = search_postgresql_statements.match_terms(len(queries), search.scope, search.conditions)
    found = {}
    for limits in _newest_first(min(expected), newest):
        terms = {f"term_{place}": query + limits for place, query in enumerate(queries)}
        of_first_pass = not found
        found |= _execute(statement, search.parameters | terms)
        if limits and of_first_pass and len(queries) > 1:
            found = _find_in_one_entry(search, min(expected), newest) | found
        if len(found) >= FEW_CANDIDATES:
            break
    return _rank(found)


def find_similar(search: Search) -> Candidates:
    """Find tickets that have one of the rarest terms; implements ``search_candidates.find_similar``."""
    expected, readable = _expected_rows(search, search.terms)
    by_rarity = sorted(zip(expected, search.terms, strict=True), key=lambda each: each[0])
    newest = _find_newest_id()
    by_words = _name_frequent_words(search, by_rarity, readable, newest)
    terms_by_rarity = by_words.terms if by_words else [term for _, term in by_rarity]
    rarest: list[str] = []
    total = 0
    for (rows, _), term in zip(by_rarity, terms_by_rarity, strict=True):
        if rarest and total + rows > MAX_SIMILAR_ENTRIES:
            break
        rarest.append(_readable_query(search, term))
        total += rows
    limits = next(_newest_first(total, newest))
    terms = {f"term_{place}": query for place, query in enumerate(rarest)}
    any_term = " | ".join(f"({query}{limits})" for query in rarest)
    statement = search_postgresql_statements.match_any_term(len(rarest), search.scope)
    found = _execute(statement, search.parameters | terms | {"any_term": any_term})
    return [(ticket_id, -score) for ticket_id, score in found.items()]


def find_places(search: Search, ticket_ids: list[int]) -> list[tuple[int, int]]:
    """Find where in its ticket each match is; implements ``search_candidates.find_places``."""
    any_term = " | ".join(f"({_readable_query(search, term)})" for term in search.terms)
    rows = transactions.execute_core(
        search_postgresql_statements.find_newest_entries(), {"any_term": any_term, "ticket_ids": ticket_ids}
    )
    return [(row.ticket_id, row.seq) for row in rows if row.seq is not None]


def find_known_words(words: list[str]) -> list[str]:
    """Find which words the index has; implements ``search_candidates.find_known_words``."""
    return list(
        transactions.execute_core(
            search_postgresql_statements.match_words(), {"words": words}, is_planned_anew=True
        ).scalars()
    )


def _rank(found: dict[int, int]) -> Candidates:
    return [(ticket_id, -found[ticket_id]) for ticket_id in sorted(found, reverse=True)[:MAX_CANDIDATES]]


def _find_newest_id() -> int:
    return db.session.scalar(select(func.max(Ticket.id))) or 0


def _name_frequent_words(
    search: Search, by_rarity: Sequence[tuple[int, Term]], readable: int | None, newest: int
) -> Search | None:
    """Return a search for the frequent words that begin as the terms do; None if it would find no sooner.

    PostgreSQL lists all entries of a beginning of words, wherever they are, before it combines it with anything, and
    skips through those of whole words. Its own statistics name the frequent ones. ``by_rarity``: how many entries are
    expected of each term, and the term, the rarest first; ``readable``: see ``_find_by_comparing``; ``newest``: the
    newest ticket's id.
    """
    entries = ENTRIES_PER_TICKET * newest
    among = max(entries if readable is None else readable, 1)
    terms = [term for _, term in by_rarity]
    rarest = by_rarity[0][0]
    if rarest * entries / among < MAX_LISTED or rarest * EVERYWHERE > among:
        return None
    beginnings = [tokens[0] for term in terms if term.is_prefix for tokens in term.alternatives if len(tokens) == 1]
    if not beginnings:
        return None
    statement = search_postgresql_statements.list_frequent_words()
    frequent = list(transactions.execute_core(statement, {"beginnings": beginnings}).scalars())
    named = []
    for term in terms:
        words = [word for word in frequent for tokens in term.alternatives if word.startswith(tokens[0])]
        is_one_word = term.is_prefix and all(len(tokens) == 1 for tokens in term.alternatives)
        if is_one_word and words:
            term = replace(term, alternatives=tuple((word,) for word in dict.fromkeys(words)), is_prefix=False)
        named.append(term)
    return replace(search, terms=tuple(named)) if tuple(named) != tuple(terms) else None


def _find_newest(search: Search, expected: int, newest: int) -> dict[int, int]:
    """Return tickets that have every term, the newest ones and those that have all in one entry.

    ``search.terms`` begin with the rarest, which ``expected`` entries have.
    """
    statement = search_postgresql_statements.match_terms(len(search.terms), search.scope, search.conditions)
    queries = [_readable_query(search, term) for term in search.terms]
    found: dict[int, int] = {}
    for limits in _newest_first(expected, newest):
        if not limits:
            break
        terms = {f"term_{place}": query + limits for place, query in enumerate(queries)}
        of_first_pass = not found
        found |= _execute(statement, search.parameters | terms)
        if of_first_pass and len(queries) > 1:
            found = _find_in_one_entry(search, expected, newest) | found
        if len(found) >= FEW_CANDIDATES:
            break
    return found


def _find_by_comparing(
    search: Search, queries: Sequence[str], expected: int, readable: int | None, newest: int
) -> dict[int, int]:
    """Return tickets among the newest that have every term; none if listing the entries of a term costs less.

    ``expected``: entries of the rarest term; ``readable``: those that a customer may read, None for the team.
    """
    entries = ENTRIES_PER_TICKET * newest
    readable = min(readable, entries) if readable else entries
    if expected <= SOON_LISTED or not readable:
        return {}
    compared = min(readable, COMPARED_MATCHES * readable / expected)
    if compared * COMPARING_COSTS > expected * entries / readable:
        return {}
    wanted = newest * compared / readable
    values: dict[str, Any] = {"above": newest - math.ceil(wanted)}
    if not search.reader.is_team:
        scope = f"'{scope_word(search.reader.organization_id or 0)}'"
        values = {"readable": scope + (_limit_to_newest(newest, wanted) if compared < readable else "")}
    terms = {f"term_{place}": query for place, query in enumerate(queries)}
    statement = search_postgresql_statements.compare_terms(
        len(queries), search.scope, search.conditions, search.reader.is_team
    )
    return _execute(statement, search.parameters | values | terms)


def _find_in_one_entry(search: Search, expected: int, newest: int) -> dict[int, int]:
    """Return the tickets, also old ones, that have all terms as whole words in one entry: the index combines these.

    ``expected``: entries of the rarest term. Whole words, because PostgreSQL lists all entries of a beginning of words
    before it combines them.
    """
    together = _scoped(search, " & ".join(_term_query(replace(term, is_prefix=False)) for term in search.terms))
    statement = search_postgresql_statements.match_terms(1, search.scope, search.conditions)
    found: dict[int, int] = {}
    for limits in _newest_first(expected // TOGETHER, newest):
        found = _execute(statement, search.parameters | {"term_0": together + limits})
        if len(found) >= FEW_CANDIDATES:
            break
    return {ticket_id: len(search.terms) if score else 0 for ticket_id, score in found.items()}


def _execute(statement: AnySelect, values: dict[str, Any]) -> dict[int, int]:
    return {row.ticket_id: row.score for row in transactions.execute_core(statement, values, is_planned_anew=True)}


def _readable_query(search: Search, term: Term) -> str:
    """``term`` in the syntax of a tsquery, limited to what a customer's organization may find."""
    return _scoped(search, _term_query(term))


def _scoped(search: Search, query: str) -> str:
    return query if search.reader.is_team else f"'{scope_word(search.reader.organization_id or 0)}' & {query}"


def _term_query(term: Term) -> str:
    """``term`` in the syntax of a tsquery. Tokens are characters and digits, so that nothing has to be escaped."""
    end = ":*" if term.is_prefix else ""
    parts = ["(" + " <-> ".join(f"'{token}'" for token in tokens) + f"{end})" for tokens in term.alternatives]
    return "(" + " | ".join(parts) + ")"


def _expected_rows(search: Search, terms: Sequence[Term]) -> tuple[list[int], int | None]:
    """How many entries PostgreSQL expects to match each term, by its statistics, and how many a customer may read.

    One statement, which reads none. Of a phrase it is the number of its rarest token: PostgreSQL would take the tokens
    for independent of each other.
    """
    estimated = [_estimated_queries(term) for term in terms]
    queries = [_scoped(search, query) for each in estimated for query in each]
    if not search.reader.is_team:
        queries.append(f"'{scope_word(search.reader.organization_id or 0)}'")
    values = {f"query_{place}": query for place, query in enumerate(queries)}
    result = transactions.execute_core(
        search_postgresql_statements.explain_terms(len(queries)), values, is_planned_anew=True
    )
    rows = iter(_planned_rows(result.scalar_one()[0]["Plan"], len(queries)))
    return [min(next(rows) for _ in each) for each in estimated], next(rows, None)


def _planned_rows(plan: dict[str, Any], count: int) -> list[int]:
    """The rows that PostgreSQL expects of each of ``count`` queries, of which ``plan`` is one, or a union.

    A large table is read by several processes: then the union stands below a Gather, and a query that they share names
    the rows of each process (PostgreSQL's documentation, "Parallel Plans").
    """
    processes = 1
    while count > 1 and len(plan["Plans"]) == 1:
        processes += plan.get("Workers Planned", 0)
        plan = plan["Plans"][0]
    plans = plan["Plans"] if count > 1 else [plan]
    return [int(each["Plan Rows"]) * (processes if each["Parallel Aware"] else 1) for each in plans]


def _estimated_queries(term: Term) -> list[str]:
    if len(term.alternatives) > 1 or len(term.alternatives[0]) == 1:
        return [_term_query(term)]
    return [f"'{token}'" for token in dict.fromkeys(term.alternatives[0][:MAX_ESTIMATED])]


def _newest_first(expected: int, newest: int) -> Iterator[str]:
    """Limits to add to a query that ``expected`` entries match: to the newest tickets, to more of them, then none."""
    if expected > MAX_ENTRIES:
        wanted = newest * MAX_ENTRIES / expected
        while wanted < newest and (limit := _limit_to_newest(newest, wanted)):
            yield limit
            wanted *= WIDEN_BY
    yield ""


def _limit_to_newest(newest: int, wanted: float) -> str:
    """A condition for the ``wanted`` newest of ``newest`` tickets, or some more; "" if that takes too many buckets."""
    for bits, is_wide in ((BUCKET_BITS, False), (WIDE_BUCKET_BITS, True)):
        count, last = math.ceil(wanted / (1 << bits)) + 1, newest >> bits
        if count <= min(MAX_BUCKETS, last):
            buckets = (bucket_word(last - place, is_wide) for place in range(count))
            return " & (" + " | ".join(f"'{bucket}'" for bucket in buckets) + ")"
    return ""

"""Searches on PostgreSQL.

What PostgreSQL expects of each term decides how many of the newest tickets are searched, so that a word that is nearly
everywhere costs no more than a rare one: neighbouring tickets have a word of the index in common, their bucket. A
statement of several terms is planned for its words; a generic plan would read the whole index for every one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Select

from helpdesk.database import transactions
from helpdesk.domain.people.permissions import Visibility
from helpdesk.domain.ticket_lists import search_estimates, search_postgresql_statements
from helpdesk.domain.ticket_lists.search_postgresql_terms import (
    MAX_ENTRIES,
    Range,
    estimated_queries,
    limit_to_newest,
    limit_to_readable,
    newest_first,
    readable_query,
    scoped,
    term_query,
)
from helpdesk.domain.ticket_lists.search_request import MAX_CANDIDATES, Candidates, Search
from helpdesk.domain.ticket_lists.search_syntax import Term

MAX_SIMILAR_ENTRIES = 2000  # of all terms of a search for similar tickets
FEW_CANDIDATES = 25  # if fewer are found among the newest tickets, more tickets are searched
TOGETHER = 4  # words are in one entry at most once in so many entries of the rarest, unless they belong together
# Of entries that are compared one by one, newest first, where the index would list all of a beginning of words.
COMPARED_MATCHES = 600
SOON_LISTED = 1200  # entries, which are listed at once in a database of any size
COMPARING_COSTS = 3  # times what it costs to list an entry of the index
# Entries of a beginning of words. Where it has more, the frequent words that begin so are asked for by themselves.
MAX_LISTED = 20_000
MAX_OWN_COMPARED = 5_000  # tickets of somebody who sees only their own
EVERYWHERE = 7  # a word that is in one entry of so many is soon found by comparing

AnySelect = Select[*tuple[Any, ...]]


def find_candidates(search: Search) -> Candidates:
    """Find the newest tickets that have every term; implements ``search_candidates.find_candidates``."""
    expected, readable = _expected_rows(search, search.terms)
    terms_by_rarity = sorted(zip(expected, search.terms, strict=True), key=lambda each: each[0])
    among = Range(search)
    if "search_before" in search.conditions and not among.last:
        return {}
    if min(expected) > MAX_ENTRIES and _are_own_few(search):
        search = replace(search, terms=tuple(term for _, term in terms_by_rarity))
        statement = partial(
            search_postgresql_statements.compare_visible, len(search.terms), search.scope, search.conditions
        )
        return _list_newest(_find_with(search, statement, limit_to_readable(search)))
    by_words = _name_frequent_words(search, terms_by_rarity, readable, among)
    if by_words is not None:
        found = _find_newest(by_words, min(expected), among)
        if len(found) >= FEW_CANDIDATES:
            return _list_newest(found)
    search = replace(search, terms=tuple(term for _, term in terms_by_rarity))
    if any(term.is_prefix for term in search.terms):
        found, is_all = _find_by_comparing(search, min(expected), readable, among)
        if is_all:
            return _list_newest(found)
        if len(found) >= FEW_CANDIDATES:
            if len(search.terms) > 1:
                found = _find_in_one_entry(search, min(expected), among) | found
            return _list_newest(found)
    return _list_newest(_find_newest(search, min(expected), among, and_all=True))


def find_similar(search: Search) -> Candidates:
    """Find tickets that have one of the rarest terms; implements ``search_candidates.find_similar``."""
    expected, readable = _expected_rows(search, search.terms)
    by_rarity = sorted(zip(expected, search.terms, strict=True), key=lambda each: each[0])
    among = Range(search)
    by_words = _name_frequent_words(search, by_rarity, readable, among)
    terms_by_rarity = by_words.terms if by_words else [term for _, term in by_rarity]
    rarest: list[str] = []
    total = 0
    for (rows, _), term in zip(by_rarity, terms_by_rarity, strict=True):
        if rarest and total + rows > MAX_SIMILAR_ENTRIES:
            break
        rarest.append(term_query(term))
        total += rows
    limits = limit_to_readable(search) | next(newest_first(total, among))
    are_compared = readable is not None and readable * COMPARING_COSTS < total * among.entries / max(readable, 1)
    terms = {f"term_{place}": query for place, query in enumerate(rarest)} | {"any_term": " | ".join(rarest)}
    statement = search_postgresql_statements.match_any_term(len(rarest), search.scope, tuple(limits), are_compared)
    ids, ranks = _read_arrays(statement, search.parameters | terms | limits, is_planned_anew=True)
    return dict(zip(ids, ranks, strict=True))


def find_places(search: Search, ticket_ids: list[int]) -> list[tuple[int, int]]:
    """Find where in its ticket each match is; implements ``search_candidates.find_places``."""
    any_term = " | ".join(f"({readable_query(search, term)})" for term in search.terms)
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


def _are_own_few(search: Search) -> bool:
    """Whether all tickets that the reader may see, where these are only their own, are compared with several terms, or
    with one and conditions.

    The index knows whose organization an entry is of, and not whose ticket: it would list what all others wrote, too.
    """
    if search.scope != Visibility.own or (len(search.terms) == 1 and not search.conditions):
        return False
    statement = search_postgresql_statements.count_visible(search.scope, search.conditions)
    values = search.parameters | {"most": MAX_OWN_COMPARED + 1}
    count: int = transactions.execute_core(statement, values, is_planned_anew=True).scalar_one()
    return count <= MAX_OWN_COMPARED


def _list_newest(found: Candidates) -> Candidates:
    return {ticket_id: found[ticket_id] for ticket_id in sorted(found, reverse=True)[:MAX_CANDIDATES]}


def _name_frequent_words(
    search: Search, by_rarity: Sequence[tuple[int, Term]], readable: int | None, among: Range
) -> Search | None:
    """Return a search for the frequent words that begin as the terms do; None if it would find no sooner.

    PostgreSQL lists all entries of a beginning of words, wherever they are, before it combines it with anything, and
    skips through those of whole words. Its own statistics name the frequent ones. ``by_rarity``: how many entries are
    expected of each term, and the term, the rarest first; ``readable``: see ``_find_by_comparing``.
    """
    entries = max(among.entries if readable is None else readable, 1)
    terms = [term for _, term in by_rarity]
    rarest = by_rarity[0][0]
    if rarest * among.entries / entries < MAX_LISTED or rarest * EVERYWHERE > entries:
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


def _find_newest(search: Search, expected: int, among: Range, *, and_all: bool = False) -> Candidates:
    """Return tickets that have every term, the newest ones and those that have all in one entry.

    ``search.terms`` begin with the rarest, which ``expected`` entries have. ``and_all``: where these are few, of all
    tickets.
    """
    found: Candidates = {}
    for limits in newest_first(expected, among):
        if not limits and not and_all:
            break
        of_first_pass = not found
        found |= _match(search, limits)
        if limits and of_first_pass and len(search.terms) > 1:
            found = _find_in_one_entry(search, expected, among) | found
        if len(found) >= FEW_CANDIDATES:
            break
    return found


def _find_by_comparing(search: Search, expected: int, readable: int | None, among: Range) -> tuple[Candidates, bool]:
    """Return tickets among the newest that have every term, and whether these are all.

    None if listing the entries of a term costs less. ``expected``: entries of the rarest term; ``readable``: those that
    a customer may read, None for the team.
    """
    readable = min(readable, among.entries) if readable else among.entries
    if not readable or not expected:
        return {}, False
    listed = expected * among.entries / readable  # a beginning of words in the whole index, whoever may read it
    compared = min(readable, COMPARED_MATCHES * readable / expected)
    if listed <= SOON_LISTED or compared * COMPARING_COSTS > listed:
        return {}, False
    wanted = among.newest * compared / readable
    limits = limit_to_readable(search)
    is_all = bool(limits) and compared >= readable
    if limits and not is_all:
        limits |= limit_to_newest(among, wanted)
    values = {"above": among.last - math.ceil(wanted), "until": among.last} if not limits else limits
    statement = partial(
        search_postgresql_statements.compare_terms, len(search.terms), search.scope, search.conditions, tuple(limits)
    )
    return _find_with(search, statement, values), is_all


def _find_in_one_entry(search: Search, expected: int, among: Range) -> Candidates:
    """Return the tickets, also old ones, that have all terms as whole words in one entry: the index combines these.

    ``expected``: entries of the rarest term. Whole words, because PostgreSQL lists all entries of a beginning of words
    before it combines them.
    """
    whole_words = replace(search, terms=tuple(replace(term, is_prefix=False) for term in search.terms))
    found: Candidates = {}
    for limits in newest_first(expected // TOGETHER, among):
        found = _match(whole_words, limits, are_together=True)
        if len(found) >= FEW_CANDIDATES:
            break
    return found


def _match(search: Search, newest: dict[str, str], *, are_together: bool = False) -> Candidates:
    limits = limit_to_readable(search) | newest
    statement = partial(
        search_postgresql_statements.match_terms,
        *(len(search.terms), search.scope, search.conditions, tuple(limits), are_together),
    )
    return _find_with(search, statement, limits)


def _find_with(search: Search, make_statement: Callable[..., AnySelect], limits: dict[str, Any]) -> Candidates:
    """Return what a statement finds. For one term, where entries alone are read, the plan is always the same.

    The newest entries of a term may be those of a few tickets, of thousands of messages each. Then tickets are listed.
    """
    terms = {f"term_{place}": term_query(term) for place, term in enumerate(search.terms)}
    is_planned_anew = len(search.terms) > 1 or bool(search.conditions) or search.scope == Visibility.own
    values = search.parameters | limits | terms
    ids, others = _read_arrays(make_statement(), values, is_planned_anew)
    if len(search.terms) > 1:
        return dict(zip(ids, others, strict=True))
    if len(ids) >= search_postgresql_statements.MAX_ENTRIES_OF_ONE and len(set(ids)) < MAX_CANDIDATES:
        return dict(zip(*_read_arrays(make_statement(by_ticket=True), values, is_planned_anew=True), strict=True))
    return dict.fromkeys(ids, 0) | dict.fromkeys(others, -1)


def _read_arrays(statement: AnySelect, values: dict[str, Any], is_planned_anew: bool) -> tuple[list[int], list[int]]:
    first, second = transactions.execute_core(statement, values, is_planned_anew).one()
    return first or [], second or []


def _expected_rows(search: Search, terms: Sequence[Term]) -> tuple[list[int], int | None]:
    """How many entries PostgreSQL expects to match each term, by its statistics, and how many a customer may read.

    Of a phrase it is the number of its rarest token: PostgreSQL would take the tokens for independent of each other.
    """
    estimated = [estimated_queries(term) for term in terms]
    queries = [scoped(search, query) for each in estimated for query in each]
    queries += limit_to_readable(search).values()
    rows = iter(search_estimates.expect_rows(queries))
    return [min(next(rows) for _ in each) for each in estimated], next(rows, None)

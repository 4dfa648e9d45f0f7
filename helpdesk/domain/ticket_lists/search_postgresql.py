"""Searches on PostgreSQL.

What PostgreSQL expects of each term decides how many of the newest tickets are searched, so that a word that is nearly
everywhere costs no more than a rare one: neighbouring tickets have a word of the index in common, their bucket. Each
statement is planned for its words; a generic plan would read the whole index for every one.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, TextClause, bindparam, case, cast, column, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from helpdesk.database import transactions
from helpdesk.database.types import BigId
from helpdesk.domain.people.permissions import Visibility
from helpdesk.domain.search_index.entries import (
    BUCKET_BITS,
    ENTRIES,
    SUBJECT_PART,
    SUBJECT_SEQ,
    WIDE_BUCKET_BITS,
    bucket_word,
    scope_word,
)
from helpdesk.domain.ticket_lists.search_conditions import ticket_exists
from helpdesk.domain.ticket_lists.search_request import MAX_CANDIDATES, MAX_SIMILAR, Candidates, Search
from helpdesk.domain.ticket_lists.search_syntax import Term
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket

MAX_ENTRIES = 2000  # entries of the rarest term that are read, as PostgreSQL expects them
MAX_ESTIMATED = 6  # tokens of a phrase of which the rarest is looked for
FEW_CANDIDATES = 50  # if fewer are found among the newest tickets, more tickets are searched
TOGETHER = 4  # words are in one entry at most once in so many entries of the rarest, unless they belong together
MAX_BUCKETS = 24  # named in one search; more tickets are named by wide buckets, and still more not at all
WIDEN_BY = 8

AnySelect = Select[*tuple[Any, ...]]


def find_candidates(search: Search) -> Candidates:
    """Find the newest tickets that have every term; implements ``search_candidates.find_candidates``."""
    expected = _expected_rows(search, search.terms)
    terms_by_rarity = sorted(zip(expected, search.terms, strict=True), key=lambda each: each[0])
    queries = [_readable_query(search, term) for _, term in terms_by_rarity]
    statement = _matching_statement(len(queries), search.scope, search.conditions)
    found: dict[int, int] = {}
    for limits in _newest_first(min(expected)):
        terms = {f"term_{place}": query + limits for place, query in enumerate(queries)}
        of_first_pass = not found
        found |= _execute(statement, search.parameters | terms)
        if limits and of_first_pass and len(queries) > 1:
            found = _find_in_one_entry(search, min(expected)) | found
        if len(found) >= FEW_CANDIDATES:
            break
    return [(ticket_id, -found[ticket_id]) for ticket_id in sorted(found, reverse=True)[:MAX_CANDIDATES]]


def find_similar(search: Search) -> Candidates:
    """Find tickets that have one of the rarest terms; implements ``search_candidates.find_similar``."""
    queries = [_readable_query(search, term) for term in search.terms]
    rarest: list[str] = []
    total = 0
    for rows, query in sorted(zip(_expected_rows(search, search.terms), queries, strict=True)):
        if rarest and total + rows > MAX_ENTRIES:
            break
        rarest.append(query)
        total += rows
    limits = next(_newest_first(total))
    terms = {f"term_{place}": query for place, query in enumerate(rarest)}
    any_term = " | ".join(f"({query}{limits})" for query in rarest)
    statement = _similar_statement(len(rarest), search.scope)
    found = _execute(statement, search.parameters | terms | {"any_term": any_term})
    return [(ticket_id, -score) for ticket_id, score in found.items()]


def find_places(search: Search, ticket_ids: list[int]) -> list[tuple[int, int]]:
    """Find where in its ticket each match is; implements ``search_candidates.find_places``."""
    any_term = " | ".join(f"({_readable_query(search, term)})" for term in search.terms)
    rows = transactions.execute_core(_places_statement(), {"any_term": any_term, "ticket_ids": ticket_ids})
    return [(row.ticket_id, row.seq) for row in rows if row.seq is not None]


def find_known_words(words: list[str]) -> list[str]:
    """Find which words the index has; implements ``search_candidates.find_known_words``."""
    return list(transactions.execute_core(_known_words_statement(), {"words": words}, is_planned_anew=True).scalars())


def _find_in_one_entry(search: Search, expected: int) -> dict[int, int]:
    """Return the tickets, also old ones, that have all terms as whole words in one entry: the index combines these.

    ``expected``: entries of the rarest term. Whole words, because PostgreSQL lists all entries of a beginning of words
    before it combines them.
    """
    together = _scoped(search, " & ".join(_term_query(replace(term, is_prefix=False)) for term in search.terms))
    statement = _matching_statement(1, search.scope, search.conditions)
    found: dict[int, int] = {}
    for limits in _newest_first(expected // TOGETHER):
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
    parts = [
        f"'{tokens[0]}'" + (":*" if term.is_prefix else "")
        if len(tokens) == 1
        else "(" + " <-> ".join(f"'{token}'" for token in tokens) + ")"
        for tokens in term.alternatives
    ]
    return "(" + " | ".join(parts) + ")"


def _expected_rows(search: Search, terms: Sequence[Term]) -> list[int]:
    """How many entries PostgreSQL expects to match each term, by its statistics. One statement, which reads none.

    Of a phrase it is the number of its rarest token: PostgreSQL would take the tokens for independent of each other.
    """
    estimated = [_estimated_queries(term) for term in terms]
    queries = [_scoped(search, query) for each in estimated for query in each]
    values = {f"query_{place}": query for place, query in enumerate(queries)}
    result = transactions.execute_core(_explain_statement(len(queries)), values, is_planned_anew=True)
    plan = result.scalar_one()[0]["Plan"]
    rows = iter([int(each["Plan Rows"]) for each in (plan["Plans"] if len(queries) > 1 else [plan])])
    return [min(next(rows) for _ in each) for each in estimated]


def _estimated_queries(term: Term) -> list[str]:
    if len(term.alternatives) > 1 or len(term.alternatives[0]) == 1:
        return [_term_query(term)]
    return [f"'{token}'" for token in dict.fromkeys(term.alternatives[0][:MAX_ESTIMATED])]


@lru_cache(maxsize=16)
def _explain_statement(count: int) -> TextClause:
    one = "SELECT ticket_id FROM ticket_search WHERE words @@ CAST(:query_{} AS tsquery)"
    return text("EXPLAIN (FORMAT JSON) " + " UNION ALL ".join(one.format(place) for place in range(count)))


def _newest_first(expected: int) -> Iterator[str]:
    """Limits to add to a query that ``expected`` entries match: to the newest tickets, to more of them, then none."""
    if expected > MAX_ENTRIES:
        newest = db.session.scalar(select(func.max(Ticket.id))) or 0
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


@lru_cache(maxsize=200)
def _matching_statement(count: int, scope: Visibility, conditions: tuple[str, ...]) -> AnySelect:
    """Tickets that have each of ``count`` terms, and how many of these are in the subject."""
    terms = [_term(f"term_{place}") for place in range(count)]
    matching = select(ENTRIES.c.ticket_id).where(_has(ENTRIES, terms[0]))
    for term in terms[1:]:
        other = ENTRIES.alias()
        has_term = select(other.c.ticket_id).where(other.c.ticket_id == ENTRIES.c.ticket_id, _has(other, term))
        matching = matching.where(has_term.exists())
    matching = matching.where(*ticket_exists(ENTRIES.c.ticket_id, scope, conditions))
    # OFFSET 0 keeps the limit of the outer query out of this one: its plan then is the index of words.
    every = matching.offset(0).subquery()
    ids = select(every.c.ticket_id).distinct().order_by(every.c.ticket_id.desc()).limit(MAX_CANDIDATES).subquery()
    subject = ENTRIES.alias()
    is_subject = (
        (subject.c.ticket_id == ids.c.ticket_id) & (subject.c.seq == SUBJECT_SEQ) & (subject.c.part == SUBJECT_PART)
    )
    score = sum(
        (case((_has(subject, term), 1), else_=0) for term in terms[1:]), case((_has(subject, terms[0]), 1), else_=0)
    )
    return select(ids.c.ticket_id, score.label("score")).select_from(ids.outerjoin(subject, is_subject))


@lru_cache(maxsize=200)
def _similar_statement(count: int, scope: Visibility) -> AnySelect:
    """Tickets that have any of ``count`` terms, with the number of these, which count threefold in the subject."""
    matching = select(ENTRIES).where(_has(ENTRIES, _term("any_term")))
    entry = matching.where(*ticket_exists(ENTRIES.c.ticket_id, scope, ())).offset(0).subquery()
    weight = case(((entry.c.seq == SUBJECT_SEQ) & (entry.c.part == SUBJECT_PART), 3), else_=1)
    scores = [func.max(case((_has(entry, _term(f"term_{place}")), weight), else_=0)) for place in range(count)]
    score = sum(scores[1:], scores[0]).label("score")
    query = select(entry.c.ticket_id, score).group_by(entry.c.ticket_id)
    return query.order_by(score.desc(), entry.c.ticket_id.desc()).limit(MAX_SIMILAR)


@lru_cache(maxsize=1)
def _known_words_statement() -> AnySelect:
    """Look each word up by itself: all of them in one tsquery cost seconds, each match is compared with each word."""
    word = func.unnest(bindparam("words", type_=ARRAY(Text))).column_valued("word")
    query = cast("'" + word + "'", TSQUERY)
    return select(word).where(select(ENTRIES.c.ticket_id).where(_has(ENTRIES, query)).exists())


@lru_cache(maxsize=1)
def _places_statement() -> AnySelect:
    ids = func.unnest(bindparam("ticket_ids", type_=ARRAY(BigId))).table_valued(column("ticket_id", BigId), name="ids")
    ids = ids.render_derived()
    key = ENTRIES.c
    of_ticket = select(key.seq, key.words).where(
        key.ticket_id == ids.c.ticket_id, ~((key.seq == SUBJECT_SEQ) & (key.part == SUBJECT_PART))
    )
    # OFFSET 0: each ticket's entries are read from the newest on, and the index of words, with all tickets, is not.
    newest_first = of_ticket.order_by(key.seq.desc()).offset(0).correlate(ids).subquery()
    has_term = newest_first.c.words.bool_op("@@")(_term("any_term"))
    newest = select(newest_first.c.seq).where(has_term).limit(1).scalar_subquery()
    return select(ids.c.ticket_id, newest.label("seq"))


def _term(name: str) -> ColumnElement[Any]:
    return cast(bindparam(name, type_=Text), TSQUERY)


def _has(entry: Any, term: ColumnElement[Any]) -> ColumnElement[bool]:
    has: ColumnElement[bool] = entry.c.words.bool_op("@@")(term)
    return has

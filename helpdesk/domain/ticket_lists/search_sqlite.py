"""Searches on SQLite. FTS5 reads its index from the newest entry on and stops at the limit."""

import json
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from helpdesk.database import transactions
from helpdesk.database.built_once import built_once
from helpdesk.database.types import BigId
from helpdesk.domain.people.permissions import Visibility
from helpdesk.domain.search_index.entries import ENTRIES_SQLITE, PART_BITS, TICKET_SHIFT
from helpdesk.domain.ticket_lists.search_conditions import ticket_exists
from helpdesk.domain.ticket_lists.search_request import MAX_CANDIDATES, MAX_SIMILAR, Candidates, Search
from helpdesk.domain.ticket_lists.search_syntax import Term

MAX_ENTRIES = 4000  # entries of one term that are read
FEW_ENTRIES = 500  # of a term that is rare: the other terms are then looked for in its tickets one by one
MAX_SIMILAR_ENTRIES = 300
MAX_PLACES = 400  # entries that are read at once to find where the tickets of a page match

AnySelect = Select[*tuple[Any, ...]]
_rowid = ENTRIES_SQLITE.c.rowid


def _ticket_of(entries: Any) -> ColumnElement[int]:
    ticket_id: ColumnElement[int] = entries.c.rowid.op(">>", return_type=BigId)(literal_column(str(TICKET_SHIFT)))
    return ticket_id


_ticket_id = _ticket_of(ENTRIES_SQLITE)


def find_candidates(search: Search) -> Candidates:
    """Find the newest tickets that have every term; implements ``search_candidates.find_candidates``."""
    counted = [(_count_entries(search, term), term) for term in search.terms] if len(search.terms) > 1 else []
    counted.sort(key=lambda each: each[0])
    terms = [term for _, term in counted] or list(search.terms)
    is_rare = bool(counted) and counted[0][0] < FEW_ENTRIES
    statement = _matching_statement(len(terms), is_rare, search.scope, search.conditions)
    queries = {f"term_{place}": _readable_query(search, term) for place, term in enumerate(terms)}
    values = search.parameters | queries | {"most": MAX_ENTRIES}
    found = dict.fromkeys(transactions.execute_core(statement, values).scalars().all())
    newest = dict.fromkeys(list(found)[:MAX_CANDIDATES], 0)
    for term in terms if newest else ():
        for ticket_id in _with_term_in_subject(search, term, min(newest)):
            if ticket_id in newest:
                newest[ticket_id] -= 1
    return newest


def find_similar(search: Search) -> Candidates:
    """Find tickets that have one of the rarest terms; implements ``search_candidates.find_similar``."""
    scores: dict[int, int] = {}
    statement = _matching_statement(1, False, search.scope, ())
    found_by_term = []
    for term in search.terms:
        values = search.parameters | {"term_0": _readable_query(search, term), "most": MAX_SIMILAR_ENTRIES}
        rows = transactions.execute_core(statement, values).all()
        found_by_term.append((len(rows), term, {row.ticket_id for row in rows}))
    found_by_term.sort(key=lambda each: each[0])
    for place, (count, term, ticket_ids) in enumerate(found_by_term):
        if place and count == MAX_SIMILAR_ENTRIES:
            break  # frequent words say little
        in_subject = _with_term_in_subject(search, term, min(ticket_ids)) if ticket_ids else set()
        for ticket_id in ticket_ids:
            scores[ticket_id] = scores.get(ticket_id, 0) + (3 if ticket_id in in_subject else 1)
    best = sorted(scores, key=lambda ticket_id: (-scores[ticket_id], -ticket_id))[:MAX_SIMILAR]
    return {ticket_id: -scores[ticket_id] for ticket_id in best}


def find_places(search: Search, ticket_ids: list[int]) -> list[tuple[int, int]]:
    """Find where in its ticket each match is; implements ``search_candidates.find_places``.

    FTS5 collects all words with a beginning for each question, so the newest entries of all the tickets are read at
    once. Only tickets that are far from the others are then asked for one by one.
    """
    if not ticket_ids:
        return []
    any_term = " OR ".join(f"({_readable_query(search, term, 'words')})" for term in search.terms)
    first, end = min(ticket_ids) << TICKET_SHIFT, (max(ticket_ids) + 1) << TICKET_SHIFT
    values: dict[str, Any] = {"term_0": any_term, "first": first, "end": end, "most": MAX_PLACES}
    rowids = list(transactions.execute_core(_newest_places_statement(), values).scalars().all())
    if len(rowids) == MAX_PLACES:
        unread = [ticket_id for ticket_id in ticket_ids if ticket_id <= rowids[-1] >> TICKET_SHIFT]
        rowids += _find_each_place(any_term, unread)
    newest: dict[int, int] = {}
    for rowid in rowids:
        newest.setdefault(rowid >> TICKET_SHIFT, rowid)
    return [
        (ticket_id, (newest[ticket_id] - (ticket_id << TICKET_SHIFT)) >> PART_BITS)
        for ticket_id in ticket_ids
        if ticket_id in newest
    ]


def _find_each_place(any_term: str, ticket_ids: list[int]) -> list[int]:
    values: dict[str, Any] = {"term_0": any_term}
    for place, ticket_id in enumerate(ticket_ids):
        values[f"first_{place}"], values[f"end_{place}"] = ticket_id << TICKET_SHIFT, (ticket_id + 1) << TICKET_SHIFT
    rows = transactions.execute_core(_places_statement(len(ticket_ids)), values) if ticket_ids else ()
    return [row.rowid for row in rows if row.rowid is not None]


def find_known_words(words: list[str]) -> list[str]:
    """Find which words the index has; implements ``search_candidates.find_known_words``."""
    return list(transactions.execute_core(_known_words_statement(), {"words": json.dumps(words)}).scalars())


def _with_term_in_subject(search: Search, term: Term, lowest: int) -> set[int]:
    values = {"term_0": _readable_query(search, term, "subject"), "lowest": lowest << TICKET_SHIFT}
    return set(transactions.execute_core(_subject_statement(), values).scalars().all())


def _readable_query(search: Search, term: Term, columns: str = "{subject words}") -> str:
    """``term`` in FTS5's syntax. Tokens are characters and digits, so that nothing has to be escaped."""
    parts = [f'"{" ".join(tokens)}"' + (" *" if term.is_prefix else "") for tokens in term.alternatives]
    query = f"{columns} : ({' OR '.join(parts)})"
    return query if search.reader.is_team else f'scope : "o{int(search.reader.organization_id or 0)}" AND {query}'


def _count_entries(search: Search, term: Term) -> int:
    """Return how many entries have ``term``, FEW_ENTRIES at most."""
    values = {"term_0": _readable_query(search, term), "most": FEW_ENTRIES}
    count: int = transactions.execute_core(_count_statement(), values).scalar_one()
    return count


def _matches(name: str, entries: Any = ENTRIES_SQLITE) -> ColumnElement[bool]:
    matches: ColumnElement[bool] = entries.c.ticket_search.bool_op("MATCH")(bindparam(name, type_=Text))
    return matches


@built_once(maxsize=1)
def _count_statement() -> AnySelect:
    some = select(_rowid).where(_matches("term_0")).order_by(_rowid.desc()).limit(bindparam("most"))
    return select(func.count()).select_from(some.subquery())


@built_once(maxsize=1)
def _known_words_statement() -> AnySelect:
    word = func.json_each(bindparam("words")).table_valued(column("value", Text)).c.value
    query = literal('{subject words} : "') + word + literal('"')
    matches = ENTRIES_SQLITE.c.ticket_search.bool_op("MATCH")(query)
    return select(word).where(select(_rowid).where(matches).exists())


@built_once(maxsize=200)
def _matching_statement(count: int, is_rare: bool, scope: Visibility, conditions: tuple[str, ...]) -> AnySelect:
    """Return the tickets of the entries that have the first term, if other entries of theirs have the other terms."""
    query = select(_ticket_id.label("ticket_id")).select_from(ENTRIES_SQLITE).where(_matches("term_0"))
    for place in range(1, count):
        other = ENTRIES_SQLITE.alias()
        has_term = select(_ticket_of(other)).where(_matches(f"term_{place}", other))
        if is_rare:
            shift: ColumnElement[int] = literal_column(str(TICKET_SHIFT))
            first = _ticket_id.op("<<", return_type=BigId)(shift)
            end = (_ticket_id + 1).op("<<", return_type=BigId)(shift)
            query = query.where(has_term.where(other.c.rowid >= first, other.c.rowid < end).exists())
        else:
            query = query.where(_ticket_id.in_(has_term))
    query = query.where(*ticket_exists(_ticket_id, scope, conditions))
    return query.order_by(_rowid.desc()).limit(bindparam("most"))


@built_once(maxsize=1)
def _newest_places_statement() -> AnySelect:
    in_range = _rowid >= bindparam("first"), _rowid < bindparam("end")
    return select(_rowid).where(_matches("term_0"), *in_range).order_by(_rowid.desc()).limit(bindparam("most"))


@built_once(maxsize=64)
def _places_statement(count: int) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the newest entry of each of ``count`` tickets that matches, or NULL: one statement for a whole page."""
    parts = []
    for place in range(count):
        of_ticket = _rowid > bindparam(f"first_{place}"), _rowid < bindparam(f"end_{place}")
        newest = select(_rowid).where(_matches("term_0"), *of_ticket).order_by(_rowid.desc()).limit(1)
        parts.append(select(newest.scalar_subquery().label("rowid")))
    return union_all(*parts)


@built_once(maxsize=1)
def _subject_statement() -> AnySelect:
    query = select(_ticket_id.label("ticket_id")).select_from(ENTRIES_SQLITE)
    query = query.where(_matches("term_0"), _rowid >= bindparam("lowest"))
    return query.order_by(_rowid.desc()).limit(MAX_ENTRIES)
